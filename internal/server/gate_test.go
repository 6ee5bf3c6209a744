package server

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"vsay/internal/wire"
)

// Whoever comes at the time that it was told is let in, however many there are.
func TestGateGivesTurns(t *testing.T) {
	const perSecond, crowd = 500, 10_000
	g := newGate(perSecond)
	now := time.Now()
	turns := make([][]bool, 60) // by the second in which they come
	for range crowd {
		err := g.pass(now)
		var told retryError
		switch {
		case err == nil:
		case errors.As(err, &told) && errors.Is(err, wire.ErrUnavailable):
			turns[int(told.after.Seconds())+1] = append(turns[int(told.after.Seconds())+1], true)
		default:
			t.Fatal(err)
		}
	}
	refused, last := 0, 0
	for second, those := range turns {
		for i := range those {
			at := now.Add(time.Duration(second)*time.Second + time.Duration(i)*time.Second/time.Duration(len(those)))
			last = second
			if g.pass(at) != nil {
				refused++
			}
		}
	}
	if refused > crowd/100 || last > crowd/perSecond+1 {
		t.Errorf("%d came at their time and were refused, and the last came after %d s", refused, last)
	}
}

func TestGateIsAtTheDoor(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Arrivals = 1 })
	var refused bool
	for range 5 {
		got := w.do("POST", "/api/agent/challenge", wire.Challenge{AgentID: "x"})
		if after, err := strconv.Atoi(got.header.Get("Retry-After")); got.status == http.StatusServiceUnavailable && err == nil && after > 0 {
			refused = true
		}
	}
	if !refused {
		t.Error("five machines at once, and one a second is allowed: nobody was told to wait")
	}
	ann := w.account("ann") // people pass
	if ann.token == "" {
		t.Error("nobody can sign in meanwhile")
	}
}

// One user who comes again and again waits; the others come in as if he were not there.
func TestNobodyStandsInTheDoor(t *testing.T) {
	d := newDoor(50, 3) // ten at once
	now := time.Now()
	for range 100 {
		_ = d.pass("eve", now)
		_ = d.pass("", now)
	}
	for i := range 7 {
		if err := d.pass("ann", now); (err != nil) != (i >= 3) {
			t.Errorf("ann's link number %d: %v", i+1, err)
		}
	}
	if err := d.pass("bob", now.Add(time.Second)); err != nil {
		t.Errorf("bob: %v", err)
	}
}

// Whoever proves nothing uses up nobody's turn, at neither door.
func TestStrangersUseUpNoTurns(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Arrivals = 1 })
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	for range 10 {
		w.do("POST", "/api/agent/challenge", wire.Challenge{AgentID: "x"})
		if got := w.do("GET", "/api/hold/ws", nil); got.status != http.StatusUnauthorized {
			t.Errorf("a link of no session: %d", got.status)
		}
	}
	if got := w.do("POST", "/api/agent/challenge", wire.Challenge{AgentID: b.id}); got.status != http.StatusOK {
		t.Errorf("a machine that belongs here comes after strangers: %d %s", got.status, got.body)
	}
}
