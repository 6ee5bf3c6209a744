package server

import (
	"context"
	"math"
	"sync"

	"vsay/internal/wire"
)

// read takes keys from the socket until it is closed or broken.
func (p *plain) read(ctx context.Context) error {
	for {
		msg, text, err := p.sock.Read(ctx)
		if err != nil {
			return err
		}
		if p.ask.ReadOnly {
			why := p.s.offence(p.me, p.machine, p.ask.Session, "it typed, and may only watch")
			p.sock.Close(why)
			return why
		}
		if err := p.wait(ctx, len(msg)); err != nil {
			return err
		}
		if text && p.resized(ctx, msg) {
			continue
		}
		if len(msg) >= bigFrame {
			p.believe(ctx, false)
		}
		p.keep(ctx, msg)
		p.flush(ctx)
	}
}

// keep takes what was typed, when there is room for it.
func (p *plain) keep(ctx context.Context, msg []byte) {
	full := func() bool { return p.progress.Kept() >= plainInput && !p.over }
	p.mu.Lock()
	defer p.mu.Unlock()
	if full() { // perhaps until output is read
		p.mu.Unlock()
		p.believe(ctx, true)
		p.mu.Lock()
		for full() {
			p.room.Wait()
		}
		p.proof.deaf = false
	}
	p.progress.Type(msg)
}

// wait leaves the socket unread while too much comes of it.
func (p *plain) wait(ctx context.Context, n int) error {
	if err := p.flow.frame(ctx, wire.KindInput, n); err != nil {
		return err
	}
	return p.flow.typed(ctx, n)
}

// flush sends what may be sent of what was typed.
func (p *plain) flush(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		f, ok := p.progress.Next(0)
		if !ok {
			return
		}
		if p.place.View.Send(ctx, f) != nil {
			return
		}
	}
}

// resized tells whether a text message was a resize. One that makes no sense is
// dropped: it is not typed either.
func (p *plain) resized(ctx context.Context, msg []byte) bool {
	var r struct {
		Type string `json:"type"`
		Cols any    `json:"cols"`
		Rows any    `json:"rows"`
	}
	if len(msg) == 0 || msg[0] != '{' || wire.Decode(msg, &r) != nil || r.Type != "resize" {
		return false
	}
	cols, rows := cells(r.Cols), cells(r.Rows)
	if cols == 0 || rows == 0 {
		return true
	}
	p.mu.Lock()
	p.place.open.Cols, p.place.open.Rows = cols, rows
	p.ask.Cols, p.ask.Rows = cols, rows
	v := p.place.View
	p.mu.Unlock()
	_ = v.Send(ctx, wire.ResizeFrame(0, cols, rows))
	return true
}

// late is a close function that is known only after it may be needed.
type late struct {
	mu   sync.Mutex
	do   func(*wire.Error)
	want *wire.Error
}

func (l *late) close(why *wire.Error) {
	l.mu.Lock()
	l.want = why
	do := l.do
	l.mu.Unlock()
	if do != nil {
		do(why)
	}
}

func (l *late) set(do func(*wire.Error)) {
	l.mu.Lock()
	l.do = do
	want := l.want
	l.mu.Unlock()
	if want != nil {
		do(want)
	}
}

// cells is a terminal's width or height out of JSON, 0 for what cannot be one.
func cells(v any) uint16 {
	n, _ := v.(float64)
	if n < 1 || n > math.MaxUint16 || n != math.Trunc(n) {
		return 0
	}
	return uint16(n)
}
