package server

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"vsay/internal/wire"
)

// An API key alone brings no machine in: its owner has to say so, signed in.
func TestMachinesWaitForTheirOwner(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ApproveMachines = true })
	ann, bob := w.account("ann"), w.account("bob")
	b := newBox(w)
	if done := b.enroll(ann.apiKey, "box"); !done.Pending {
		t.Error("the machine is not told that it has to wait")
	}
	status := func() string {
		var one wire.OneMachine
		w.do("GET", "/api/machines/"+b.id, nil, bearer(ann.token)).into(t, &one)
		return one.Machine.Status
	}
	if err := b.dial(); !errors.Is(err, wire.ErrPending) || status() != wire.StatusPending {
		t.Fatalf("before: %v, %s", err, status())
	}
	approve := "/api/machines/" + b.id + "/approve"
	w.do("POST", approve, nil, bearer(bob.token)).refused(t, wire.ErrNotFound)
	w.do("POST", approve, nil, bearer(ann.apiKey)).refused(t, wire.ErrUnauthed)
	b.enroll(ann.apiKey, "box") // again, which must not be a way in
	b.counter = 0
	if err := b.dial(); !errors.Is(err, wire.ErrPending) {
		t.Fatalf("enrolled twice: %v", err)
	}
	for range 2 {
		if r := w.do("POST", approve, nil, bearer(ann.token)); r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if err := b.dial(); err != nil || status() != wire.StatusOffline {
		t.Errorf("after: %v, %s", err, status())
	}
	b.enroll(ann.apiKey, "box") // with the same key of its own it stays in
	b.counter = 0
	if err := b.dial(); err != nil {
		t.Errorf("enrolled anew: %v", err)
	}
	if n := strings.Count(w.log.String(), "machine approved"); n != 1 {
		t.Errorf("%d times in the audit", n)
	}
}

// A counter that jumps was signed where we did not see it: that is written down.
func TestAJumpOfTheCounterIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	for range 3 {
		if err := b.dial(); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(w.log.String(), "machine counter jumped") {
		t.Error("an alarm without a jump")
	}
	b.counter += 5
	if err := b.dial(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.log.String(), "machine counter jumped") {
		t.Error("no alarm")
	}
}
