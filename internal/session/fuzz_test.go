package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"vsay/internal/wire"
)

// FuzzTake lets a hostile end send whatever it likes, on any stream but the
// first. The viewer there gets every byte, and what the session keeps is bounded.
func FuzzTake(f *testing.F) {
	attack := func(frames ...wire.Frame) (script []byte) {
		for _, fr := range frames {
			b := wire.AppendFrame(nil, fr)
			script = append(binary.BigEndian.AppendUint16(script, uint16(len(b))), b...)
		}
		return script
	}
	open := func(stream uint32, o wire.Open) wire.Frame {
		return wire.Frame{Kind: wire.KindOpen, Stream: stream, Payload: wire.Encode(o)}
	}
	end := uint64(math.MaxUint64)
	f.Add(false, attack(open(2, wire.Open{Attachment: "x", Window: math.MaxUint32}), wire.AckFrame(2, 3, 100), wire.AckFrame(2, end, 100)))
	f.Add(true, attack(open(2, wire.Open{Attachment: "x", OutputFrom: &end}), open(2, wire.Open{Attachment: "x"}), open(3, wire.Open{Attachment: "x"})))
	f.Add(false, attack(open(7, wire.Open{Attachment: "x", ReadOnly: true}), wire.ResizeFrame(7, 65535, 65535), wire.Frame{Kind: wire.KindInput, Stream: 7, Payload: []byte("x")}))
	f.Add(true, attack(open(2, wire.Open{Attachment: "x"}), wire.Frame{Kind: wire.KindInput, Stream: 2, Payload: []byte("x")}, wire.Frame{Kind: wire.KindInputEnd, Stream: 2, Offset: 1}, wire.Frame{Kind: wire.KindClose, Stream: 2}))
	box := wire.Open{Version: wire.ScreenAcks, Attachment: "x", Cols: 9, Rows: 3, Window: 100}
	f.Add(false, attack(open(2, box), wire.AckFrame(2, 0, 0), wire.ResizeFrame(2, 65535, 65535), wire.AckFrame(2, 7, 0), wire.ResizeFrame(2, 1, 1), wire.AckFrame(2, 30, 0), open(2, box)))
	f.Fuzz(func(t *testing.T, pipe bool, script []byte) {
		c := NewCore("s", "1", pipe, 80, 24)
		c.out.limit = 2048
		good := &witness{t: t, core: c, progress: wire.NewProgress()}
		good.open()
		for n := 0; n < 500 && len(script) >= 2; n++ {
			size := min(int(binary.BigEndian.Uint16(script)), len(script)-2)
			fr, err := wire.ParseFrame(script[2 : 2+size])
			script = script[2+size:]
			if err == nil && fr.Stream != 1 {
				c.Take(fr)
			}
			good.turn(n)
			bounded(t, c)
		}
		good.turn(0)
	})
}

// bounded holds what a session keeps for its viewers.
func bounded(t *testing.T, c *Core) {
	kept := 0
	for _, k := range c.keys {
		kept += len(k.p)
	}
	if len(c.lanes) > 2*maxLanes || len(c.viewers) > maxViewers || len(c.order) != len(c.lanes) || kept > maxViewers*pipeWindow || len(c.keys) > 600 {
		t.Fatalf("%d lanes, %d viewers, %d keys in %d pieces", len(c.lanes), len(c.viewers), kept, len(c.keys))
	}
	if c.Size(); c.Room() < 0 {
		t.Fatal("less than no room")
	}
}

// witness is the viewer on stream 1, which keeps to the rules, and the program.
type witness struct {
	t        *testing.T
	core     *Core
	progress *wire.Progress
	out      []byte
}

func (w *witness) open() {
	w.core.Take(wire.Frame{Kind: wire.KindOpen, Stream: 1, Payload: wire.Encode(w.progress.Ask(wire.Open{UserID: "good"}))})
}

// turn prints a little, and the witness sees it. Others read what they are sent
// only now and then.
func (w *witness) turn(n int) {
	p := bytes.Repeat([]byte{byte(n)}, min(w.core.Room(), 1+n%50))
	w.core.Output(p, false)
	w.out = append(w.out, p...)
	if k, ok := w.core.Keys(); ok && n%3 == 0 {
		w.core.Typed(k)
	}
	for w.core.Due() {
		f, ok := w.core.Next(nil)
		if !ok {
			w.t.Fatal("due, and there is nothing")
		}
		if f.Stream == 1 {
			w.see(f)
		}
	}
	if got := w.progress.Position(); got != uint64(len(w.out)) {
		w.t.Fatalf("the witness is at %d of %d", got, len(w.out))
	}
}

func (w *witness) see(f wire.Frame) {
	switch f.Kind {
	case wire.KindOpened:
		var o wire.Opened
		if err := errors.Join(wire.Decode(f.Payload, &o), w.progress.Opened(o, f.Offset)); err != nil {
			w.t.Fatal(err)
		}
	case wire.KindOutput:
		fresh, err := w.progress.Output(f)
		at := w.progress.Position()
		if err != nil || !bytes.Equal(fresh, w.out[at:at+uint64(len(fresh))]) {
			w.t.Fatalf("the witness was sent something else, or %v", err)
		}
		w.progress.Drawn(len(fresh))
		if ack, ok := w.progress.Ack(1, true); ok {
			w.core.Take(ack)
		}
	default:
		w.t.Fatalf("the witness was sent %v: %s", f.Kind, f.Payload)
	}
}
