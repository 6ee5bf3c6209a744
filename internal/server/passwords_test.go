package server

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

func TestHashes(t *testing.T) {
	p := newPasswords(cost{memory: 64, time: 1, threads: 1})
	a := strings.Repeat("x", 99)
	phc := p.hash(a + "1")
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=64,t=1,p=1$") || phc == p.hash(a+"1") {
		t.Errorf("%s", phc)
	}
	if p.matches(p.decoy, "") || p.outdated(p.decoy) || len(p.decoy) != len(phc) {
		t.Errorf("a decoy that does not look like %s: %s", phc, p.decoy)
	}
	if !p.matches(phc, a+"1") || p.matches(phc, a+"2") || p.matches(phc, a) || p.matches("", "") || p.matches("$argon2id$v=19$m=64,t=1,p=1$$", "") {
		t.Error("the check is wrong")
	}
}

func TestParametersOfTheFieldAreUsed(t *testing.T) {
	for _, c := range []cost{lowCost, highCost} {
		if n := uint64(c.memory) * uint64(c.time); n < 19456*2 || c.threads != 1 {
			t.Errorf("%+v is too weak", c)
		}
	}
	if c := strongest(); c != lowCost && c != highCost {
		t.Errorf("%+v", c)
	}
}

func TestRehashWhenTheParametersRise(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	stored := func() string {
		u, err := w.s.store.UserByEmail(t.Context(), ann.email)
		if err != nil {
			t.Fatal(err)
		}
		return u.PasswordHash
	}
	before := stored()
	w.signIn(ann.email)
	if stored() != before {
		t.Error("rehashed for nothing")
	}
	w.s.passwords = newPasswords(cost{memory: 128, time: 1, threads: 1})
	w.signIn(ann.email)
	if !strings.Contains(stored(), "m=128") {
		t.Errorf("still %s", stored())
	}
	w.s.passwords = newPasswords(cost{memory: 64, time: 1, threads: 1})
	w.signIn(ann.email)
	if !strings.Contains(stored(), "m=128") {
		t.Error("made weaker")
	}
	if r := w.do("GET", "/api/profile", nil, bearer(ann.token)); r.status != 200 {
		t.Errorf("a rehash ended the login: %d", r.status)
	}
}

func TestHashesWaitTheirTurnForSoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &passwords{slots: make(chan struct{}, 1)}
		release := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = p.turn(t.Context(), func() error { <-release; return nil })
		})
		synctest.Wait()

		began := time.Now()
		err := p.turn(t.Context(), func() error { t.Error("two at once"); return nil })
		var retry retryError
		if !errors.Is(err, wire.ErrUnavailable) || !errors.As(err, &retry) || retry.after != time.Second || time.Since(began) != hashPatience {
			t.Errorf("%v after %v", err, time.Since(began))
		}

		for range hashQueue {
			wg.Go(func() { _ = p.turn(t.Context(), func() error { return nil }) })
		}
		synctest.Wait()
		began = time.Now()
		if err := p.turn(t.Context(), func() error { return nil }); !errors.Is(err, wire.ErrUnavailable) || time.Since(began) != 0 {
			t.Errorf("a queue that is full: %v after %v", err, time.Since(began))
		}
		close(release)
		wg.Wait()

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		p.slots <- struct{}{}
		if err := p.turn(gone, func() error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("the client has gone: %v", err)
		}
	})
}
