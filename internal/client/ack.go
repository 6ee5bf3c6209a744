package client

import (
	"context"
	"time"
)

// ackWithin is the longest that output waits to be acknowledged once it was drawn.
const ackWithin = 10 * time.Millisecond

// ack acknowledges what was drawn: a quarter of the window at a time, or at once.
func (a *Attachment) ack(ctx context.Context, l *link, now bool) {
	if a.sendAck(ctx, l, now) || now {
		return
	}
	nudge(a.drew)
}

// sendAck sends an Ack if one is due. While an Open waits for its answer none is:
// it says itself what was drawn.
func (a *Attachment) sendAck(ctx context.Context, l *link, now bool) bool {
	a.mu.Lock()
	if l.asking {
		a.mu.Unlock()
		return false
	}
	f, due := a.progress.Ack(l.stream, now)
	a.mu.Unlock()
	if due {
		_ = l.conn.Write(ctx, f)
	}
	return due
}

// ackLate acknowledges the last bytes of a burst, a little later.
func (a *Attachment) ackLate(ctx context.Context, l *link) {
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
		a.sendAck(ctx, l, true)
		a.mend(ctx, l)
	}
}
