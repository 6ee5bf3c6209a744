package client

import (
	"context"
	"time"

	"vsay/internal/wire"
)

// ackWithin is the longest that output waits to be acknowledged once it was drawn.
const ackWithin = 10 * time.Millisecond

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
