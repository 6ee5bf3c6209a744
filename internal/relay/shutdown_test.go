package relay

import (
	"testing"
	"time"

	"vsay/internal/wire"
)

func TestAgentsAreToldWhenToComeBack(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		said := []<-chan wire.Frame{machine(t, r, "one").frames(t), machine(t, r, "two").frames(t)}
		machine(t, r, "stuck") // nobody reads there
		awaitLoad(r, 3)
		began := time.Now()
		r.Shutdown(t.Context())
		if took := time.Since(began); took > 2*sayWithin {
			t.Errorf("one that does not listen holds all of them up for %s", took)
		}
		for _, frames := range said {
			var away *wire.GoAway
			for f := range frames {
				if f.Kind == wire.KindGoAway {
					away = new(wire.GoAway)
					if err := wire.Decode(f.Payload, away); err != nil {
						t.Error(err)
					}
				}
			}
			if away == nil || away.After < 0 || away.After.Duration() > backWithin {
				t.Errorf("an agent was told %v", away)
			}
		}
	})
}

// awaitLoad waits, in a bubble, until so many agents are connected.
func awaitLoad(r *Relay, machines int) {
	for r.Load().Machines < machines {
		<-time.After(time.Millisecond)
	}
}

func TestManyAgentsAreSpread(t *testing.T) {
	const agents = 10_000
	seconds := make([]int, agents/backASecond)
	for range agents {
		seconds[backAfter(agents)/time.Second]++ // one that is later than all of them panics
	}
	for second, n := range seconds {
		if n < backASecond/2 || n > 2*backASecond {
			t.Errorf("%d come in second %d, and it should be about %d", n, second, backASecond)
		}
	}
}
