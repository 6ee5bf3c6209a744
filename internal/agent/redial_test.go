//go:build unix

package agent

import (
	"testing"
	"time"
)

func TestRedial(t *testing.T) {
	now := time.Now()
	r := newRedial(now)
	fails := func(took time.Duration) time.Duration {
		began := now
		now = now.Add(took)
		return r.most(began, now, false)
	}
	lives := func(long time.Duration) time.Duration {
		began := now
		now = now.Add(long)
		return r.most(began, now, true)
	}
	var longest time.Duration
	for range 11 {
		longest = max(longest, fails(5*time.Second))
	}
	if longest != earlyWait {
		t.Errorf("in the first minute without the server it waits %s, want %s", longest, earlyWait)
	}
	for range 10 {
		longest = max(longest, fails(5*time.Second))
	}
	if longest != maxWait {
		t.Errorf("after that it waits %s, want %s", longest, maxWait)
	}
	// A minute without the server begins anew with every link, so that a machine
	// whose network comes and goes is there when it comes.
	if got := lives(30 * time.Second); got != earlyWait {
		t.Errorf("after half a minute with the server it waits %s, want %s", got, earlyWait)
	}
	if got := fails(dialWithin); got != earlyWait {
		t.Errorf("half a minute later it waits %s, want %s", got, earlyWait)
	}
	if got := fails(dialWithin); got != maxWait {
		t.Errorf("a minute later it waits %s, want %s", got, maxWait)
	}
	if got := lives(healthy + time.Second); got != minWait {
		t.Errorf("after a healthy link it waits %s, want %s", got, minWait)
	}
}
