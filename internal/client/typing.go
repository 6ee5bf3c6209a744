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
func (a *Attachment) Write(p []byte) (int, error) {
	if a.ask.ReadOnly {
		return len(p), nil
	}
	a.mu.Lock()
	for a.over == nil && a.progress.Kept() >= maxKept {
		a.room.Wait()
	}
	if a.over != nil {
		a.mu.Unlock()
		return 0, a.over
	}
	a.progress.Type(p)
	a.mu.Unlock()
	a.flush()
	return len(p), nil
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
		a.mu.Lock()
		conn := a.conn
		f, ok := wire.Frame{}, false
		if conn != nil {
			f, ok = a.progress.Next(lane)
		}
		a.mu.Unlock()
		if !ok {
			return
		}
		if conn.Write(context.Background(), f) != nil {
			conn.CloseNow() // the reader notices and dials again
			return
		}
	}
}

// Resize tells the session the size of this terminal.
func (a *Attachment) Resize(cols, rows uint16) {
	a.mu.Lock()
	a.ask.Cols, a.ask.Rows = cols, rows // for the next Open as well
	conn := a.conn
	a.mu.Unlock()
	if conn != nil && !a.ask.ReadOnly {
		_ = conn.Write(context.Background(), wire.ResizeFrame(lane, cols, rows))
	}
}

// Signal sends a signal, named as in "INT", to the program in the foreground.
func (a *Attachment) Signal(name string) {
	if a.ask.ReadOnly {
		return
	}
	f := wire.Frame{Kind: wire.KindSignal, Stream: lane, Payload: []byte(name)}
	a.mu.Lock()
	conn := a.conn
	if conn == nil {
		a.waiting = append(a.waiting, f)
	}
	a.mu.Unlock()
	if conn != nil {
		_ = conn.Write(context.Background(), f)
	}
}

func (a *Attachment) sendWaiting(ctx context.Context, conn *wire.Conn) {
	a.mu.Lock()
	frames := a.waiting
	a.waiting = nil
	a.mu.Unlock()
	for _, f := range frames {
		_ = conn.Write(ctx, f)
	}
}

// Leave ends the attachment and leaves the session running.
func (a *Attachment) Leave() {
	a.mu.Lock()
	a.left = true
	conn := a.conn
	a.mu.Unlock()
	if conn != nil {
		_ = conn.Write(context.Background(), wire.Frame{Kind: wire.KindClose, Stream: lane})
		conn.Close(nil)
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

// ack acknowledges what was drawn: a quarter of the window at a time, or at once.
func (a *Attachment) ack(ctx context.Context, conn *wire.Conn, now bool) {
	a.mu.Lock()
	f, ok := a.progress.Ack(lane, now)
	a.mu.Unlock()
	if ok {
		_ = conn.Write(ctx, f)
		return
	}
	select {
	case a.drew <- struct{}{}:
	default:
	}
}

// ackLate acknowledges the last bytes of a burst, a little later.
func (a *Attachment) ackLate(ctx context.Context, conn *wire.Conn) {
	timer := time.NewTimer(ackWithin)
	defer timer.Stop()
	for {
		select {
		case <-a.drew:
		case <-ctx.Done():
			return
		}
		timer.Reset(ackWithin)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		a.mu.Lock()
		f, ok := a.progress.Ack(lane, true)
		a.mu.Unlock()
		if ok {
			_ = conn.Write(ctx, f)
		}
	}
}

// renewToken hands the server each new token of this login, so that a terminal
// that is open for days is not cut when the first one ends.
func (a *Attachment) renewToken(ctx context.Context, conn *wire.Conn) {
	sent, _ := a.api.Tokens.Token(ctx)
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
			_ = conn.Write(ctx, wire.Frame{Kind: wire.KindToken, Payload: []byte(token)})
		}
	}
}

// pace is how fast the viewer's terminal draws. The window is sized by it, in
// time and not in bytes: it is what Ctrl-C has to wait for.
type pace struct {
	bytes int
	spent time.Duration // inside Write
}

const (
	windowTime = 35 * time.Millisecond
	minWindow  = 64 << 10
	maxWindow  = 4 << 20
)

func (p *pace) drew(n int, took time.Duration) {
	p.bytes += n
	p.spent += took
	if p.spent > 100*time.Millisecond { // older strokes count half
		p.bytes /= 2
		p.spent /= 2
	}
}

// window is what the terminal draws in windowTime, and what is on its way in a
// round trip besides.
func (p *pace) window(rtt time.Duration) uint32 {
	if p.bytes < 4*minWindow {
		return wire.DefaultWindow // too little to tell
	}
	rate := float64(p.bytes) / max(p.spent.Seconds(), 1e-6)
	return uint32(min(max(rate*(windowTime+2*rtt).Seconds(), minWindow), maxWindow))
}
