package client

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"vsay/internal/wire"
)

// lane is the number of the one stream an attachment uses on its link.
const lane = 1

// maxKept bytes are typed ahead of what the session has taken; then Write waits.
const maxKept = 256 << 10

// Redialling, with full jitter: soon, since somebody is watching.
const (
	minRedial = 250 * time.Millisecond
	maxRedial = 5 * time.Second
	ackWithin = 10 * time.Millisecond // output that was drawn is acknowledged no later
)

// Attachment is one viewer on one session, over as many links as it takes: when
// one breaks it dials again and goes on where it was, with no byte lost and
// none doubled in either direction.
type Attachment struct {
	api     *Client
	agentID string
	ask     wire.Open

	// Lost is told that the link broke and why, and Back that there is a new one.
	// They may be nil, and must be set before Run.
	Lost func(err error)
	Back func()
	// Gap is told how much output is gone for good: the machine keeps the last
	// megabytes only.
	Gap func(wire.Gap)

	Opened wire.Opened // the session's answer to the first Open

	mu       sync.Mutex
	conn     *wire.Conn // nil while there is none
	progress *wire.Progress
	room     *sync.Cond // on mu: kept input got less, or it is over
	pace     pace
	waiting  []wire.Frame // signals for a session that cannot be reached now
	over     error        // why Write cannot go on
	left     bool

	sending sync.Mutex    // one at a time takes from progress.Next
	drew    chan struct{} // something was drawn that is not acknowledged
}

// Attach opens a session on a machine, new or running, as o says. It returns
// when the session has answered.
func (c *Client) Attach(ctx context.Context, agentID string, o wire.Open) (*Attachment, error) {
	a := &Attachment{api: c, agentID: agentID, ask: o, progress: wire.NewProgress(), drew: make(chan struct{}, 1)}
	a.room = sync.NewCond(&a.mu)
	conn, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	// From now on this very session is meant, whatever became of its name.
	a.ask.Session, a.ask.Name, a.ask.New, a.ask.Steal = a.Opened.Session, "", false, false
	a.conn = conn
	return a, nil
}

// open dials and waits for Opened, after which output goes on.
func (a *Attachment) open(ctx context.Context) (*wire.Conn, error) {
	conn, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	ask := a.progress.Ask(a.ask)
	a.mu.Unlock()
	if err := conn.Write(ctx, wire.Frame{Kind: wire.KindOpen, Stream: lane, Payload: wire.Encode(ask)}); err != nil {
		conn.CloseNow()
		return nil, err
	}
	if err := a.answer(ctx, conn); err != nil {
		conn.CloseNow()
		return nil, err
	}
	return conn, nil
}

func (a *Attachment) dial(ctx context.Context) (*wire.Conn, error) {
	token, err := a.api.Tokens.Token(ctx)
	if err != nil {
		return nil, err
	}
	path := "/api/terminal/" + url.PathEscape(a.agentID) + "/ws"
	dial := func(token string) (*wire.Conn, error) {
		return a.api.Endpoint.Dial(ctx, path, wire.ViewerProtocol, http.Header{"Authorization": {"Bearer " + token}})
	}
	conn, err := dial(token)
	again, ok := a.api.Tokens.(renewer)
	if ok && errors.Is(err, wire.ErrUnauthed) {
		if token, renewErr := again.Renew(ctx, token); renewErr == nil {
			return dial(token)
		}
	}
	return conn, err
}

func (a *Attachment) answer(ctx context.Context, conn *wire.Conn) error {
	for {
		f, err := conn.Read(ctx)
		switch {
		case err != nil:
			return err
		case f.Stream != lane:
		case f.Kind == wire.KindClose:
			return closeError(f)
		case f.Kind == wire.KindOpened:
			var o wire.Opened
			if err := wire.Decode(f.Payload, &o); err != nil {
				return err
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.Opened.Session == "" {
				a.Opened = o
			}
			return a.progress.Opened(o, f.Offset)
		}
	}
}

func closeError(f wire.Frame) error {
	var e wire.Error
	if len(f.Payload) == 0 || wire.Decode(f.Payload, &e) != nil {
		return wire.ErrLinkLost
	}
	return wire.Received(e.Code, e.Message, 0)
}

// Run draws output until the program has ended, and says how it ended. Drawn is
// what stdout or stderr has taken: only that is acknowledged, so a slow terminal
// slows the program instead of filling memory. An error is the end of the
// attachment, not of the session.
func (a *Attachment) Run(ctx context.Context, stdout, stderr io.Writer) (wire.Exit, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	exit, err := a.run(ctx, stdout, stderr)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left {
		err = ErrLeft
	}
	a.over = errors.Join(err, io.ErrClosedPipe)
	a.room.Broadcast()
	return exit, err
}

// ErrLeft is how Run ends after Leave.
var ErrLeft = errors.New("left the session")

func (a *Attachment) run(ctx context.Context, stdout, stderr io.Writer) (wire.Exit, error) {
	for {
		a.mu.Lock()
		conn := a.conn
		a.mu.Unlock()
		exit, err := a.serve(ctx, conn, stdout, stderr)
		if exit != nil {
			conn.Close(nil)
			return *exit, nil
		}
		conn.CloseNow()
		if ctx.Err() != nil || a.hasLeft() {
			return wire.Exit{}, errors.Join(ctx.Err(), ErrLeft)
		}
		if final(err) {
			return wire.Exit{}, err
		}
		if err := a.redial(ctx, err); err != nil {
			return wire.Exit{}, err
		}
	}
}

// final says that dialling again would not help.
func final(err error) bool {
	for _, e := range []*wire.Error{
		wire.ErrUnauthed, wire.ErrReauth, wire.ErrForbidden, wire.ErrNotFound, wire.ErrGone,
		wire.ErrStolen, wire.ErrBadRequest, wire.ErrProtocol,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var drawing drawError
	return errors.As(err, &drawing)
}

// drawError is a stdout or stderr that takes no more.
type drawError struct{ error }

func (e drawError) Unwrap() error { return e.error }

// redial dials until there is a link again, or there is no point.
func (a *Attachment) redial(ctx context.Context, why error) error {
	a.mu.Lock()
	a.conn = nil
	a.mu.Unlock()
	if a.Lost != nil {
		a.Lost(why)
	}
	for n := 1; ; n = min(n+1, 10) {
		select {
		case <-time.After(rand.N(min(maxRedial, minRedial<<n))):
		case <-ctx.Done():
			return ctx.Err()
		}
		if a.hasLeft() {
			return ErrLeft
		}
		dialing, cancel := context.WithTimeout(ctx, 20*time.Second)
		conn, err := a.open(dialing)
		cancel()
		if err == nil {
			a.mu.Lock()
			a.conn = conn
			a.mu.Unlock()
			if a.Back != nil {
				a.Back()
			}
			return nil
		}
		if final(err) {
			return err
		}
	}
}

// serve draws what one link brings, until it breaks or the program has ended.
func (a *Attachment) serve(ctx context.Context, conn *wire.Conn, stdout, stderr io.Writer) (*wire.Exit, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go conn.KeepAlive(ctx)
	go a.ackLate(ctx, conn)
	go a.renewToken(ctx, conn)
	a.sendWaiting(ctx, conn)
	a.flush() // what was typed and not acknowledged goes again
	for {
		f, err := conn.Read(ctx)
		if err != nil {
			return nil, err
		}
		if f.Stream != lane {
			continue
		}
		exit, err := a.take(ctx, conn, f, stdout, stderr)
		if exit != nil || err != nil {
			return exit, err
		}
	}
}

func (a *Attachment) take(ctx context.Context, conn *wire.Conn, f wire.Frame, stdout, stderr io.Writer) (*wire.Exit, error) {
	switch f.Kind {
	case wire.KindOutput:
		return nil, a.draw(ctx, conn, f, stdout)
	case wire.KindStderr:
		return nil, a.draw(ctx, conn, f, stderr)
	case wire.KindScreen:
		if _, err := stdout.Write(f.Payload); err != nil {
			return nil, drawError{err}
		}
		a.jump(f.Offset)
	case wire.KindGap:
		var g wire.Gap
		if err := wire.Decode(f.Payload, &g); err != nil {
			return nil, err
		}
		a.jump(g.To)
		if a.Gap != nil {
			a.Gap(g)
		}
	case wire.KindAck:
		a.mu.Lock()
		err := a.progress.Acked(f)
		a.room.Broadcast()
		a.mu.Unlock()
		a.flush()
		return nil, err
	case wire.KindExit:
		var exit wire.Exit
		if err := wire.Decode(f.Payload, &exit); err != nil {
			return nil, err
		}
		a.ack(ctx, conn, true)
		_ = conn.Write(ctx, wire.Frame{Kind: wire.KindClose, Stream: lane}) // or it would be kept for us
		return &exit, nil
	case wire.KindClose:
		return nil, closeError(f)
	}
	return nil, nil
}

func (a *Attachment) jump(to uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.progress.Jump(to)
}

func (a *Attachment) draw(ctx context.Context, conn *wire.Conn, f wire.Frame, w io.Writer) error {
	a.mu.Lock()
	fresh, err := a.progress.Output(f)
	a.mu.Unlock()
	if err != nil || len(fresh) == 0 {
		return err
	}
	began := time.Now()
	if _, err := w.Write(fresh); err != nil {
		return drawError{err}
	}
	a.mu.Lock()
	a.progress.Drawn(len(fresh))
	a.pace.drew(len(fresh), time.Since(began))
	a.progress.SetWindow(a.pace.window(conn.RTT()))
	a.mu.Unlock()
	a.ack(ctx, conn, false)
	return nil
}
