package relay

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

// machine links an agent that has said hello.
func machine(t *testing.T, r *Relay, id string) *far {
	near, end := wire.Pipe()
	a := &far{end, make(chan error, 1)}
	go func() {
		err := r.ServeAgent(t.Context(), Who{AgentID: id}, near, AgentEvents{
			Hello: func(wire.Hello) error { return nil },
			Beat:  func(wire.Facts) {},
		})
		near.Close(wire.AsError(err)) // as the server does
		a.served <- err
	}()
	a.send(t, wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(wire.Hello{Name: id})})
	return a
}

func TestAskGetsItsOwnAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		a := machine(t, r, "box")
		asked := a.frames(t)
		answers := make([]chan error, 3)
		streams := make([]uint32, 3)
		for i := range answers {
			answers[i] = make(chan error, 1)
			go func() { answers[i] <- r.Ask(t.Context(), "box", wire.KindCall, wire.Call{Session: "s"}) }()
			streams[i] = (<-asked).Stream
		}
		for i, e := range []*wire.Error{wire.ErrGone, nil, wire.ErrInternal} {
			a.send(t, wire.Frame{Kind: wire.KindReply, Stream: streams[i], Payload: wire.Encode(wire.Reply{Error: e})})
			if err := <-answers[i]; e == nil && err != nil || e != nil && !errors.Is(err, e) {
				t.Errorf("question %d was answered with %v, want %v", i, err, e)
			}
		}
		a.send(t, wire.Frame{Kind: wire.KindReply, Stream: 999, Payload: wire.Encode(wire.Reply{})}) // to no question
	})
}

func TestAskDoesNotWaitForEver(t *testing.T) {
	for name, reads := range map[string]bool{"an agent that does not answer": true, "a link that is stuck": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *Relay) {
				a := machine(t, r, "box")
				if reads {
					a.frames(t)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				began := time.Now()
				err := r.Ask(ctx, "box", wire.KindCall, wire.Call{})
				if took := time.Since(began); !errors.Is(err, wire.ErrUnavailable) || took != 20*time.Second {
					t.Errorf("it ended with %v after %v", err, took)
				}
				if c := r.agent("box"); len(c.pending) > 0 {
					t.Error("the question is kept")
				}
				a.CloseNow()
			})
		})
	}
}

func TestAskEndsWithTheLink(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		a := machine(t, r, "box")
		asked := a.frames(t)
		done := make(chan error, 1)
		go func() { done <- r.Ask(t.Context(), "box", wire.KindCall, wire.Call{}) }()
		<-asked
		a.CloseNow()
		if err := <-done; !errors.Is(err, wire.ErrOffline) {
			t.Errorf("it ended with %v", err)
		}
		synctest.Wait()
		if err := r.Ask(t.Context(), "box", wire.KindCall, wire.Call{}); !errors.Is(err, wire.ErrOffline) {
			t.Errorf("without a link: %v", err)
		}
	})
}

func TestQuestionThatIsTooLargeLeavesTheLinkAlone(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		a := machine(t, r, "box")
		a.frames(t)
		long := wire.Start{Spec: wire.Spec{Command: []string{string(make([]byte, 2*wire.MaxPayload))}}}
		if err := r.Ask(t.Context(), "box", wire.KindStart, long); !errors.Is(err, wire.ErrTooLarge) {
			t.Errorf("it was answered with %v", err)
		}
		if !r.Reachable("box") {
			t.Error("the machine is offline now")
		}
	})
}

func TestNewestAgentLinkWins(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		old := machine(t, r, "box")
		newer := machine(t, r, "box")
		if _, err := old.Read(t.Context()); !errors.Is(err, wire.ErrStolen) {
			t.Errorf("the old link was closed with %v", err)
		}
		if err := <-old.served; err == nil {
			t.Error("the old link ended well")
		}
		asked := newer.frames(t)
		go func() { _ = r.Ask(t.Context(), "box", wire.KindCall, wire.Call{}) }()
		f := <-asked
		newer.send(t, wire.Frame{Kind: wire.KindReply, Stream: f.Stream, Payload: wire.Encode(wire.Reply{})})
		if !r.Reachable("box") {
			t.Error("the machine is offline with its new link up")
		}
	})
}

func TestAgentMustSayHelloFirst(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		near, end := wire.Pipe()
		defer near.CloseNow()
		defer end.CloseNow()
		go func() { _ = end.Write(t.Context(), wire.Frame{Kind: wire.KindBeat, Payload: []byte("{}")}) }()
		err := r.ServeAgent(t.Context(), Who{AgentID: "box"}, near, AgentEvents{})
		if !errors.Is(err, wire.ErrProtocol) || r.Reachable("box") {
			t.Errorf("it ended with %v", err)
		}
	})
}

// A link on which nobody says hello is in nobody's way, so it may not stay.
func TestAgentMustSayHelloSoon(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		near, end := wire.Pipe()
		defer near.CloseNow()
		defer end.CloseNow()
		go func() { _, _ = end.Read(context.Background()) }()
		served := make(chan error, 1)
		go func() { served <- r.ServeAgent(t.Context(), Who{AgentID: "box"}, near, AgentEvents{}) }()
		select {
		case err := <-served:
			if !errors.Is(err, wire.ErrProtocol) {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("it is still there")
		}
	})
}
