package server

import (
	"net/http"
	"testing"
	"time"

	"vsay/internal/wire"
)

// The clock of the server's machine may be set, forward and back.

func TestClockGoesForward(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	old := b.nonce()
	w.pass(25 * time.Hour)
	if w.works(ann.token) {
		t.Error("a token outlives a day")
	}
	b.counter++
	if err := b.calls(b.credential(old, b.counter)); err == nil {
		t.Error("a machine's challenge of yesterday is good")
	}
	if err := b.dial(); err != nil {
		t.Errorf("the machine is shut out: %v", err)
	}
	if !w.works(w.signIn(ann.email).token) {
		t.Error("nobody can sign in")
	}
}

// What was counted in a future that was undone locks nobody out, and what was handed
// out there is not good for longer.
func TestClockGoesBack(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.SignupBurst = 2 })
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	wrong := func() reply {
		return w.do("POST", "/api/login", wire.Login{Email: ann.email, Password: "wrong password"})
	}
	for wrong().status == http.StatusUnauthorized {
	}
	w.do("POST", "/api/signup", wire.Signup{Username: "bob", Email: "bob@example.com", Password: goodPassword})
	nonce := b.nonce()
	w.pass(-5 * time.Hour)
	after := w.signIn(ann.email)
	if !w.works(after.token) {
		t.Error("a fresh token is dead")
	}
	if w.works(ann.token) {
		t.Error("a token of the future is good")
	}
	b.counter++
	if err := b.calls(b.credential(nonce, b.counter)); err == nil {
		t.Error("a challenge of the future is good")
	}
	if err := b.dial(); err != nil {
		t.Errorf("the machine is shut out: %v", err)
	}
	w.pass(5 * time.Minute)
	r := w.do("POST", "/api/signup", wire.Signup{Username: "cal", Email: "cal@example.com", Password: goodPassword})
	if r.status != http.StatusCreated {
		t.Errorf("a signup waits for a future that was undone: %d, Retry-After %s", r.status, r.header.Get("Retry-After"))
	}
	for wrong().status == http.StatusUnauthorized { // the limits hold in the past, too
	}
	if r := wrong(); r.status != http.StatusTooManyRequests {
		t.Errorf("after the step nobody counts: %d", r.status)
	}
}
