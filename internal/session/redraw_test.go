package session

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

// A terminal that was written to by somebody else gets the output it has not got,
// every byte of it, and then the screen as it is there.
func TestRedrawComesAfterTheOutputThatIsMissing(t *testing.T) {
	c := NewCore("s", "1", false, 20, 5)
	first := wire.Open{Attachment: "a", Window: 1 << 20, Cols: 20, Rows: 5}
	seat(c, 1, first)
	long := bytes.Repeat([]byte("0123456789abcdef\r\n"), 3000) // more than a frame
	c.Output(long[:100], false)
	all(c)
	c.Drop()
	c.Output(long[100:], false)
	from := uint64(100)
	again := first
	again.Generation, again.OutputFrom, again.Redraw = 2, &from, true
	fs := seat(c, 1, again)
	if fs[0].Kind != wire.KindOpened || fs[0].Offset != from {
		t.Fatalf("the answer is %v at %d", fs[0].Kind, fs[0].Offset)
	}
	var got, picture []byte
	ends := 0
	for _, f := range fs[1:] {
		switch {
		case f.Kind == wire.KindOutput && f.Offset == from+uint64(len(got)) && len(picture) == 0:
			got = append(got, f.Payload...)
		case f.Kind == wire.KindScreen && f.Offset == uint64(len(long)):
			picture = append(picture, f.Payload...)
			if len(f.Payload) == 0 {
				ends++
			}
		default:
			t.Fatalf("%v at %d", f.Kind, f.Offset)
		}
	}
	if !bytes.Equal(got, long[100:]) || ends != 1 {
		t.Fatalf("%d bytes of output, %d ends of a screen", len(got), ends)
	}
	want, shown := screen.New(20, 5), screen.New(20, 5)
	_, _ = want.Write(long)
	_, _ = shown.Write([]byte("reconnecting"))
	_, _ = shown.Write(picture)
	if !bytes.Equal(shown.Redraw(), want.Redraw()) {
		t.Errorf("the terminal shows %q, not %q", shown.Redraw(), want.Redraw())
	}
	c.Output([]byte("more"), false)
	if fs := all(c); len(fs) != 1 || fs[0].Offset != uint64(len(long)) || string(fs[0].Payload) != "more" {
		t.Errorf("and then %v", kinds(fs))
	}
}

func TestRedrawIsForTheSizeOfTheTerminalThatAsks(t *testing.T) {
	c := NewCore("s", "1", false, 20, 5)
	first := wire.Open{Attachment: "a", Window: 1 << 20, Cols: 20, Rows: 5}
	seat(c, 1, first)
	c.Output([]byte("one\r\ntwo"), false)
	all(c)
	c.Drop()
	from := uint64(8)
	again := first
	again.Generation, again.OutputFrom, again.Redraw, again.Cols = 2, &from, true, 30
	seat(c, 1, again)
	if cols, _ := c.Size(); cols != 30 || c.screen.cols != 30 {
		t.Errorf("the terminal has %d columns, its picture %d", cols, c.screen.cols)
	}
}

// What is more than the window waits for the viewer, as ever: nothing is skipped
// for the sake of a picture.
func TestRedrawGoesNotBeyondTheWindow(t *testing.T) {
	c := NewCore("s", "1", false, 20, 5)
	from := uint64(0)
	o := wire.Open{Attachment: "a", Window: 1000, Cols: 20, Rows: 5}
	seat(c, 1, o)
	c.Drop()
	c.Output(bytes.Repeat([]byte("x"), 1001), false)
	o.Generation, o.OutputFrom, o.Redraw = 2, &from, true
	fs := seat(c, 1, o)
	if !slices.Equal(kinds(fs), []wire.Kind{wire.KindOpened, wire.KindOutput}) || len(fs[1].Payload) != 1000 {
		t.Errorf("sent %v", kinds(fs))
	}
}

func TestPausesEarlyInAnOutageAreShort(t *testing.T) {
	began := time.Unix(0, 0)
	p := pauses{lost: began}
	for range 20 {
		if d := p.next(began.Add(early - 1)); d > earlyRedial {
			t.Fatalf("it may wait %v", d)
		}
	}
	if d := p.next(began.Add(early)); d != maxRedial {
		t.Errorf("later it may wait %v", d)
	}
	p.ended(brief, began.Add(early)) // it broke at once: the outage goes on
	if d := p.next(began.Add(early)); d != maxRedial {
		t.Errorf("after a link that broke at once it may wait %v", d)
	}
	p.ended(brief+1, began.Add(early))
	if d := p.next(began.Add(early)); d != earlyRedial {
		t.Errorf("in the next outage it may wait %v", d)
	}
	p.ended(healthy+1, began.Add(early))
	if d := p.next(began.Add(early)); d != 2*minRedial {
		t.Errorf("after a healthy link it may wait %v", d)
	}
}
