//go:build unix

package agent

import (
	"net/http"
	"testing"
	"time"

	"vsay/internal/wire"
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

// The server's own time is kept to, within reason; what every failure says, a second,
// is no such time.
func TestRedialKeepsToItsTurn(t *testing.T) {
	told := func(seconds string) error {
		return wire.Refused(&http.Response{
			StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {seconds}}, Body: http.NoBody,
		})
	}
	for _, c := range []struct {
		says        string
		least, most time.Duration
	}{
		{"17", 17 * time.Second, 18 * time.Second},
		{"1", 0, minWait},
		{"", 0, minWait},
		{"never", 0, minWait},
		{"-5", 0, minWait},
		{"99999999", maxWait, maxWait + minWait},
	} {
		now := time.Now()
		r := newRedial(now)
		if got := r.pause(now, now, told(c.says)); got < c.least || got > c.most {
			t.Errorf("told %q it waits %s, want %s to %s", c.says, got, c.least, c.most)
		}
	}
}
