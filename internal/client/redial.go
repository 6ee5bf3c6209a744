package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"vsay/internal/wire"
)

// Redialling, with full jitter: soon, since somebody is watching.
const (
	minRedial   = 250 * time.Millisecond
	earlyRedial = 2 * time.Second // at most, early in an outage
	maxRedial   = 5 * time.Second
	early       = 30 * time.Second
	healthy     = time.Minute     // a link that lived so long: the next one is dialled soon
	brief       = 5 * time.Second // one that lived less is a part of the outage
	openWithin  = 30 * time.Second
	firstTry    = 10 * time.Second // an Open of a session that was there a moment ago
)

// pauses are those between dials.
type pauses struct {
	tries int       // links that did not live long
	lost  time.Time // the outage began
}

// ended notes that a link is over.
func (p *pauses) ended(began, now time.Time) {
	lived := now.Sub(began)
	if lived > healthy {
		p.tries = 0
	}
	if lived > brief || p.lost.IsZero() {
		p.lost = now
	}
}

// next is how long to wait before a dial, and how long that dial may take.
func (p *pauses) next(now time.Time) (pause, within time.Duration) {
	most := maxRedial
	if now.Sub(p.lost) < early {
		most = earlyRedial
	}
	most = min(most, minRedial<<p.tries)
	within = min(openWithin, firstTry<<p.tries)
	p.tries = min(p.tries+1, 10) // until a link has proved healthy
	return rand.N(most), within
}

// search looks for a link, in its own time.
type search struct {
	stop context.CancelFunc
	done chan struct{}
	link *link // once it is done
	err  error
}

// seek begins one.
func (a *Attachment) seek(ctx context.Context) *search {
	ctx, stop := context.WithCancel(ctx)
	s := &search{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.link, s.err = a.redial(ctx)
	}()
	return s
}

// result waits for what it finds.
func (s *search) result() (*link, error) {
	<-s.done
	s.stop()
	return s.link, s.err
}

// drop ends it, and what it has found.
func (s *search) drop() {
	if s == nil {
		return
	}
	s.stop()
	if l, _ := s.result(); l != nil {
		l.conn.CloseNow()
	}
}

// redial dials until there is a link, or there is no point.
func (a *Attachment) redial(ctx context.Context) (*link, error) {
	for {
		a.mu.Lock()
		pause, within := a.pauses.next(time.Now())
		a.mu.Unlock()
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		l, err := a.open(ctx, within)
		if err == nil || final(err) || ctx.Err() != nil {
			return l, err
		}
	}
}

// final says that dialling again would not help.
func final(err error) bool {
	for _, e := range []*wire.Error{
		wire.ErrUnauthed, wire.ErrReauth, wire.ErrForbidden, wire.ErrNotFound, wire.ErrGone,
		wire.ErrStolen, wire.ErrBadRequest, wire.ErrProtocol, wire.ErrTooLarge,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var drawing drawError
	return errors.As(err, &drawing)
}
