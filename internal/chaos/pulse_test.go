//go:build unix

package chaos

import "time"

// pulse is how long nothing moved.
type pulse struct {
	last    time.Time
	longest time.Duration // at any time
	calm    time.Duration // while no fault was active
	alone   time.Duration // since the fault began that is looked at by itself
}

// worthTelling is a silence that whoever looks for its cause wants to read of.
const worthTelling = 4 * time.Second

// beat notes that something moved, and says how long nothing did.
func (p *pulse) beat(at phase) (silent time.Duration) {
	now := time.Now()
	if !p.last.IsZero() {
		silent = now.Sub(p.last)
		p.longest = max(p.longest, silent)
		p.calm = max(p.calm, p.within(now, at.calm))
		p.alone = max(p.alone, p.within(now, at.alone))
	}
	p.last = now
	return silent
}

// within is the part of a silence that lies in a phase which began then.
func (p *pulse) within(now, began time.Time) time.Duration {
	switch {
	case began.IsZero():
		return 0
	case began.After(p.last):
		return now.Sub(began)
	}
	return now.Sub(p.last)
}
