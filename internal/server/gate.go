package server

import (
	"time"

	"golang.org/x/time/rate"

	"vsay/internal/wire"
)

// gate lets machines in as fast as they can be taken. When a server was away they all
// come back in the same few seconds, and the work for one of them would make people
// wait who sign in. Whoever is too many is given a time of its own to come again: at
// that time it is let in.
type gate struct {
	in    *rate.Limiter
	turns *rate.Limiter // one after another, as fast as they are let in
}

// lastTurn is the longest that anybody is told to wait.
const lastTurn = 45 * time.Second

func newGate(perSecond int) gate {
	return gate{
		in:    rate.NewLimiter(rate.Limit(perSecond), max(perSecond/5, 1)),
		turns: rate.NewLimiter(rate.Limit(perSecond), 1),
	}
}

// door is a gate with something in front that keeps one user from standing in the way of
// all others, and those whom nobody knows from standing there at all.
type door struct {
	gate
	strangers gate // for who knocks before it is known who that is
	each      *pace
}

func newDoor(perSecond, eachPerMinute int) door {
	return door{gate: newGate(perSecond), strangers: newGate(perSecond), each: newPace("links", eachPerMinute)}
}

// pass lets in somebody who comes for that user; "" is for who comes for nobody.
func (d door) pass(user string, now time.Time) error {
	if user == "" {
		return d.strangers.pass(now)
	}
	if err := d.each.take(user, now); err != nil {
		return err
	}
	return d.gate.pass(now)
}

var errFullGate = wire.ErrUnavailable.With("many machines come back to this server at the moment: this one's turn is soon")

func (g gate) pass(now time.Time) error {
	if g.in.AllowN(now, 1) {
		return nil
	}
	turn := g.turns.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > lastTurn {
		turn.CancelAt(now)
		wait = lastTurn
	}
	return later(errFullGate, wait)
}
