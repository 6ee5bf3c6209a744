package server

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

func (w *world) guess(email, password string) reply {
	w.t.Helper()
	return w.do("POST", "/api/login", wire.Login{Email: email, Password: password})
}

func retryAfter(t *testing.T, r reply) int {
	t.Helper()
	n, err := strconv.Atoi(r.header.Get("Retry-After"))
	if err != nil || n < 1 {
		t.Fatalf("Retry-After %q", r.header.Get("Retry-After"))
	}
	return n
}

func TestWrongPasswordsHaveToWaitLongerAndLonger(t *testing.T) {
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		t.Run(email, func(t *testing.T) {
			w := newWorld(t)
			w.account("ann")
			for i := range 5 {
				if r := w.guess(email, "wrong password"); r.status != 401 {
					t.Fatalf("free try %d: %d", i, r.status)
				}
			}
			for _, want := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
				for range 3 { // tries that are refused change nothing
					r := w.guess(email, goodPassword)
					r.refused(t, wire.ErrSlowDown)
					if got := retryAfter(t, r); got != want {
						t.Fatalf("wait %d s, want %d", got, want)
					}
				}
				w.pass(time.Duration(want) * time.Second)
				if r := w.guess(email, "wrong password"); r.status != 401 {
					t.Fatalf("after %d s: %d", want, r.status)
				}
			}
		})
	}
}

func TestTheRightPasswordWorksAfterTheWait(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	w.account("bob")
	for range 6 {
		w.guess(ann.email, "wrong password")
	}
	if r := w.guess("bob@example.com", goodPassword); r.status != 200 {
		t.Errorf("another user: %d", r.status)
	}
	w.start() // the counter survives
	r := w.guess(ann.email, goodPassword)
	r.refused(t, wire.ErrSlowDown)
	w.pass(time.Duration(retryAfter(t, r)) * time.Second)
	w.signIn(ann.email)
	for i := range 5 {
		if r := w.guess(ann.email, "wrong password"); r.status != 401 {
			t.Errorf("free try %d after a success: %d", i, r.status)
		}
	}
}

func TestThirtyGuessesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ann")
	var mu sync.Mutex
	got := map[int]int{}
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			r := w.guess("ann@example.com", "wrong password")
			mu.Lock()
			defer mu.Unlock()
			got[r.status]++
		})
	}
	wg.Wait()
	if most := 5 + cap(w.s.passwords.slots); got[401] > most || got[401]+got[429] != 30 {
		t.Fatalf("%v, want at most %d times 401 and 429 for the rest", got, most)
	}
}

func TestOnePasswordAgainstManyAccounts(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	spray := func() (guesses int) {
		for i := range 200 {
			if w.guess(fmt.Sprintf("user%d@example.com", i), "password1").status == 401 {
				guesses++
			}
		}
		return guesses
	}
	if n := spray(); n != 20 {
		t.Errorf("%d guesses in the first minute", n)
	}
	w.guess(ann.email, goodPassword).refused(t, wire.ErrSlowDown)
	w.pass(30 * time.Second)
	if n := spray(); n != 0 {
		t.Errorf("%d more half a minute later", n)
	}
	w.pass(30*time.Second + time.Millisecond)
	w.signIn(ann.email)
}

func TestSuccessesAreNotLimited(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	for range 60 {
		w.signIn(ann.email)
	}
}

func TestAHundredWrongPasswordsNeedAKnownAddress(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	for range 100 {
		if err := w.s.store.Fail(t.Context(), "user:"+ann.id, w.now()); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(24 * time.Hour)
	known, stranger := try{"user:" + ann.id, ann.id, "127.0.0.1"}, try{"user:" + ann.id, ann.id, "192.0.2.1"}
	if err := w.s.mayTry(t.Context(), known); err != nil {
		t.Errorf("a known address: %v", err)
	}
	if err := w.s.mayTry(t.Context(), stranger); wire.AsError(err) == nil || wire.AsError(err).Code != wire.ErrSlowDown.Code {
		t.Errorf("an unknown address: %v", err)
	}
	w.signIn(ann.email)
	if err := w.s.mayTry(t.Context(), stranger); err != nil {
		t.Errorf("after a success: %v", err)
	}
}

func TestSignupsAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.SignupBurst, c.Limits.SignupEvery = 3, time.Minute })
	signup := func(i int) reply {
		name := fmt.Sprint("user", i)
		return w.do("POST", "/api/signup", wire.Signup{Username: name, Email: name + "@example.com", Password: goodPassword})
	}
	for i := range 3 {
		if r := signup(i); r.status != http.StatusCreated {
			t.Fatalf("signup %d: %d", i, r.status)
		}
	}
	r := signup(3)
	r.refused(t, wire.ErrSlowDown)
	if retryAfter(t, r) != 60 {
		t.Errorf("Retry-After %s", r.header.Get("Retry-After"))
	}
	w.pass(time.Minute)
	if r := signup(4); r.status != http.StatusCreated {
		t.Errorf("a minute later: %d", r.status)
	}
}

func TestNetwork(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "nonsense": "nonsense",
	} {
		if got := network(ip); got != want {
			t.Errorf("%s is of %s, want %s", ip, got, want)
		}
	}
	if a := tryOf("x@example.com", store.User{}, "192.0.2.1").account; a != "email:x@example.com" {
		t.Errorf("nobody's account is %q", a)
	}
}
