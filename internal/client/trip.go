package client

import (
	"context"
	"time"

	"vsay/internal/wire"
)

// Trips are the round trips to the server and to the session on its machine, made
// now. The second one is 0 when the session gave no answer before ctx ended, and
// the error an ErrLinkLost when not even the server did or there is no link now.
func (a *Attachment) Trips(ctx context.Context) (server, session time.Duration, err error) {
	l, stream, ok := a.lane()
	if !ok || !a.Silent().IsZero() {
		return 0, 0, wire.ErrLinkLost
	}
	for range tripsMade {
		near, err := l.conn.Trip(ctx)
		if err != nil {
			return server, 0, err
		}
		far, ok := a.tripOn(ctx, l, stream)
		if !ok {
			return near, 0, nil
		}
		server, session = shorter(server, near), shorter(session, far)
	}
	return server, session, nil
}

// tripsMade of each are made, and the shortest counts: what made the others
// longer was not the way.
const tripsMade = 3

func shorter(least, d time.Duration) time.Duration {
	if least == 0 {
		return d
	}
	return min(least, d)
}

// tripOn is a round trip end to end.
func (a *Attachment) tripOn(ctx context.Context, l *link, stream uint32) (time.Duration, bool) {
	came := make(chan time.Duration, 1)
	a.mu.Lock()
	l.trip = came
	a.mu.Unlock()
	l.conn.Ping(ctx, stream)
	select {
	case took := <-came:
		return took, true
	case <-ctx.Done():
		return 0, false
	}
}

// takePong notes that the session answers.
func (a *Attachment) takePong(l *link, f wire.Frame) {
	took, ok := l.conn.Took(f)
	a.mu.Lock()
	defer a.mu.Unlock()
	l.ponged = true
	if ok && l.trip != nil {
		l.trip <- took
		l.trip = nil
	}
}
