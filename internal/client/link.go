package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"vsay/internal/wire"
)

// link is one way to the session: a connection, and the stream on it that the
// newest Open has.
type link struct {
	conn  *wire.Conn
	token string // that it was dialled with
	began time.Time

	// What follows is guarded by Attachment.mu.
	stream     uint32      // 1 is the first
	generation int         // of the Open on that stream
	from       uint64      // the first byte it asked for
	asking     bool        // it is not answered yet
	asked      time.Time   // when
	redraws    int         // how often it asked for the screen
	answer     wire.Opened // to the Open
	at         uint64      // and its offset
	size       [2]uint16   // that the session was told last

	waits  time.Time          // since then its reader waits for a frame; zero: it draws
	ponged bool               // the session answered a Ping on it
	trip   chan time.Duration // what the next Pong took is wanted here; nil: nowhere
	heard  chan struct{}      // a frame came
	draws  time.Time          // since then its reader has drawn, when it does not wait
	sign   time.Time          // when the session last answered something
	signed chan struct{}      // it did
}

// open dials, and returns when the session has answered, within so long. The
// link is nobody's until it is adopted.
func (a *Attachment) open(ctx context.Context, within time.Duration) (*link, error) {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	l, err := a.openLink(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return nil, errors.Join(wire.ErrUnavailable.With("the session did not answer within %s: see vsay ls, and try again", within), err)
	}
	return l, err
}

func (a *Attachment) openLink(ctx context.Context) (*link, error) {
	conn, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	l := &link{conn: conn, began: time.Now(), heard: make(chan struct{}, 1), signed: make(chan struct{}, 1)}
	err = conn.Write(ctx, a.question(l))
	if err == nil {
		err = a.await(ctx, l)
	}
	if err != nil {
		conn.CloseNow()
		return nil, err
	}
	return l, nil
}

// question is the next Open, on a stream of its own.
func (a *Attachment) question(l *link) wire.Frame {
	a.mu.Lock()
	defer a.mu.Unlock()
	ask := a.progress.Ask(a.ask)
	ask.Redraw = a.spoiled && ask.OutputFrom != nil
	l.stream++
	l.generation, l.from, a.asked = ask.Generation, a.progress.Position(), ask.Generation
	l.asking, l.asked = true, time.Now()
	if ask.Redraw {
		l.redraws++
	}
	l.size = [2]uint16{ask.Cols, ask.Rows}
	l.token = a.token
	return wire.Frame{Kind: wire.KindOpen, Stream: l.stream, Payload: wire.Encode(ask)}
}

// await reads the answer to the question.
func (a *Attachment) await(ctx context.Context, l *link) error {
	for {
		f, err := l.conn.Read(ctx)
		switch {
		case err != nil:
			return err
		case f.Stream != l.stream:
		case f.Kind == wire.KindClose:
			return closeError(f)
		case f.Kind == wire.KindOpened:
			l.at = f.Offset
			return wire.Decode(f.Payload, &l.answer)
		}
	}
}

// errMovedOn says of a link that its question is out of date: more was drawn since.
var errMovedOn = errors.New("more was drawn than this link knows of")

// adopt makes a link live.
func (a *Attachment) adopt(l *link) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.from != a.progress.Position() {
		return errMovedOn
	}
	if err := a.answered(l); err != nil {
		return err
	}
	a.live, a.missed = l, l.answer.Missed
	return nil
}

// answered takes what the session says of where it is. a.mu is held.
func (a *Attachment) answered(l *link) error {
	defer a.room.Broadcast() // it may say that everything was taken
	l.asking, l.sign = false, time.Now()
	a.typed = time.Time{}
	return a.progress.Opened(l.answer, l.at)
}

// reopen asks anew on the same connection, which has to be alive: the holder
// draws for the size that an Open has, and draws the whole screen if an Open
// says so. What the old stream brings from now on is not drawn.
func (a *Attachment) reopen(ctx context.Context, l *link) {
	a.turn.Lock()
	a.mu.Lock()
	now := a.live == l && !l.asking
	a.mu.Unlock()
	f := wire.Frame{}
	if now {
		f = a.question(l)
	}
	a.turn.Unlock()
	if now && l.conn.Write(ctx, f) != nil {
		l.conn.CloseNow() // the reader notices and dials again
	}
}

// lane is the live link and its stream, if something may be sent on it.
func (a *Attachment) lane() (*link, uint32, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.live == nil || a.live.asking {
		return nil, 0, false
	}
	return a.live, a.live.stream, true
}

// dialServer is dial, but for tests.
func (a *Attachment) dialServer(ctx context.Context) (*wire.Conn, error) {
	token, err := a.api.Tokens.Token(ctx)
	if err != nil {
		return nil, err
	}
	path := "/api/terminal/" + url.PathEscape(a.agentID) + "/ws"
	dial := func(token string) (*wire.Conn, error) {
		a.mu.Lock()
		a.token = token
		a.mu.Unlock()
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

func closeError(f wire.Frame) error {
	var e wire.Error
	if len(f.Payload) == 0 || wire.Decode(f.Payload, &e) != nil {
		return wire.ErrLinkLost
	}
	return wire.Received(e.Code, e.Message, 0)
}
