package client

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"vsay/internal/wire"
)

// lane is the number of the one stream an attachment uses on its link.
const lane = 1

// maxKept bytes are typed ahead of what the session has taken; then Write waits.
const maxKept = 256 << 10

// Attachment is one viewer on one session, over as many links as it takes: when
// one breaks it dials again and goes on where it was, with no byte lost and
// none doubled in either direction.
type Attachment struct {
	api     *Client
	agentID string
	ask     wire.Open
	dial    func(context.Context) (*wire.Conn, error)

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
	stop     func()     // ends Run
	progress *wire.Progress
	room     *sync.Cond // on mu: kept input got less, or it is over
	pace     pace
	waiting  []string // signals for a session that cannot be reached now
	over     error    // why Write cannot go on
	left     bool

	token   string        // of the last dial; Run's alone, as tries is
	tries   int           // links that did not live long
	sending sync.Mutex    // one at a time takes from progress.Next
	drew    chan struct{} // something was drawn that is not acknowledged
}

// Attach opens a session on a machine, new or running, as o says. It returns
// when the session has answered.
func (c *Client) Attach(ctx context.Context, agentID string, o wire.Open) (*Attachment, error) {
	a := newAttachment(c, agentID, o)
	return a, a.begin(ctx)
}

func newAttachment(c *Client, agentID string, o wire.Open) *Attachment {
	a := &Attachment{api: c, agentID: agentID, ask: o, progress: wire.NewProgress(), drew: make(chan struct{}, 1)}
	a.room = sync.NewCond(&a.mu)
	a.dial = a.dialServer
	return a
}

// begin is the first Open. From then on this very session is meant, whatever
// became of its name.
func (a *Attachment) begin(ctx context.Context) error {
	if err := a.open(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ask.Session, a.ask.Name, a.ask.New, a.ask.Steal = a.Opened.Session, "", false, false
	return nil
}

// Run draws output until the program has ended, and says how it ended. Drawn is
// what stdout or stderr has taken: only that is acknowledged, so a slow terminal
// slows the program instead of filling memory. An error is the end of the
// attachment, not of the session.
func (a *Attachment) Run(ctx context.Context, stdout, stderr io.Writer) (wire.Exit, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.mu.Lock()
	a.stop = stop
	a.mu.Unlock()
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
		began := time.Now()
		exit, err := a.serve(ctx, conn, stdout, stderr)
		a.mu.Lock()
		a.conn = nil
		a.mu.Unlock()
		if exit != nil {
			hangUp(conn)
			return *exit, nil
		}
		conn.CloseNow()
		if ctx.Err() != nil || a.hasLeft() {
			return wire.Exit{}, errors.Join(ctx.Err(), ErrLeft)
		}
		if final(err) {
			return wire.Exit{}, err
		}
		if time.Since(began) > healthy {
			a.tries = 0
		}
		if err := a.redial(ctx, err); err != nil {
			return wire.Exit{}, err
		}
	}
}

// hangUpWithin is how long an end may take: the other end may be dead, and
// somebody waits for his prompt.
const hangUpWithin = time.Second

// hangUp says goodbye to the server, so that nothing on its way is lost.
func hangUp(conn *wire.Conn, last ...wire.Frame) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, f := range last {
			_ = conn.Write(context.Background(), f)
		}
		conn.Close(nil)
	}()
	select {
	case <-done:
	case <-time.After(hangUpWithin):
	}
}

// serve draws what one link brings, until it breaks or the program has ended.
func (a *Attachment) serve(ctx context.Context, conn *wire.Conn, stdout, stderr io.Writer) (*wire.Exit, error) {
	ctx, stop := context.WithCancel(ctx)
	var live sync.WaitGroup
	defer live.Wait()
	defer stop()
	live.Go(func() { _ = conn.KeepAlive(ctx) })
	live.Go(func() { a.ackLate(ctx, conn) })
	live.Go(func() { a.renewToken(ctx, conn, a.token) })
	a.sendWaiting()
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
		return nil, a.show(f, stdout)
	case wire.KindGap:
		var g wire.Gap
		if err := wire.Decode(f.Payload, &g); err != nil {
			return nil, err
		}
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

// drawError is a stdout or stderr that takes no more.
type drawError struct{ error }

func (e drawError) Unwrap() error { return e.error }

// show draws a part of a screen. The empty one ends it: this viewer is there.
func (a *Attachment) show(f wire.Frame, w io.Writer) error {
	if len(f.Payload) > 0 {
		if _, err := w.Write(f.Payload); err != nil {
			return drawError{err}
		}
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.progress.Jump(f.Offset)
	return nil
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
