package server

import (
	"context"
	"time"

	"vsay/internal/wire"
)

// proof is how far the program at a plain socket has come with reading it. It tells
// nothing of that, and the kernels between take megabytes at once, which Ctrl-C would
// have to wait for. But it answers a WebSocket's ping in its turn: the pong proves
// what was written before. A little output needs no proof.
type proof struct {
	to     uint64 // all output before this offset was read, or is no matter
	asking bool
	pace   wire.Pace
	deaf   bool      // the socket is not read, so pongs are not
	trust  time.Time // until then pongs may be late, behind much that is typed
}

// trusting is how long after much was typed at once no pong is waited for: it would
// be behind that, and who types that much waits for its echo.
const trusting = time.Second

// drew says that the socket has taken n more bytes of output. They are acknowledged
// at once, or when it is proven that they were read.
func (p *plain) drew(ctx context.Context, n int) {
	p.mu.Lock()
	p.progress.Drawn(n)
	wait := p.unproven() && !p.proof.deaf && time.Now().After(p.proof.trust)
	if wait && !p.proof.asking {
		p.proof.asking = true
		go p.prove(ctx)
	}
	p.mu.Unlock()
	if !wait {
		p.ack(ctx)
	}
}

// jump moves on to a picture, in place of the output before it.
func (p *plain) jump(to uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.Jump(to)
	p.proof.to = max(p.proof.to, to)
}

// unproven says that more output may be on its way than nobody minds.
func (p *plain) unproven() bool { return p.progress.Position()-p.proof.to > wire.MinWindow }

// prove asks until nearly all output was read, and acknowledges it as it is.
func (p *plain) prove(ctx context.Context) {
	for {
		p.mu.Lock()
		to, from := p.progress.Position(), p.proof.to
		p.mu.Unlock()
		took, err := p.sock.Trip(ctx)
		if err != nil {
			return // with its socket
		}
		p.mu.Lock()
		p.proof.pace.Drew(int(to-from), took)
		p.proof.to = max(p.proof.to, to)
		window := p.proof.pace.Window(p.sock.RTT())
		p.progress.SetWindow(window)
		p.proof.asking = p.unproven()
		again, v := p.proof.asking, p.place.View
		p.mu.Unlock()
		if !again {
			p.ack(ctx)
			return
		}
		_ = v.Send(ctx, wire.AckFrame(0, to, window))
	}
}

// believe takes as read whatever was written, because pongs may be late: behind what
// is typed, or for as long as the socket is not read.
func (p *plain) believe(ctx context.Context, deaf bool) {
	p.mu.Lock()
	p.proof.deaf, p.proof.trust = deaf, time.Now().Add(trusting)
	p.proof.to = p.progress.Position()
	p.mu.Unlock()
	p.ack(ctx)
}

// ack acknowledges all output so far, as drawn.
func (p *plain) ack(ctx context.Context) {
	p.mu.Lock()
	f, ok := p.progress.Ack(0, true)
	v := p.place.View
	p.mu.Unlock()
	if ok {
		_ = v.Send(ctx, f)
	}
}
