package relay

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

// looking links an agent that says it answers Look, or one that is too old to.
func looking(t *testing.T, r *Relay, looks bool) (a *far, asked <-chan wire.Frame) {
	near, end := wire.Pipe()
	a = &far{end, make(chan error, 1)}
	go func() {
		err := r.ServeAgent(t.Context(), Who{AgentID: "box"}, near, AgentEvents{Hello: func(wire.Hello) error { return nil }})
		near.Close(wire.AsError(err))
		a.served <- err
	}()
	a.send(t, wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(wire.Hello{Looks: looks})})
	synctest.Wait()
	return a, a.frames(t)
}

func TestLookGetsWhatTheAgentSays(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		a, asked := looking(t, r, true)
		want := []wire.State{{Session: "s1", Idle: 3, Foreground: "vi", Title: "notes", Cols: 80, Rows: 24}, {Session: "s2"}}
		var got []wire.State
		answered := make(chan error)
		go func() {
			var err error
			got, err = r.Look(t.Context(), "box", []string{"s1", "s2"})
			answered <- err
		}()
		f := <-asked
		var q wire.Look
		if err := wire.Decode(f.Payload, &q); f.Kind != wire.KindLook || err != nil || !reflect.DeepEqual(q.Sessions, []string{"s1", "s2"}) {
			t.Errorf("asked %x %s, %v", f.Kind, f.Payload, err)
		}
		a.send(t, wire.Frame{Kind: wire.KindReply, Stream: f.Stream, Payload: wire.Encode(wire.Reply{States: want})})
		if err := <-answered; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// An agent from before there was Look would not answer: everybody would wait for
// as long as they may.
func TestOldAgentIsNotAskedToLook(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		_, asked := looking(t, r, false)
		began := time.Now()
		if _, err := r.Look(t.Context(), "box", []string{"s1"}); !errors.Is(err, wire.ErrUnavailable) || time.Since(began) > 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		synctest.Wait()
		if len(asked) > 0 {
			t.Errorf("it was asked %x", (<-asked).Kind)
		}
		if _, err := r.Look(t.Context(), "nowhere", nil); !errors.Is(err, wire.ErrOffline) {
			t.Errorf("of a machine that is offline: %v", err)
		}
	})
}

func TestLookDoesNotWaitForEver(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		looking(t, r, true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := r.Look(ctx, "box", []string{"s1"}); !errors.Is(err, wire.ErrUnavailable) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
