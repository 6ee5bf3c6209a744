//go:build unix

package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"vsay/internal/wire"
)

// keepLink has a link while somebody wants one: at first, when called, and
// again when it broke under a viewer.
func (h *holder) keepLink(ctx context.Context) {
	for waits := (pauses{lost: time.Now()}); ctx.Err() == nil; {
		conn, err := h.dial(ctx)
		if err == nil {
			began := time.Now()
			err = h.serve(ctx, conn)
			waits.ended(time.Since(began), time.Now())
		}
		if h.wanted(err) {
			waits.idle = !h.awaited()
			pause(ctx, h.call, rand.N(waits.next(time.Now())))
			continue
		}
		select {
		case <-h.call:
		case <-ctx.Done():
		}
	}
}

func pause(ctx context.Context, sooner <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-sooner:
	case <-ctx.Done():
	}
}

// wanted says whether to dial again by ourselves after a link ended with err.
// What the server refused it would refuse again: the agent may call later.
func (h *holder) wanted(err error) bool {
	if errors.Is(err, wire.ErrGone) {
		h.endSession() // it was ended while we were away
		return false
	}
	if errors.Is(err, wire.ErrUnauthed) || errors.Is(err, wire.ErrForbidden) || errors.Is(err, wire.ErrStolen) {
		if h.hopeless() {
			h.endSession()
		}
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropped || !h.known || h.core.exit != nil && !h.written
}

// awaited says that somebody looks for this session right now, or may.
func (h *holder) awaited() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.core.exit == nil || h.core.missing(false)
}

// hopeless says, of a session that the server refuses, that nobody will ever see
// it: it was never seen, or all that was left of it is its end.
func (h *holder) hopeless() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.known || h.core.exit != nil
}

// dial uses the ticket until it went through, and the session's own secret from
// then on. If it went through and the answer was lost, the secret is known.
func (h *holder) dial(ctx context.Context) (*wire.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	if h.ticket != "" {
		header := http.Header{wire.SecretHeader: {secretHash(h.secret)}}
		conn, err := h.dialAs(ctx, "Vsay-Ticket", h.ticket, header)
		if err != nil && !errors.Is(err, wire.ErrUnauthed) {
			return nil, err
		}
		h.ticket = ""
		if err == nil {
			return conn, nil
		}
	}
	return h.dialAs(ctx, "Vsay-Session", h.secret, http.Header{})
}

func (h *holder) dialAs(ctx context.Context, scheme, credential string, header http.Header) (*wire.Conn, error) {
	header.Set("Authorization", scheme+" "+h.conf.Session+"."+credential)
	return h.endpoint.Dial(ctx, "/api/hold/ws", wire.HoldProtocol, header)
}

// serve reads the link until it ends.
func (h *holder) serve(ctx context.Context, conn *wire.Conn) error {
	ctx, stop := context.WithCancel(ctx)
	var live sync.WaitGroup
	defer live.Wait()
	defer conn.CloseNow()
	defer stop()
	live.Go(func() { _ = conn.KeepAlive(ctx) })
	live.Go(func() { h.mind(ctx, conn) })
	h.change(func() { h.conn, h.known, h.last = conn, true, time.Now() })
	defer h.change(func() { h.conn, h.dropped = nil, h.core.Drop() || h.expected() })
	h.reportEnd()
	answers := pongs{&live, make(chan struct{}, maxPongs)}
	for {
		f, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if f.Stream == 0 {
			switch f.Kind {
			case wire.KindAck:
				h.change(func() { h.written = true })
			case wire.KindEnd:
				h.endSession()
			}
			continue
		}
		if f.Kind == wire.KindPing {
			answers.pong(ctx, conn, f)
			continue
		}
		h.take(f)
	}
}

func (h *holder) take(f wire.Frame) {
	var act Act
	var size [2]uint16
	h.change(func() {
		act = h.core.Take(f)
		cols, rows := h.core.Size()
		if cols > 0 && rows > 0 && h.size != [2]uint16{cols, rows} {
			h.size = [2]uint16{cols, rows}
			size = h.size
			h.core.Resized(cols, rows)
		}
	})
	if h.proc == nil {
		return
	}
	h.proc.resize(size[0], size[1])
	if act.Signal != "" {
		h.proc.signal(act.Signal)
	}
	if act.Keys {
		h.typeNow()
	}
}

// mind ends a link that nobody has watched through for a while: a session that
// waits costs the server nothing. And one that is dead: the server has us called
// when it has no link of ours, so this one has to show that it is alive. It may
// well be, since a call may be late.
func (h *holder) mind(ctx context.Context, conn *wire.Conn) {
	tick := time.NewTicker(hangUpAfter / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if h.unwatched() {
				conn.Close(nil)
				return
			}
		case <-h.call:
			if conn.Probe(ctx, probeFor) != nil || ctx.Err() != nil {
				nudge(h.call) // for keepLink
				return
			}
		}
	}
}

// expected says that a viewer broke off a moment ago: it looks for its session
// right now, and should find it. h.mu is held.
func (h *holder) expected() bool {
	return h.core.missing(false) && time.Since(h.last) < hangUpAfter
}

func (h *holder) unwatched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.core.Viewers() == 0 && time.Since(h.last) > hangUpAfter && h.core.exit == nil
}

// reportEnd tells the server how the program ended, until it says it wrote it down.
func (h *holder) reportEnd() {
	h.mu.Lock()
	conn, exit, written := h.conn, h.core.exit, h.written
	h.mu.Unlock()
	if conn != nil && exit != nil && !written {
		_ = conn.Write(context.Background(), wire.Frame{Kind: wire.KindEnded, Payload: wire.Encode(exit)})
	}
}

// send is the sender for everything but fresh output, which the pump sends.
func (h *holder) send(ctx context.Context) {
	for {
		select {
		case <-h.due:
			h.flush()
		case <-ctx.Done():
			return
		}
	}
}

func (h *holder) sendable() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conn != nil && h.core.Due()
}

func (h *holder) sendAll() {
	buf := chunks.Get().(*chunk)
	defer chunks.Put(buf)
	h.mu.Lock()
	conn := h.conn
	h.mu.Unlock()
	if conn == nil {
		return
	}
	err := conn.WriteAll(context.Background(), func() (wire.Frame, bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.conn != conn {
			return wire.Frame{}, false
		}
		return h.core.Next(buf[:0])
	})
	if err != nil {
		conn.CloseNow() // the reader notices, and the link begins anew
	}
}

// untilDelivered waits until the server has the exit on disk and every viewer
// the last byte. Viewers who broke off are waited for as long as they would be
// while the program runs, but not forever; the server as long as a session lives.
func (h *holder) untilDelivered() *wire.Conn {
	var late bool // for viewers; h.mu guards it
	viewers := time.AfterFunc(h.keepEnd(), func() { h.change(func() { late = true }) })
	defer viewers.Stop()
	server := time.AfterFunc(max(keepExit, wire.Seconds(h.conf.TTL).Duration()), func() {
		h.change(func() { h.tired = true })
	})
	defer server.Stop()
	h.reportEnd()
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.ended(late) {
		h.changed.Wait()
	}
	return h.conn
}

// keepEnd is how long the end of the program is kept for viewers who broke off.
func (h *holder) keepEnd() time.Duration {
	if orphan := h.conf.Run.Orphan; orphan > 0 && orphan < wire.Seconds(keepExit.Seconds()) {
		return orphan.Duration()
	}
	return keepExit
}

func (h *holder) ended(late bool) bool {
	unheard := !h.known && h.ending                          // the server does not know of it, nor will
	killed := h.ending && h.written && h.core.Viewers() == 0 // whoever broke off need not see that
	return unheard || killed || h.tired || h.written && (late || h.core.Delivered())
}
