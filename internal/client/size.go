package client

import (
	"context"
	"time"

	"vsay/internal/wire"
)

// settled is how long a window that only watches has to keep its size before the
// session is asked to draw for it: who drags a window's edge changes it often.
const settled = 200 * time.Millisecond

// Resize tells the session the size of this terminal, in cells. Who only watches
// may not send one, and asks anew instead.
func (a *Attachment) Resize(cols, rows uint16) {
	a.mu.Lock()
	a.ask.Cols, a.ask.Rows = cols, rows // for the next Open as well
	l := a.live
	if a.ask.ReadOnly && a.over == nil {
		a.whenSettled()
		l = nil
	}
	a.mu.Unlock()
	if l != nil {
		a.fit(context.Background(), l)
	}
}

// whenSettled asks anew a little later. a.mu is held.
func (a *Attachment) whenSettled() {
	if a.resized != nil {
		a.resized.Stop()
	}
	a.resized = time.AfterFunc(settled, func() {
		a.mu.Lock()
		l := a.live
		if l != nil && l.asking {
			a.whenSettled()
			l = nil
		}
		a.mu.Unlock()
		if l != nil {
			a.fit(context.Background(), l)
		}
	})
}

// fit tells the session this terminal's size, if it knows another one.
func (a *Attachment) fit(ctx context.Context, l *link) {
	a.mu.Lock()
	size := [2]uint16{a.ask.Cols, a.ask.Rows}
	due := a.live == l && !l.asking && l.size != size
	if due && a.ask.ReadOnly {
		a.spoiled = true // by what the terminal made of the picture for another size
	} else if due {
		l.size = size
	}
	f := wire.ResizeFrame(l.stream, size[0], size[1])
	a.mu.Unlock()
	switch {
	case !due:
	case a.ask.ReadOnly:
		a.reopen(ctx, l)
	default:
		_ = l.conn.Write(ctx, f)
	}
}
