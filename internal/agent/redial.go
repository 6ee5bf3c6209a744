//go:build unix

package agent

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
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

// Keep serves one link after another until ctx ends. serve returns what ended a link,
// a wire.ErrLinkLost once it was up. Keep returns an error only when the server has
// refused for good.
func Keep(ctx context.Context, log *slog.Logger, serve func(context.Context) error) error {
	again := newRedial(time.Now())
	for ctx.Err() == nil {
		began := time.Now()
		err := serve(ctx)
		if ctx.Err() != nil {
			break
		}
		if refused(err) {
			return err
		}
		pause := again.pause(began, time.Now(), err)
		log.Warn("no link to the server", "err", wire.AsError(err).Message, "retry_in", pause.Round(time.Millisecond))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil
}

// refused says that trying again would not help.
func refused(err error) bool {
	return errors.Is(err, wire.ErrUnauthed) || errors.Is(err, wire.ErrForbidden) || errors.Is(err, wire.ErrBadRequest)
}

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

// pause is how long to wait after err. A server that many come back to at once gives
// each a time to come: whoever keeps to it is let in then.
func (r *redial) pause(began, now time.Time, err error) time.Duration {
	most := r.most(began, now, errors.Is(err, wire.ErrLinkLost))
	if away := new(sentAway); errors.As(err, away) {
		return away.after // the server knows how many of us there are
	}
	if told := wire.RetryAfter(err); told > minWait { // every refusal that passes says a second
		return min(told, maxWait) + rand.N(minWait)
	}
	return rand.N(most)
}
