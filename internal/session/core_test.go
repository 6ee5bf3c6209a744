package session

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"

	"vsay/internal/wire"
)

// seat opens a stream and gives the answers to it.
func seat(c *Core, stream uint32, o wire.Open) []wire.Frame {
	if o.Attachment == "" {
		o.Attachment = fmt.Sprint("viewer", stream)
	}
	c.Take(wire.Frame{Kind: wire.KindOpen, Stream: stream, Payload: wire.Encode(o)})
	return all(c)
}

// all is what is due, to anybody.
func all(c *Core) (fs []wire.Frame) {
	for {
		f, ok := c.Next(nil)
		if !ok {
			return fs
		}
		fs = append(fs, f)
	}
}

func kinds(fs []wire.Frame) (ks []wire.Kind) {
	for _, f := range fs {
		ks = append(ks, f.Kind)
	}
	return ks
}

// closedFor finds why a stream was closed; nil when it was not.
func closedFor(fs []wire.Frame, stream uint32) error {
	for _, f := range fs {
		if f.Kind == wire.KindClose && f.Stream == stream {
			var e wire.Error
			if wire.Decode(f.Payload, &e) == nil {
				return wire.Received(e.Code, e.Message, 0)
			}
		}
	}
	return nil
}

func TestViewersBeyondTheLimitAreRefused(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	for n := range uint32(3 * maxLanes) {
		why := closedFor(seat(c, n+1, wire.Open{Window: 1000}), n+1)
		if full := n >= maxLanes; full != errors.Is(why, wire.ErrSlowDown) {
			t.Fatalf("viewer %d: %v", n+1, why)
		}
	}
	if c.Viewers() != maxLanes {
		t.Fatalf("%d watch, want %d", c.Viewers(), maxLanes)
	}
}

func TestRefusalsThatNobodyReadsAreBounded(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	for n := range uint32(10000) {
		c.Take(wire.Frame{Kind: wire.KindOpen, Stream: n + 1, Payload: []byte("{")})
	}
	if n := len(c.lanes); n > 2*maxLanes {
		t.Fatalf("%d lanes are kept", n)
	}
}

func TestRuleBreakersAreClosedAlone(t *testing.T) {
	for name, f := range map[string]wire.Frame{
		"ack beyond the end":    wire.AckFrame(2, 11, 100),
		"ack of everything":     wire.AckFrame(2, math.MaxUint64, math.MaxUint32),
		"input with a hole":     {Kind: wire.KindInput, Stream: 2, Offset: 1, Payload: []byte("x")},
		"input at the very end": {Kind: wire.KindInput, Stream: 2, Offset: math.MaxUint64, Payload: []byte("x")},
		"input ends elsewhere":  {Kind: wire.KindInputEnd, Stream: 2, Offset: 5},
		"no size":               wire.ResizeFrame(2, 0, 1),
		"half a size":           {Kind: wire.KindResize, Stream: 2, Payload: []byte{0}},
	} {
		t.Run(name, func(t *testing.T) {
			c := NewCore("s", "1", false, 80, 24)
			seat(c, 1, wire.Open{Window: 1000})
			seat(c, 2, wire.Open{Window: 1000})
			c.Output([]byte("0123456789"), false)
			all(c)
			if act := c.Take(f); act != (Act{}) {
				t.Errorf("it did something: %+v", act)
			}
			answer := all(c)
			if why := closedFor(answer, 2); !errors.Is(why, wire.ErrProtocol) || len(answer) != 1 {
				t.Errorf("answered with %v: %v", kinds(answer), why)
			}
			c.Take(wire.AckFrame(2, 5, 100)) // what was on its way
			c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("ok")})
			if k, ok := c.Keys(); !ok || string(k.p) != "ok" || c.Viewers() != 1 {
				t.Errorf("the other viewer noticed: %q, %d watch", k.p, c.Viewers())
			}
		})
	}
}

func TestWatchersCannotType(t *testing.T) {
	for _, f := range []wire.Frame{
		{Kind: wire.KindInput, Stream: 1, Payload: []byte("x")},
		{Kind: wire.KindInputEnd, Stream: 1},
		{Kind: wire.KindSignal, Stream: 1, Payload: []byte("KILL")},
		wire.ResizeFrame(1, 10, 10),
	} {
		c := NewCore("s", "1", false, 80, 24)
		seat(c, 1, wire.Open{ReadOnly: true})
		act := c.Take(f)
		if _, typed := c.Keys(); typed || act != (Act{}) {
			t.Errorf("%v of a watcher did %+v", f.Kind, act)
		}
		if why := closedFor(all(c), 1); !errors.Is(why, wire.ErrProtocol) {
			t.Errorf("%v of a watcher: %v", f.Kind, why)
		}
	}
}

func TestOpenBeyondTheOutputIsGone(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Window: 1000})
	c.Drop()
	for _, from := range []uint64{1, math.MaxUint64} {
		if why := closedFor(seat(c, 2, wire.Open{Attachment: "viewer1", Generation: 1, OutputFrom: &from}), 2); !errors.Is(why, wire.ErrGone) {
			t.Errorf("opened from %d: %v", from, why)
		}
	}
}

func TestNewestLinkWinsWhicheverArrivesFirst(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Attachment: "a", Generation: 1})
	first := seat(c, 3, wire.Open{Attachment: "a", Generation: 3})
	if why := closedFor(first, 1); !errors.Is(why, wire.ErrStolen) {
		t.Errorf("the older link was closed with %v", why)
	}
	if why := closedFor(seat(c, 2, wire.Open{Attachment: "a", Generation: 2}), 2); !errors.Is(why, wire.ErrStolen) {
		t.Errorf("the link that came late was closed with %v", why)
	}
	if c.lanes[3] == nil || c.Viewers() != 1 {
		t.Errorf("the newest link is gone")
	}
}

func TestLateFarewellOfAnOlderLinkIsNotTheViewers(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Attachment: "a", Generation: 1, Cols: 100, Rows: 30})
	seat(c, 2, wire.Open{Attachment: "b", Generation: 1, Cols: 50, Rows: 20})
	c.Take(wire.Frame{Kind: wire.KindOpen, Stream: 3, Payload: wire.Encode(wire.Open{Attachment: "a", Generation: 2, Cols: 100, Rows: 30})})
	c.Take(wire.Frame{Kind: wire.KindClose, Stream: 1, Payload: wire.Encode(wire.ErrLinkLost)})
	all(c)
	if cols, _ := c.Size(); cols != 100 || c.missing(false) {
		t.Errorf("the viewer lost its place: %d columns, missing %v", cols, c.missing(false))
	}
}

func TestAttachmentsOfOthersAreNotTaken(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Attachment: "a", UserID: "ann"})
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("abc")})
	answer := seat(c, 2, wire.Open{Attachment: "a", UserID: "bob"})
	var o wire.Opened
	if err := wire.Decode(answer[0].Payload, &o); err != nil || o.InputFrom != 0 || c.Viewers() != 2 {
		t.Fatalf("bob goes on where ann typed: %+v, %v, %d watch", o, err, c.Viewers())
	}
}

func TestForgottenViewerIsToldAndTypesNothingTwice(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Attachment: "old"})
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("rm -r x\r")})
	c.Drop()
	for n := range uint32(maxViewers) {
		seat(c, n+2, wire.Open{})
		c.Drop()
	}
	from := uint64(0)
	if why := closedFor(seat(c, 1000, wire.Open{Attachment: "old", Generation: 1, OutputFrom: &from}), 1000); !errors.Is(why, wire.ErrGone) {
		t.Errorf("who was forgotten may type again: %v", why)
	}
	if why := closedFor(seat(c, 1001, wire.Open{Attachment: fmt.Sprint("viewer", maxViewers), Generation: 1, OutputFrom: &from}), 1001); why != nil {
		t.Errorf("who was here lately was forgotten: %v", why)
	}
	if len(c.viewers) > maxViewers || len(c.recent) > maxViewers {
		t.Errorf("%d viewers are remembered", len(c.viewers))
	}
}

func TestKeysThatNobodyReadsCostTheirSize(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{})
	for n := range uint64(inputWindow) {
		c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Offset: n, Payload: []byte("x")})
	}
	if n := len(c.keys); n > 2*inputWindow/wire.MaxPayload {
		t.Errorf("%d keys are kept in %d pieces", inputWindow, n)
	}
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Offset: inputWindow, Payload: []byte("x")})
	if why := closedFor(all(c), 1); !errors.Is(why, wire.ErrProtocol) {
		t.Errorf("a byte beyond the window: %v", why)
	}
}

func TestAcksOfInputDoNotPileUp(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{})
	for n := range uint64(100) {
		c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Offset: n, Payload: []byte("x")})
		k, _ := c.Keys()
		c.Typed(k)
	}
	acks := all(c)
	if len(acks) != 1 || acks[0].Kind != wire.KindAck || acks[0].Offset != 100 {
		t.Errorf("%d acks, the first of %d", len(acks), acks[0].Offset)
	}
}

func TestAcksOfInputOvertakeOutput(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Window: 1 << 20})
	c.Output(make([]byte, 1<<20), false)
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("x")})
	k, _ := c.Keys()
	c.Typed(k)
	if f, _ := c.Next(nil); f.Kind != wire.KindAck {
		t.Errorf("%v was sent first", f.Kind)
	}
}

// An echo is what somebody waits for; the Ack of its key comes right behind it.
func TestEchoesGoBeforeTheirAcks(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Window: 1 << 20})
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("x")})
	k, _ := c.Keys()
	c.Typed(k)
	c.Output([]byte("x"), false)
	first, _ := c.Next(nil)
	second, _ := c.Next(nil)
	if first.Kind != wire.KindOutput || second.Kind != wire.KindAck {
		t.Errorf("%v was sent, and then %v", first.Kind, second.Kind)
	}
}

func TestEverybodyHasHisTurn(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Window: 1 << 20})
	seat(c, 2, wire.Open{Window: 1 << 20, ReadOnly: true})
	c.Output(make([]byte, 4*wire.MaxPayload), false)
	a, _ := c.Next(nil)
	b, _ := c.Next(nil)
	if a.Stream == b.Stream {
		t.Error("one viewer is sent everything before the other gets a byte")
	}
}

func TestManyMarksTakeRoom(t *testing.T) {
	for _, watched := range []bool{false, true} {
		c := NewCore("s", "1", true, 0, 0)
		c.out.limit = 64 << 10
		seat(c, 1, wire.Open{Window: 1 << 20})
		if !watched {
			c.Take(wire.Frame{Kind: wire.KindClose, Stream: 1})
		}
		printed := 0
		for n := range 1 << 18 {
			if c.Room() == 0 {
				break
			}
			c.Output([]byte("x"), n%2 == 0)
			printed++
		}
		if most := 2*(c.out.limit/markCost+1) + 1; len(c.out.marks) > most {
			t.Errorf("watched %v: %d marks are kept, at most %d may", watched, len(c.out.marks), most)
		}
		if full := printed < 1<<18; full != watched {
			t.Errorf("watched %v: %d bytes were printed", watched, printed)
		}
		if watched && c.out.start > 0 {
			t.Error("a pipe forgot what nobody acknowledged")
		}
	}
}

func TestPipeGoesOnForAWatcherWhoseOwnerLeft(t *testing.T) {
	c := NewCore("s", "1", true, 0, 0)
	c.out.limit = 4096
	seat(c, 1, wire.Open{})
	c.Take(wire.Frame{Kind: wire.KindClose, Stream: 1})
	for range 10 {
		c.Output(make([]byte, 1000), false)
	}
	seat(c, 2, wire.Open{Window: 100})
	for range 3 {
		c.Take(wire.AckFrame(2, c.lanes[2].sent, 100))
		if c.Room() == 0 {
			t.Fatal("the program is stopped, and nothing can be acknowledged")
		}
		c.Output(make([]byte, c.Room()), false)
		all(c)
	}
}

func TestControllerStaysOverABrokenLink(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Attachment: "first", Cols: 100, Rows: 30})
	seat(c, 2, wire.Open{Attachment: "second", Cols: 50, Rows: 20})
	c.Drop()
	seat(c, 3, wire.Open{Attachment: "second", Cols: 50, Rows: 20, Generation: 1})
	seat(c, 4, wire.Open{Attachment: "first", Cols: 100, Rows: 30, Generation: 1})
	if cols, rows := c.Size(); cols != 100 || rows != 30 {
		t.Errorf("the size is %dx%d: another took over", cols, rows)
	}
}

func TestScreenThatWasCutIsShownAgain(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{})
	c.Output([]byte("hello"), false)
	p := wire.NewProgress()
	for cut := range 3 { // after Opened, after the picture, after its end
		answer := seat(c, uint32(cut)+2, p.Ask(wire.Open{}))
		if len(answer) != 3 || answer[1].Kind != wire.KindScreen || !bytes.Contains(answer[1].Payload, []byte("hello")) {
			t.Fatalf("try %d was answered with %v", cut, kinds(answer))
		}
		var o wire.Opened
		if err := errors.Join(wire.Decode(answer[0].Payload, &o), p.Opened(o, answer[0].Offset)); err != nil {
			t.Fatal(err)
		}
		if cut == 2 {
			p.Jump(answer[2].Offset)
		}
		c.Take(wire.Frame{Kind: wire.KindClose, Stream: uint32(cut) + 2, Payload: wire.Encode(wire.ErrLinkLost)})
	}
	if answer := seat(c, 9, p.Ask(wire.Open{})); len(answer) != 1 {
		t.Errorf("a viewer that has it all is answered with %v", kinds(answer))
	}
}

func TestEndWaitsForThoseWhoBrokeOff(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Attachment: "a"})
	seat(c, 2, wire.Open{Attachment: "b"})
	c.Take(wire.Frame{Kind: wire.KindClose, Stream: 1, Payload: wire.Encode(wire.ErrLinkLost)})
	seat(c, 3, wire.Open{Attachment: "c"})
	c.Exited(wire.Exit{})
	for _, stream := range []uint32{2, 3} {
		c.Take(wire.Frame{Kind: wire.KindClose, Stream: stream})
	}
	if c.Delivered() {
		t.Fatal("one that broke off has not seen the end")
	}
	from := uint64(0)
	if answer := seat(c, 4, wire.Open{Attachment: "a", Generation: 1, OutputFrom: &from}); kinds(answer)[len(answer)-1] != wire.KindExit {
		t.Fatalf("it came back and was sent %v", kinds(answer))
	}
	if c.Take(wire.Frame{Kind: wire.KindClose, Stream: 4}); !c.Delivered() {
		t.Fatal("everybody has seen the end")
	}
}
