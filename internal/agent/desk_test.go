//go:build unix

package agent

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"vsay/internal/wire"
)

// A server that sends orders without end has as many of them done at once as there
// are turns, and the rest refused.
func TestOrdersAreBounded(t *testing.T) {
	d := newDesk(2, 3)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var taken, working atomic.Int32
	began, hold, done := make(chan struct{}, 100), make(chan struct{}), make(chan struct{}, 100)
	for range 100 {
		if d.take(ctx, func() {
			working.Add(1)
			began <- struct{}{}
			<-hold
			done <- struct{}{}
		}) {
			taken.Add(1)
		}
	}
	<-began
	<-began
	if taken.Load() != 5 || working.Load() != 2 {
		t.Errorf("%d were taken, %d are at work", taken.Load(), working.Load())
	}
	close(hold)
	for range taken.Load() {
		<-done
	}
	for !d.take(ctx, func() {}) { // the last one lets go of its place just now
		continue
	}
}

// What a server calls a machine is written into a file and a header: only what looks
// like it is.
func TestWordsOfTheServerHaveAShape(t *testing.T) {
	for _, bad := range []string{"", "a.b", "a\nb", "../x", "ä", "a b", strings.Repeat("a", 65)} {
		if shaped(bad, 64) {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, good := range []string{"0123456789abcdef0123456789abcdef", "AAAAAGkh_-"} {
		if !shaped(good, 64) {
			t.Errorf("%q is refused", good)
		}
	}
	id, err := openIdentity(t.TempDir(), "https://vsay.example.com")
	if err != nil {
		t.Fatal(err)
	}
	defer id.Close()
	if err := id.enrolled(wire.Enrolled{AgentID: "x\"}\n", Name: "box"}); !errors.Is(err, wire.ErrProtocol) || id.AgentID != "" {
		t.Errorf("%v, and the machine is %q", err, id.AgentID)
	}
	if err := id.enrolled(wire.Enrolled{AgentID: "x", Name: "\x1b[2J"}); !errors.Is(err, wire.ErrProtocol) || id.Name != "" {
		t.Errorf("%v, and the machine is called %q", err, id.Name)
	}
	if _, err := id.answer("vsay.example.com", "a\nb"); !errors.Is(err, wire.ErrProtocol) || id.Counter != 0 {
		t.Errorf("%v, and the counter is %d", err, id.Counter)
	}
}
