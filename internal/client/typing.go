package client

import (
	"context"
	"time"

	"vsay/internal/wire"
)

// Write types. What it took reaches the program once, whatever breaks; it waits
// when the session is far behind. After the end it is an error. Who only watches
// types nothing, sends no signal and has no size that counts: all of it is
// dropped here, since the server cuts off whoever tries.
func (a *Attachment) Write(p []byte) (n int, err error) {
	if a.ask.ReadOnly {
		return len(p), nil
	}
	for n < len(p) {
		typed, err := a.keep(p[n:])
		if err != nil {
			return n, err
		}
		n += typed
		a.flush()
	}
	return n, nil
}

// keep takes as much as there is room for, waiting for some.
func (a *Attachment) keep(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.over == nil && a.progress.Kept() >= maxKept {
		a.room.Wait()
	}
	if a.over != nil {
		return 0, a.over
	}
	n := min(len(p), maxKept-a.progress.Kept())
	a.progress.Type(p[:n])
	return n, nil
}

// CloseInput says that no more is typed. A command without a terminal sees the
// end of its stdin.
func (a *Attachment) CloseInput() {
	if a.ask.ReadOnly {
		return
	}
	a.mu.Lock()
	a.progress.End()
	a.mu.Unlock()
	a.flush()
}

// flush sends what may be sent of what was typed.
func (a *Attachment) flush() {
	a.sending.Lock()
	defer a.sending.Unlock()
	for {
		l, f, ok := a.due()
		if !ok {
			return
		}
		if l.conn.Write(context.Background(), f) != nil {
			l.conn.CloseNow() // the reader notices and dials again
			return
		}
	}
}

// due is the next frame of input that may be sent, and notes that it waits for
// an Ack from now on.
func (a *Attachment) due() (l *link, f wire.Frame, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l = a.live
	if l == nil || l.asking {
		return nil, f, false
	}
	f, ok = a.progress.Next(l.stream)
	if a.typed.IsZero() && a.progress.Kept() > 0 {
		a.typed = time.Now()
		nudge(a.doubts)
	}
	return l, f, ok
}

// Signal sends a signal, named as in "INT", to the program in the foreground.
// While the link is away it is kept. One that was on its way when the link broke
// is lost: unlike keys, signals are not counted.
func (a *Attachment) Signal(name string) {
	if a.ask.ReadOnly {
		return
	}
	l, stream, ok := a.lane()
	f := wire.Frame{Kind: wire.KindSignal, Stream: stream, Payload: []byte(name)}
	if ok && l.conn.Write(context.Background(), f) == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) < maxWaiting {
		a.waiting = append(a.waiting, name)
	}
}

// maxWaiting signals are kept: enough for whoever hits Ctrl-C in anger.
const maxWaiting = 16

func (a *Attachment) sendWaiting() {
	a.mu.Lock()
	names := a.waiting
	a.waiting = nil
	a.mu.Unlock()
	for _, name := range names {
		a.Signal(name)
	}
}

// Leave ends the attachment and leaves the session running. It does not wait
// for a link that is stuck.
func (a *Attachment) Leave() {
	a.mu.Lock()
	a.left = true
	l, stop := a.live, a.stop
	a.mu.Unlock()
	if l != nil {
		hangUp(l.conn, wire.Frame{Kind: wire.KindClose, Stream: a.streamOf(l)})
	}
	if stop != nil {
		stop()
	}
}

func (a *Attachment) hasLeft() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.left
}

// Kept is how many typed bytes the session has not taken yet.
func (a *Attachment) Kept() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.progress.Kept()
}

// renewToken hands the server each new token of this login, so that a terminal
// that is open for days is not cut when the first one ends.
func (a *Attachment) renewToken(ctx context.Context, l *link) {
	a.mu.Lock()
	sent := l.token
	a.mu.Unlock()
	tick := time.NewTicker(5 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		token, err := a.api.Tokens.Token(ctx)
		if err == nil && token != sent {
			sent = token
			_ = l.conn.Write(ctx, wire.Frame{Kind: wire.KindToken, Payload: []byte(token)})
		}
	}
}
