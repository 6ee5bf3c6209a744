package session

import "time"

// pauses are those between dials: longer when many failed, not so long early in
// an outage.
type pauses struct {
	tries int       // since there was a link that lived long
	lost  time.Time // the outage began
	idle  bool      // no viewer may be waiting
}

// ended notes that a link is over.
func (p *pauses) ended(lived time.Duration, now time.Time) {
	if lived > healthy {
		p.tries = 0
	}
	if lived > brief {
		p.lost = now
	}
}

// next is the longest to wait before a dial.
func (p *pauses) next(now time.Time) time.Duration {
	p.tries = min(p.tries+1, 10)
	most := maxRedial
	switch {
	case now.Sub(p.lost) < early:
		most = earlyRedial
	case p.idle:
		most = idleRedial
	}
	return min(most, minRedial<<p.tries)
}
