package relay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"vsay/internal/wire"
)

// road is a client's link that has room when the test says so.
type road struct {
	mu    sync.Mutex
	roomy bool
	got   []wire.Frame
}

func (r *road) Roomy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.roomy
}

func (r *road) Write(_ context.Context, f wire.Frame) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.Payload = append([]byte(nil), f.Payload...)
	r.got = append(r.got, f)
	return nil
}

func TestStraightOvertakesNothing(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		v := &View{entry: &entry{}, wake: make(chan struct{}, 1)}
		way := &road{}
		v.Straight(way, 7)
		v.push(opened(1))
		var held []wire.Frame // handed out by Recv and not written yet
		straight := 0
		recv := func() {
			for _, f := range held {
				f.Stream = 7
				_ = way.Write(t.Context(), f)
			}
			held = nil
			v.mu.Lock()
			waits := !v.queue.empty() || v.ack != nil
			v.handed = false // as Recv begins
			v.mu.Unlock()
			if waits {
				f, err := v.Recv(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				held = append(held, f)
			}
		}
		at := 0
		for range 200 {
			switch rng.IntN(3) {
			case 0:
				recv()
			case 1:
				way.mu.Lock()
				way.roomy = rng.IntN(2) == 0
				way.mu.Unlock()
			default:
				before := len(way.got)
				v.push(output(1, at, fmt.Sprint("x", at%10)))
				at += 2
				straight += len(way.got) - before
			}
		}
		recv()
		recv()
		for len(held) > 0 {
			recv()
		}
		next := 0
		for _, f := range way.got {
			if f.Stream != 7 {
				t.Fatalf("seed %d: a frame for stream %d", seed, f.Stream)
			}
			if f.Kind == wire.KindOutput {
				if int(f.Offset) != next {
					t.Fatalf("seed %d: output at %d, want %d", seed, f.Offset, next)
				}
				next += len(f.Payload)
			}
		}
		if next != at {
			t.Fatalf("seed %d: %d bytes came of %d", seed, next, at)
		}
		if straight == 0 {
			t.Fatalf("seed %d: nothing went straight", seed)
		}
	}
}

func TestNothingGoesStraightAfterACut(t *testing.T) {
	v := &View{entry: &entry{end: func(*wire.Error) {}}, wake: make(chan struct{}, 1), opened: true}
	way := &road{roomy: true}
	v.Straight(way, 7)
	v.push(output(1, 0, "a"))
	v.cut(wire.ErrUnauthed)
	v.push(output(1, 1, "b"))
	if len(way.got) != 1 {
		t.Fatalf("%d frames went straight, want the one before the cut", len(way.got))
	}
}
