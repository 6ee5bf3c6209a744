package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"vsay/internal/wire"
)

// pace bounds how often each of many may do something. What it knows is in memory:
// after a restart everybody begins anew.
type pace struct {
	what   string // it is, in the plural
	minute int    // so many a minute, and so many at once
	mu     sync.Mutex
	known  map[string]*rate.Limiter
}

// maxPaced is how many are remembered; then those who did nothing of late are not.
const maxPaced = 10_000

func newPace(what string, minute int) *pace {
	return &pace{what: what, minute: minute, known: map[string]*rate.Limiter{}}
}

// take is nil for who may go on. Anybody else is told how long to wait; that costs
// nothing, and the next one waits no longer for it.
func (p *pace) take(who string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.known[who]
	if l == nil {
		p.forget(now)
		l = rate.NewLimiter(rate.Limit(float64(p.minute)/60), p.minute)
		p.known[who] = l
	}
	turn := l.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	turn.CancelAt(now)
	return later(wire.ErrSlowDown.With("too many %s in a minute: wait a little, then try again", p.what), wait)
}

func (p *pace) forget(now time.Time) {
	if len(p.known) < maxPaced {
		return
	}
	for who, l := range p.known {
		if l.TokensAt(now) >= float64(p.minute) {
			delete(p.known, who)
		}
	}
}

// paces are what one user may do so often.
type paces struct {
	tickets, opens, enrollments *pace
	joins, changes, refreshes   *pace // cost nothing, and each one is written down
}

func newPaces(l Limits) paces {
	return paces{
		tickets:     newPace("tickets", l.TicketsPerMinute),
		opens:       newPace("new sessions", l.OpensPerMinute),
		joins:       newPace("joined sessions", l.JoinsPerMinute),
		changes:     newPace("changes", l.ChangesPerMinute),
		refreshes:   newPace("refreshed tokens", l.RefreshesPerMinute),
		enrollments: newPace("machines that enroll", l.EnrollmentsPerMinute),
	}
}
