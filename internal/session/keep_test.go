//go:build linux

package session

import (
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

func keeper(t *testing.T, orphan, ttl time.Duration) *holder {
	t.Helper()
	c := Config{Session: "s1", Server: "http://127.0.0.1:1", TTL: ttl.Seconds()}
	c.Run.Orphan = wire.Seconds(orphan.Seconds())
	h, err := newHolder(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestLifeWithoutViewers(t *testing.T) {
	for _, tc := range []struct{ orphan, ttl, brokeOff, left time.Duration }{
		{0, 72 * time.Hour, 72 * time.Hour, 72 * time.Hour},
		{2 * time.Hour, 72 * time.Hour, 2 * time.Hour, 72 * time.Hour},
		{100 * time.Hour, 72 * time.Hour, 72 * time.Hour, 72 * time.Hour}, // the server's word is the last
		{time.Hour, 0, time.Hour, 0},
		{1 << 62, time.Hour, time.Hour, time.Hour},
	} {
		h := keeper(t, tc.orphan, tc.ttl)
		if a, b := h.lifetime(true), h.lifetime(false); a != tc.brokeOff || b != tc.left {
			t.Errorf("%v, %v: it lives for %v, and %v when it was left", tc.orphan, tc.ttl, a, b)
		}
	}
}

// The end of a program is kept for a viewer who broke off, and for a server that
// is away: longer, since nobody else would ever know.
func TestEndIsKept(t *testing.T) {
	for _, tc := range []struct {
		name         string
		orphan, kept time.Duration
		written      bool
	}{
		{"for a viewer", 0, keepExit, true},
		{"for a viewer of a command", time.Hour, time.Hour, true},
		{"for a viewer who wants too much", 9 * time.Hour, keepExit, true},
		{"for the server", time.Hour, 72 * time.Hour, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := keeper(t, tc.orphan, 72*time.Hour)
				h.change(func() {
					h.known, h.written = true, tc.written
					h.core.Take(wire.Frame{Kind: wire.KindOpen, Stream: 1, Payload: wire.Encode(wire.Open{Attachment: "a", New: true})})
					h.core.Drop()
					h.core.Exited(wire.Exit{})
				})
				began := time.Now()
				h.untilDelivered()
				if kept := time.Since(began); kept != tc.kept {
					t.Errorf("it was kept for %v", kept)
				}
			})
		})
	}
}

// A session whose end only the server waits for does not knock all the time.
func TestIdleRedial(t *testing.T) {
	now := time.Now()
	p := pauses{lost: now, idle: true}
	if d := p.next(now); d > earlyRedial {
		t.Errorf("at first it waits for %v", d)
	}
	now = now.Add(early)
	for range 20 {
		if d := p.next(now); d > idleRedial {
			t.Fatalf("it waits for %v", d)
		}
	}
	if d := p.next(now); d != idleRedial {
		t.Errorf("in the end it waits for %v", d)
	}
}
