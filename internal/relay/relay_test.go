package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"vsay/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *Relay { return New(slog.New(slog.DiscardHandler)) }

// bubble runs a test in which time is fake, with a relay that is empty at its end.
func bubble(t *testing.T, do func(t *testing.T, r *Relay)) {
	synctest.Test(t, func(t *testing.T) {
		r := quiet()
		do(t, r)
		r.Shutdown(t.Context())
		synctest.Wait()
		if len(r.open)+len(r.agents)+len(r.sessions)+len(r.arrived)+len(r.views) > 0 {
			t.Errorf("left behind: %d open, %d agents, %d sessions, %d awaited, %d watched",
				len(r.open), len(r.agents), len(r.sessions), len(r.arrived), len(r.views))
		}
	})
}

// far is the machine's end of a link, and how the relay's end of it ended.
type far struct {
	*wire.Conn
	served chan error
}

// holder links a session.
func holder(t *testing.T, r *Relay, session string, who Who) *far {
	near, end := wire.Pipe()
	h := &far{end, make(chan error, 1)}
	go func() {
		err := r.ServeHolder(t.Context(), who, session, near, HolderEvents{
			Joined: func() error { return nil },
			Ended:  func(wire.Exit) error { return nil },
		})
		near.Close(wire.AsError(err)) // as the server does
		h.served <- err
	}()
	synctest.Wait()
	return h
}

// frames reads a link until it ends.
func (h *far) frames(t *testing.T) <-chan wire.Frame {
	ch := make(chan wire.Frame, 1000)
	go func() {
		defer close(ch)
		defer h.CloseNow()
		for {
			f, err := h.Read(t.Context())
			if err != nil {
				return
			}
			f.Payload = append([]byte(nil), f.Payload...)
			ch <- f
		}
	}()
	return ch
}

func (h *far) send(t *testing.T, fs ...wire.Frame) {
	t.Helper()
	for _, f := range fs {
		if err := h.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
}

// watch joins a viewer to a session that has a link.
func watch(t *testing.T, r *Relay, session string, who Who) *View {
	t.Helper()
	v := r.Watch(session, who, wire.Viewer{Username: who.UserID}, func(*wire.Error) {})
	if err := v.Connect(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.leave(v.entry) })
	return v
}

func output(stream uint32, at int, p string) wire.Frame {
	return wire.Frame{Kind: wire.KindOutput, Stream: stream, Offset: uint64(at), Payload: []byte(p)}
}

func opened(stream uint32) wire.Frame { return wire.Frame{Kind: wire.KindOpened, Stream: stream} }

func TestFramesGoToTheirViewer(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		h := holder(t, r, "s", Who{})
		got := h.frames(t)
		a, b := watch(t, r, "s", Who{UserID: "ann"}), watch(t, r, "s", Who{UserID: "bob"})
		h.send(t, output(b.stream, 0, "for bob"), output(99, 0, "for nobody"), output(a.stream, 0, "for ann"))
		for v, want := range map[*View]string{a: "for ann", b: "for bob"} {
			f, err := v.Recv(t.Context())
			if err != nil || string(f.Payload) != want {
				t.Errorf("got %q, %v; want %q", f.Payload, err, want)
			}
			if err := v.Send(t.Context(), wire.Frame{Kind: wire.KindInput, Stream: 77, Payload: []byte(want)}); err != nil {
				t.Error(err)
			}
			if f := <-got; f.Stream != v.stream || string(f.Payload) != want {
				t.Errorf("the holder got %q on %d", f.Payload, f.Stream)
			}
		}
		a.Leave(t.Context(), nil)
		b.Leave(t.Context(), wire.ErrLinkLost)
		if f := <-got; f.Kind != wire.KindClose || len(f.Payload) > 0 {
			t.Errorf("of one that left the holder heard %v %q", f.Kind, f.Payload)
		}
		if f := <-got; f.Kind != wire.KindClose || len(f.Payload) == 0 {
			t.Errorf("of one that broke off the holder heard %v %q", f.Kind, f.Payload)
		}
	})
}

func TestNewestHolderLinkWins(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		old := holder(t, r, "s", Who{})
		v := watch(t, r, "s", Who{})
		newer := holder(t, r, "s", Who{})
		newer.frames(t)
		if _, err := v.Recv(t.Context()); !errors.Is(err, wire.ErrLinkLost) {
			t.Errorf("a viewer of the old link is told %v", err)
		}
		if err := v.Send(t.Context(), wire.Frame{Kind: wire.KindInput}); !errors.Is(err, wire.ErrLinkLost) {
			t.Errorf("and may type: %v", err)
		}
		if _, err := old.Read(t.Context()); !errors.Is(err, wire.ErrStolen) {
			t.Errorf("the old link was closed with %v", err)
		}
		if err := <-old.served; err == nil {
			t.Error("the old link ended well")
		}
		again := watch(t, r, "s", Who{})
		newer.send(t, output(again.stream, 0, "x"))
		if f, err := again.Recv(t.Context()); err != nil || string(f.Payload) != "x" {
			t.Errorf("the new link brought %q, %v", f.Payload, err)
		}
		v.Leave(t.Context(), nil)
		again.Leave(t.Context(), nil)
	})
}

func TestNothingPassesAfterACut(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		h := holder(t, r, "s", Who{})
		got := h.frames(t)
		why := make(chan *wire.Error, 1)
		v := r.Watch("s", Who{UserID: "ann"}, wire.Viewer{}, func(e *wire.Error) { why <- e })
		if err := v.Connect(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		other := watch(t, r, "s", Who{UserID: "bob"})
		h.send(t, opened(v.stream), output(v.stream, 0, "secret"), output(other.stream, 0, "x"))
		r.Cut(wire.ErrReauth, func(w Who) bool { return w.UserID == "ann" })
		if f, err := v.Recv(t.Context()); !errors.Is(err, wire.ErrReauth) {
			t.Errorf("a viewer that was cut off reads %q, %v", f.Payload, err)
		}
		if err := v.Send(t.Context(), wire.Frame{Kind: wire.KindInput, Payload: []byte("x")}); !errors.Is(err, wire.ErrReauth) {
			t.Errorf("and types: %v", err)
		}
		if e := <-why; !errors.Is(e, wire.ErrReauth) {
			t.Errorf("and is told %v", e)
		}
		if f, err := other.Recv(t.Context()); err != nil || string(f.Payload) != "x" {
			t.Errorf("the other viewer reads %q, %v", f.Payload, err)
		}
		v.Leave(t.Context(), nil)
		other.Leave(t.Context(), nil)
		if f := <-got; f.Kind != wire.KindClose {
			t.Errorf("the holder heard %v", f.Kind)
		}
	})
}

func TestHolderThatWasCutIsNotHeard(t *testing.T) {
	for why, told := range map[*wire.Error]*wire.Error{wire.ErrUnauthed: wire.ErrLinkLost, wire.ErrGone: wire.ErrGone} {
		bubble(t, func(t *testing.T, r *Relay) {
			h := holder(t, r, "s", Who{AgentID: "box"})
			v := watch(t, r, "s", Who{})
			r.Cut(why, func(w Who) bool { return w.AgentID == "box" })
			if err := v.Send(t.Context(), wire.Frame{Kind: wire.KindInput}); err == nil {
				t.Error("a key went to a machine that was cut off")
			}
			_ = h.Write(t.Context(), output(v.stream, 0, "x"))
			if _, err := h.Read(t.Context()); !errors.Is(err, why) {
				t.Errorf("its link was closed with %v", err)
			}
			if f, err := v.Recv(t.Context()); !errors.Is(err, told) {
				t.Errorf("its viewer reads %q, %v", f.Payload, err)
			}
			v.Leave(t.Context(), nil)
		})
	}
}

func TestSlowViewerDelaysNobody(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		h := holder(t, r, "s", Who{})
		h.frames(t)
		slow, quick := watch(t, r, "s", Who{}), watch(t, r, "s", Who{})
		chunk := string(make([]byte, wire.MaxPayload))
		for n := range 100 {
			h.send(t, output(slow.stream, n*len(chunk), chunk), output(quick.stream, n*len(chunk), chunk))
			if f, err := quick.Recv(t.Context()); err != nil || f.Offset != uint64(n*len(chunk)) {
				t.Fatalf("frame %d: at %d, %v", n, f.Offset, err)
			}
		}
		if slow.queue.bytes < 100*len(chunk) {
			t.Errorf("%d bytes wait for the slow one", slow.queue.bytes)
		}
		slow.Leave(t.Context(), nil)
		quick.Leave(t.Context(), nil)
	})
}

func TestQueueOfAViewerIsBounded(t *testing.T) {
	for name, f := range map[string]wire.Frame{
		"large frames":   {Kind: wire.KindOutput, Payload: make([]byte, wire.MaxPayload)},
		"empty frames":   {Kind: wire.KindScreen},
		"unknown frames": {Kind: 0xee, Payload: []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			r := quiet()
			v := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
			for range 2 * maxQueued / frameCost {
				v.push(f)
				if v.queue.bytes > maxQueued {
					t.Fatalf("%d bytes are kept", v.queue.bytes)
				}
			}
			if _, err := v.Recv(t.Context()); !errors.Is(err, wire.ErrLinkLost) {
				t.Errorf("the viewer is told %v", err)
			}
			if !v.queue.empty() || v.queue.frames != nil {
				t.Error("the queue of one that is gone is kept")
			}
		})
	}
}

func TestBytesThatComeOneByOneAreJoined(t *testing.T) {
	r := quiet()
	v := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
	const n = 200_000
	for i := range n {
		v.push(output(1, i, string(rune('a'+i%26))))
	}
	if len(v.queue.frames) > n/wire.MaxPayload+1 {
		t.Errorf("%d bytes wait in %d frames", n, len(v.queue.frames))
	}
	for at := 0; at < n; {
		f, err := v.Recv(t.Context())
		if err != nil || f.Offset != uint64(at) {
			t.Fatalf("at %d: %d, %v", at, f.Offset, err)
		}
		for i, b := range f.Payload {
			if b != byte('a'+(at+i)%26) {
				t.Fatalf("the byte at %d is %q", at+i, b)
			}
		}
		at += len(f.Payload)
	}
}

func TestQueueKeepsOrderAndForgets(t *testing.T) {
	var q queue
	in, out := 0, 0
	for round := range 5000 {
		for range round % 7 {
			q.push(wire.Frame{Kind: wire.KindScreen, Offset: uint64(in)})
			in++
		}
		for range round % 5 {
			if q.empty() {
				break
			}
			if f := q.pop(); f.Offset != uint64(out) {
				t.Fatalf("got %d, want %d", f.Offset, out)
			}
			out++
		}
		if left := in - out; len(q.frames) > 2*left+64 || q.bytes != left*frameCost {
			t.Fatalf("%d wait, %d are kept, %d bytes", left, len(q.frames), q.bytes)
		}
	}
}

func TestAcksOvertakeOutputButNotTheAnswer(t *testing.T) {
	r := quiet()
	v := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
	for _, f := range []wire.Frame{opened(1), output(1, 0, "x"), wire.AckFrame(1, 1, 10), wire.AckFrame(1, 2, 10)} {
		v.push(f)
	}
	for _, want := range []string{"2 0", "9 2", "7 0"} {
		f, err := v.Recv(t.Context())
		if got := fmt.Sprint(int(f.Kind), f.Offset); got != want || err != nil {
			t.Errorf("got frame %s, %v; want %s", got, err, want)
		}
	}
}

func TestConnectWaitsForTheLink(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		var calls int
		done := make(chan error, 2)
		views := make([]*View, 2)
		for i := range views {
			views[i] = r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
			go func() {
				done <- views[i].Connect(t.Context(), func(context.Context) error { calls++; return nil })
			}()
			synctest.Wait()
		}
		holder(t, r, "s", Who{}).frames(t)
		for range views {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if calls != 2 {
			t.Errorf("the holder was called %d times", calls)
		}
		for _, v := range views {
			v.Leave(t.Context(), nil)
		}
	})
}

func TestConnectGivesUp(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		offline := func(context.Context) error { return wire.ErrOffline }
		called := func(context.Context) error { return nil }
		for _, c := range []struct {
			call func(context.Context) error
			want *wire.Error
		}{{nil, wire.ErrUnavailable}, {called, wire.ErrUnavailable}, {offline, wire.ErrOffline}} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			v := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
			if err := v.Connect(ctx, c.call); !errors.Is(err, c.want) {
				t.Errorf("it ended with %v, want %v", err, c.want)
			}
			v.Leave(ctx, nil)
			cancel()
			if len(r.arrived) > 0 {
				t.Error("somebody is still awaited")
			}
		}
	})
}

func TestOneThatGivesUpDoesNotTakeOthersAlong(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		patient := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
		done := make(chan error, 1)
		go func() { done <- patient.Connect(t.Context(), nil) }()
		synctest.Wait()
		hasty := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := hasty.Connect(ctx, nil); !errors.Is(err, wire.ErrUnavailable) {
			t.Errorf("it ended with %v", err)
		}
		hasty.Leave(ctx, nil)
		holder(t, r, "s", Who{}).frames(t)
		if err := <-done; err != nil {
			t.Error(err)
		}
		patient.Leave(t.Context(), nil)
	})
}

func TestStealLeavesTheOthersOut(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		holder(t, r, "s", Who{}).frames(t)
		a, b := watch(t, r, "s", Who{UserID: "a"}), watch(t, r, "s", Who{UserID: "b"})
		b.Steal()
		if _, err := a.Recv(t.Context()); !errors.Is(err, wire.ErrStolen) {
			t.Errorf("the other one is told %v", err)
		}
		if err := b.Send(t.Context(), wire.Frame{Kind: wire.KindInput}); err != nil {
			t.Errorf("the thief cannot type: %v", err)
		}
		a.Leave(t.Context(), nil)
		b.Leave(t.Context(), nil)
	})
}

func TestShutdownWaitsForEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := quiet()
		v := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		time.AfterFunc(time.Second, func() { v.Leave(t.Context(), nil) })
		if r.Shutdown(ctx); time.Since(began) != time.Second {
			t.Errorf("it took %v", time.Since(began))
		}
		r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
		began = time.Now()
		if r.Shutdown(ctx); time.Since(began) != time.Minute-time.Second {
			t.Errorf("one that stays held it up for %v", time.Since(began))
		}
	})
}

// A holder whose link broke under a viewer dials by itself. It may be there before
// its agent is, which would have to call it.
func TestHolderMayComeBeforeItsCallIsHeard(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		v := r.Watch("s", Who{}, wire.Viewer{}, func(*wire.Error) {})
		t.Cleanup(func() { r.leave(v.entry) })
		connected := make(chan error, 1)
		go func() {
			connected <- v.Connect(t.Context(), func(ctx context.Context) error {
				<-ctx.Done() // the agent is not there
				return ctx.Err()
			})
		}()
		synctest.Wait()
		holder(t, r, "s", Who{}).frames(t)
		if err := <-connected; err != nil {
			t.Errorf("the viewer was not joined: %v", err)
		}
		v.Leave(t.Context(), nil)
	})
}

func TestMachineIsAwaited(t *testing.T) {
	bubble(t, func(t *testing.T, r *Relay) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if r.AwaitMachine(ctx, "m") || time.Since(began) != time.Second {
			t.Errorf("a machine that did not come was waited for %s", time.Since(began))
		}
		came, agentCame := make(chan bool, 1), make(chan bool, 1)
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go func() { came <- r.AwaitMachine(ctx, "m") }()
		go func() { agentCame <- r.AwaitAgent(ctx, "m") }()
		synctest.Wait()
		holder(t, r, "s", Who{AgentID: "m"}).frames(t)
		if !<-came {
			t.Error("a link of one of its sessions is no machine")
		}
		synctest.Wait()
		select {
		case <-agentCame:
			t.Error("a session's link was taken for the agent")
		default:
		}
		cancel()
		if <-agentCame {
			t.Error("there was no agent")
		}
	})
}
