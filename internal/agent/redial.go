//go:build unix

package agent

import (
	"time"

	"vsay/internal/wire"
)

// Redialling, with full jitter so that ten thousand agents do not come at once.
const (
	minWait    = time.Second
	maxWait    = time.Minute
	earlyWait  = 5 * time.Second // the longest during the first minute without the server
	healthy    = time.Minute     // a link that lived so long starts over
	dialWithin = 30 * time.Second
)

// redial is how long to wait before the next dial.
type redial struct {
	wait time.Duration // at most, but for what follows
	lost time.Time     // since then there is no link
}

func newRedial(now time.Time) redial { return redial{wait: minWait, lost: now} }

// most is the longest to wait now that a link ended (up), or a dial failed, that
// was begun then.
func (r *redial) most(began, now time.Time, up bool) time.Duration {
	if up {
		r.lost = now // however short it was: whoever is watched must be found again soon
	}
	if up && now.Sub(began) > healthy {
		r.wait = minWait
	}
	most := r.wait
	if now.Sub(r.lost) < time.Minute {
		most = min(most, earlyWait)
	}
	r.wait = min(2*r.wait, maxWait)
	return most
}

// sentAway ends a link whose server said when to come back.
type sentAway struct {
	error
	after time.Duration
}

func (e sentAway) Unwrap() error { return e.error }

// maxAway is the longest that a server may send us away for.
const maxAway = 5 * time.Minute

// goAway reads when to come back; nil: the frame says nothing of use.
func goAway(f wire.Frame) *sentAway {
	var g wire.GoAway
	if wire.Decode(f.Payload, &g) != nil || g.After < 0 {
		return nil
	}
	return &sentAway{after: min(g.After, wire.Seconds(maxAway.Seconds())).Duration()}
}
