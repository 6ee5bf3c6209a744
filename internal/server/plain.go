package server

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// A plain terminal that named no session ends it when its socket is closed, and
// this long after it broke.
const plainPatience = time.Minute

// plainInput is what is kept of keys that the session has not taken, in bytes;
// then the socket is not read.
const plainInput = 256 << 10

// plain is the viewer itself, for a program that speaks bare bytes: it keeps
// offsets, acknowledges what the program has read (see proof), and joins the session
// again when the session's own link broke.
type plain struct {
	s       *Server
	sock    wire.Plain
	me      caller
	machine store.Machine
	flow    flow
	ask     wire.Open

	mu       sync.Mutex
	place    place
	progress *wire.Progress
	room     *sync.Cond
	over     bool
	proof    proof

	missed  uint64       // output before it was put out while the session's link was broken
	unasked wire.Unasked // takes the questions out of that
}

func (s *Server) plain(w http.ResponseWriter, r *http.Request, me caller, m store.Machine, opened func()) (link func(), err error) {
	q := r.URL.Query()
	readOnly, err := wantsToWatch(q)
	if err != nil {
		return nil, err
	}
	cols, rows := size(r)
	session := cmp.Or(q.Get("session_id"), me.only.session)
	p := &plain{s: s, me: me, machine: m, flow: s.cfg.Limits.flow(s.cfg.Limits.InputBurst), progress: wire.NewProgress()}
	p.room = sync.NewCond(&p.mu)
	p.ask = wire.Open{
		Session: session, New: session == "", ReadOnly: readOnly || me.only.readOnly,
		Source: q.Get("source"), Cols: cols, Rows: rows,
		Spec: wire.Spec{Kind: wire.KindShell, TTY: true, Orphan: wire.Seconds(plainPatience.Seconds())},
	}
	named := session != ""
	if p.ask.Source == "" {
		p.ask.Source = "api"
	}
	cut := &late{}
	first, err := s.seat(r.Context(), me, m, p.ask, cut.close)
	if err != nil {
		return nil, err
	}
	p.place = first
	p.ask.Session, p.ask.New = first.session.ID, false
	w.Header().Set(wire.SessionHeader, first.session.ID)
	p.sock, err = wire.AcceptPlain(w, r)
	if err != nil {
		first.View.Leave(context.Background(), nil)
		return nil, nil
	}
	opened()
	cut.set(p.sock.Close)
	return func() { p.serve(cut, named) }, nil
}

// serve is the terminal from its upgrade on.
func (p *plain) serve(cut *late, named bool) {
	defer p.s.attached(p.me, p.place)()
	defer p.sock.CloseNow()
	ctx, done := linkContext()
	defer done()
	go p.sock.KeepAlive(ctx)
	expire := time.AfterFunc(p.s.lasts(p.me), func() { p.sock.Close(wire.ErrUnauthed) })
	defer expire.Stop()
	p.run(ctx, done, cut, named)
}

// wantsToWatch reads read_only. What is no yes or no is refused: taken for a no
// it would give a keyboard to somebody who asked for none.
func wantsToWatch(q url.Values) (bool, error) {
	if !q.Has("read_only") {
		return false, nil
	}
	yes, err := strconv.ParseBool(q.Get("read_only"))
	if err != nil {
		return false, wire.ErrBadRequest.With("read_only is true or false")
	}
	return yes, nil
}

// run is the terminal until either end is done with it.
func (p *plain) run(ctx context.Context, done func(), cut *late, named bool) {
	read := make(chan error, 1)
	go func() {
		read <- p.read(ctx)
		p.mu.Lock()
		p.over = true
		p.room.Broadcast()
		p.mu.Unlock()
		done()
	}()
	err := p.write(ctx, cut.close)
	var exit exited
	switch {
	case errors.As(err, &exit):
		p.sock.Exited(exit.how)
	case ctx.Err() == nil:
		p.sock.Close(wire.AsError(err))
	}
	p.sock.CloseNow()
	why := <-read
	p.mu.Lock()
	place := p.place
	p.mu.Unlock()
	ended := errors.As(err, &exit)
	if !ended && !errors.Is(why, io.EOF) {
		place.View.Leave(ctx, wire.ErrLinkLost)
		return
	}
	place.View.Leave(context.Background(), nil)
	if !named && !ended { // it was closed, and nobody else knows of the session
		_, _ = p.s.tellToEnd(context.Background(), place.session)
	}
}

// exited ends write: the program has.
type exited struct{ how wire.Exit }

func (exited) Error() string { return "the program has ended" }

// write moves output to the socket, over as many session links as it takes.
func (p *plain) write(ctx context.Context, cut func(*wire.Error)) error {
	for {
		p.mu.Lock()
		place := p.place
		open := p.progress.Ask(place.open)
		p.mu.Unlock()
		err := place.knock(ctx, open)
		for err == nil {
			var f wire.Frame
			if f, err = place.View.Recv(ctx); err == nil {
				err = p.take(ctx, f)
			}
		}
		if !errors.Is(err, wire.ErrLinkLost) || ctx.Err() != nil {
			return err
		}
		place.View.Leave(ctx, wire.ErrLinkLost)
		if err := p.rejoin(ctx, cut); err != nil {
			return err
		}
	}
}

func (p *plain) rejoin(ctx context.Context, cut func(*wire.Error)) error {
	place, err := p.s.rejoin(ctx, p.me, p.machine, p.ask, cut)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.place = place
	return nil
}

func (p *plain) take(ctx context.Context, f wire.Frame) error {
	switch f.Kind {
	case wire.KindOpened:
		var o wire.Opened
		if err := wire.Decode(f.Payload, &o); err != nil {
			return err
		}
		if err := p.locked(func() error { return p.progress.Opened(o, f.Offset) }); err != nil {
			return err
		}
		p.missed = o.Missed
		p.flush(ctx)
	case wire.KindOutput, wire.KindStderr:
		var fresh []byte
		var at uint64
		err := p.locked(func() (err error) {
			at = p.progress.Position()
			fresh, err = p.progress.Output(f)
			return err
		})
		if err != nil || len(fresh) == 0 {
			return err
		}
		if err := p.show(ctx, fresh, p.missed-min(p.missed, at)); err != nil {
			return err
		}
		p.drew(ctx, len(fresh))
	case wire.KindScreen:
		if len(f.Payload) > 0 {
			return p.show(ctx, f.Payload, 0)
		}
		p.jump(f.Offset) // it is whole
		p.ack(ctx)       // the next picture waits for it
	case wire.KindAck:
		err := p.locked(func() error { defer p.room.Broadcast(); return p.progress.Acked(f) })
		p.flush(ctx)
		return err
	case wire.KindExit:
		var e wire.Exit
		if err := wire.Decode(f.Payload, &e); err != nil {
			return err
		}
		p.ack(ctx)
		_ = p.show(ctx, nil, 0) // it is the end either way
		return exited{e}
	case wire.KindClose:
		var e wire.Error
		if len(f.Payload) == 0 || wire.Decode(f.Payload, &e) != nil {
			return wire.ErrLinkLost
		}
		return wire.Received(e.Code, e.Message, 0)
	}
	return nil
}

// show writes output of which the first so many bytes are old: the terminal there
// must not answer what they ask.
func (p *plain) show(ctx context.Context, b []byte, old uint64) error {
	n := min(old, uint64(len(b)))
	var now []byte
	if n > 0 {
		now = p.unasked.Filter(b[:n])
	}
	if b = b[n:]; n == 0 || len(b) > 0 { // what is held back was no question
		now = append(now, p.unasked.Rest()...)
	}
	if len(now) > 0 {
		b = append(now, b...)
	}
	if len(b) == 0 {
		return nil
	}
	return p.sock.Write(ctx, b)
}

func (p *plain) locked(do func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return do()
}
