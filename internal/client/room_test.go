package client

import (
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

// Who waits for room to type must not wait for ever when it is a new link's
// answer, and no Ack, that says everything was taken.
func TestRoomThatTheAnswerToOpenMakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		go func() { _, _ = s.att.Write(make([]byte, maxKept)) }()
		for got := 0; got < maxKept; {
			got += len(p.expect(wire.KindInput).Payload)
		}
		typed := make(chan struct{})
		go func() {
			defer close(typed)
			_, _ = s.att.Write([]byte("x"))
		}()
		synctest.Wait()
		p.CloseNow() // and its Acks with it
		p = <-s.peers
		p.open(maxKept)
		select {
		case <-typed:
		case <-time.After(time.Minute):
			t.Fatal("it waits for an Ack that will not come")
		}
		if f := p.expect(wire.KindInput); string(f.Payload) != "x" || f.Offset != maxKept {
			t.Errorf("typed %q at %d", f.Payload, f.Offset)
		}
		s.end(p, 0)
	})
}
