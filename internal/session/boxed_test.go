package session

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

// watcher is a viewer in front of a terminal that keeps to the rules.
type watcher struct {
	t        *testing.T
	core     *Core
	stream   uint32
	ask      wire.Open
	progress *wire.Progress
	screen   *screen.Screen
	raw      []byte // of output
	exits    int
}

// watch opens a session on a terminal of some size.
func watch(t *testing.T, c *Core, stream uint32, o wire.Open) *watcher {
	t.Helper()
	w := &watcher{t: t, core: c, ask: o, progress: wire.NewProgress(), screen: screen.New(int(o.Cols), int(o.Rows))}
	w.open(stream)
	return w
}

func (w *watcher) open(stream uint32) {
	w.stream = stream
	w.take(wire.Frame{Kind: wire.KindOpen, Payload: wire.Encode(w.progress.Ask(w.ask))})
}

// take hands a frame of this viewer to the session, as the holder does.
func (w *watcher) take(f wire.Frame) {
	f.Stream = w.stream
	w.core.Take(f)
	if cols, rows := w.core.Size(); cols > 0 && (cols != w.core.cols || rows != w.core.rows) {
		w.core.Resized(cols, rows)
	}
}

func (w *watcher) resize(cols, rows uint16) {
	w.ask.Cols, w.ask.Rows = cols, rows
	w.screen.Resize(int(cols), int(rows))
	w.take(wire.ResizeFrame(0, cols, rows))
}

// see draws what is due to this viewer, and gives the kinds of it.
func (w *watcher) see(fs []wire.Frame) (ks []wire.Kind) {
	w.t.Helper()
	for _, f := range fs {
		if f.Stream != w.stream {
			continue
		}
		ks = append(ks, f.Kind)
		var o wire.Opened
		var err error
		switch f.Kind {
		case wire.KindOpened:
			if err = wire.Decode(f.Payload, &o); err == nil {
				err = w.progress.Opened(o, f.Offset)
			}
		case wire.KindScreen:
			if _, _ = w.screen.Write(f.Payload); len(f.Payload) == 0 {
				w.progress.Jump(f.Offset)
			}
		case wire.KindOutput:
			var fresh []byte
			fresh, err = w.progress.Output(f)
			_, _ = w.screen.Write(fresh)
			w.raw = append(w.raw, fresh...)
			w.progress.Drawn(len(fresh))
		case wire.KindExit:
			w.exits++
		case wire.KindClose:
			w.t.Errorf("%d was closed: %s", w.stream, f.Payload)
		}
		if err != nil {
			w.t.Error(err)
		}
	}
	return ks
}

func (w *watcher) ack() {
	if f, ok := w.progress.Ack(w.stream, true); ok {
		w.core.Take(f)
	}
}

func (w *watcher) shows(line int, want string) {
	w.t.Helper()
	if got := w.screen.Text(); got[line] != want {
		w.t.Errorf("line %d is %q and not %q: %q", line, got[line], want, got)
	}
}

// settle has everything arrive at everybody and be acknowledged.
func settle(c *Core, ws ...*watcher) {
	for c.Due() {
		fs := all(c)
		for _, w := range ws {
			w.see(fs)
			w.ack()
		}
	}
}

func TestOtherSizesAreBoxedAndGrowBack(t *testing.T) {
	c := NewCore("s", "1", false, 40, 6)
	big := watch(t, c, 1, wire.Open{Cols: 40, Rows: 6})
	small := watch(t, c, 2, wire.Open{Cols: 10, Rows: 3})
	wide := watch(t, c, 3, wire.Open{Cols: 50, Rows: 8, ReadOnly: true})
	settle(c, big, small, wide)
	c.Output([]byte("a line that is longer than ten\r\n"), false)
	settle(c, big, small, wide)
	small.shows(0, "a line tha")
	wide.shows(0, "a line that is longer than ten          │")
	wide.shows(6, strings.Repeat("─", 40)+"┘")
	if len(big.raw) == 0 || len(small.raw)+len(wide.raw) > 0 {
		t.Errorf("output went to %d, %d, %d bytes", len(big.raw), len(small.raw), len(wide.raw))
	}
	big.take(wire.Frame{Kind: wire.KindClose})
	settle(c, small, wide)
	small.shows(0, "t is longe") // the session has its size now: the line is broken, and its first piece is above
	small.shows(1, "r than ten")
	c.Output([]byte("more\r\n"), false)
	settle(c, small, wide)
	if string(small.raw) != "more\r\n" || len(wide.raw) > 0 {
		t.Errorf("output went as %q and %q", small.raw, wide.raw)
	}
	wide.shows(0, small.screen.Text()[0]+"│")
}

func TestBoxedViewersSetThePace(t *testing.T) {
	c := NewCore("s", "1", false, 40, 6)
	big := watch(t, c, 1, wire.Open{Cols: 40, Rows: 6})
	small := watch(t, c, 2, wire.Open{Cols: 10, Rows: 3})
	settle(c, big, small)
	pictures := 0
	for range 100 {
		c.Output([]byte("x"), false)
		fs := all(c)
		big.see(fs)
		big.ack()
		pictures += len(slices.DeleteFunc(small.see(fs), func(k wire.Kind) bool { return k != wire.KindScreen }))
	}
	if pictures != 2 { // the picture, and its end
		t.Errorf("%d frames were sent to a viewer that acknowledged none", pictures)
	}
	small.ack()
	settle(c, big, small)
	small.shows(0, "xxxxxxxxxx")
	if len(big.raw) != 100 {
		t.Errorf("the other one got %d bytes", len(big.raw))
	}
}

func TestBoxOutlivesALink(t *testing.T) {
	c := NewCore("s", "1", false, 40, 6)
	big := watch(t, c, 1, wire.Open{Cols: 40, Rows: 6})
	small := watch(t, c, 2, wire.Open{Cols: 10, Rows: 3})
	c.Output([]byte("hello"), false)
	settle(c, big, small)
	big.take(wire.Frame{Kind: wire.KindClose}) // small fits now, but is not told
	lost := wire.Frame{Kind: wire.KindClose, Payload: wire.Encode(wire.ErrLinkLost)}
	for name, cut := range map[string]int{"before the redraw": 0, "in the redraw": 2} {
		small.see(all(c)[:cut])
		small.take(lost)
		small.open(small.stream + 1)
		fs := all(c)
		if ks := kinds(fs); !slices.Equal(ks, []wire.Kind{wire.KindOpened, wire.KindScreen, wire.KindScreen}) {
			t.Fatalf("%s: the answer is %v", name, ks)
		}
		small.see(fs[:1]) // and the rest is lost
		small.take(lost)
		small.open(small.stream + 1)
	}
	settle(c, small)
	c.Output([]byte(" abcde"), false)
	settle(c, small)
	if small.shows(0, "hello abcd"); string(small.raw) != " abcde" {
		t.Errorf("the output is %q", small.raw)
	}
	small.take(lost)
	small.open(small.stream + 1)
	if ks := kinds(all(c)); !slices.Equal(ks, []wire.Kind{wire.KindOpened}) {
		t.Errorf("who has drawn output since is answered with %v", ks)
	}
}

func TestViewersThatGetBytesWhateverTheirSize(t *testing.T) {
	for name, c := range map[string]struct {
		pipe bool
		o    wire.Open
	}{
		"an older client": {o: wire.Open{Version: 1, Attachment: "x", Cols: 10, Rows: 3, Window: 100}},
		"no terminal":     {o: wire.Open{Version: wire.ScreenAcks, Attachment: "x", Window: 100}},
		"half a size":     {o: wire.Open{Version: wire.ScreenAcks, Attachment: "x", Cols: 10, Window: 100}},
		"a pipe":          {pipe: true, o: wire.Open{Version: wire.ScreenAcks, Attachment: "x", Cols: 10, Rows: 3, Window: 100}},
	} {
		t.Run(name, func(t *testing.T) {
			core := NewCore("s", "1", c.pipe, 40, 6)
			big := watch(t, core, 1, wire.Open{Cols: 40, Rows: 6})
			settle(core, big)
			seat(core, 2, c.o)
			core.Output([]byte("bytes"), false)
			fs := slices.DeleteFunc(all(core), func(f wire.Frame) bool { return f.Stream != 2 })
			if len(fs) != 1 || fs[0].Kind != wire.KindOutput || string(fs[0].Payload) != "bytes" {
				t.Errorf("it got %v", kinds(fs))
			}
		})
	}
}

func TestSizeIsThatOfTheFirstTerminal(t *testing.T) {
	c := NewCore("s", "1", false, 0, 0)
	script := watch(t, c, 1, wire.Open{})
	if cols, rows := c.Size(); cols != 0 || rows != 0 || c.cols != 80 || c.rows != 24 {
		t.Errorf("without a terminal the size is %dx%d, and was %dx%d", cols, rows, c.cols, c.rows)
	}
	person := watch(t, c, 2, wire.Open{Cols: 30, Rows: 5})
	settle(c, script, person)
	c.Output([]byte("x"), false)
	settle(c, script, person)
	if string(script.raw) != "x" || string(person.raw) != "x" || c.cols != 30 {
		t.Errorf("the size is %dx%d, and they got %q and %q", c.cols, c.rows, script.raw, person.raw)
	}
}

func TestExitComesAfterTheLastPicture(t *testing.T) {
	c := NewCore("s", "1", false, 40, 6)
	big := watch(t, c, 1, wire.Open{Cols: 40, Rows: 6})
	small := watch(t, c, 2, wire.Open{Cols: 10, Rows: 3})
	settle(c, big, small)
	c.Output([]byte("first"), false)
	small.see(all(c)) // not acknowledged
	c.Output([]byte("\r\nlast"), false)
	c.Exited(wire.Exit{})
	if ks := small.see(all(c)); len(ks) > 0 {
		t.Errorf("it was sent %v before it had drawn a picture", ks)
	}
	small.ack()
	ks := small.see(all(c))
	if !slices.Equal(ks, []wire.Kind{wire.KindScreen, wire.KindScreen, wire.KindExit}) || small.exits != 1 {
		t.Errorf("it was sent %v", ks)
	}
	small.shows(1, "last")
}

// TestBoxedViewersNeedNoGap: the ring has left one behind, which has lost nothing.
func TestBoxedViewersNeedNoGap(t *testing.T) {
	c := NewCore("s", "1", false, 40, 6)
	c.out.limit = 1024
	big := watch(t, c, 1, wire.Open{Cols: 40, Rows: 6, ReadOnly: true})
	small := watch(t, c, 2, wire.Open{Cols: 10, Rows: 3, ReadOnly: true})
	settle(c, big, small)
	for range 10 {
		c.Output(bytes.Repeat([]byte("flood\r\n"), 100), false)
	}
	fs := all(c)
	if ks := big.see(fs); ks[0] != wire.KindGap {
		t.Errorf("who is of that size was sent %v", ks)
	}
	if ks := small.see(fs); slices.Contains(ks, wire.KindGap) {
		t.Errorf("who is not was sent %v", ks)
	}
	small.shows(0, "flood")
}

func TestSizesDoNotPileUp(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	w := watch(t, c, 1, wire.Open{Cols: 80, Rows: 24})
	model := screen.New(80, 24)
	for n := range uint16(1000) {
		w.resize(80+n%7, 24)
		c.Output([]byte("x"), false)
		model.Resize(int(80+n%7), 24)
		model.Write([]byte("x"))
	}
	if n := len(c.screen.sizes); n > maxSizes {
		t.Errorf("%d sizes wait for the model", n)
	}
	c.screen.snapshot(&c.out, false)
	if got, want := c.screen.model.Text(), model.Text(); !slices.Equal(got, want) {
		t.Errorf("the screen is\n%q\nand not\n%q", got, want)
	}
}

func TestBoxIsDrawnAgainForAnotherSize(t *testing.T) {
	c := NewCore("s", "1", false, 40, 6)
	big := watch(t, c, 1, wire.Open{Cols: 40, Rows: 6})
	small := watch(t, c, 2, wire.Open{Cols: 10, Rows: 3})
	c.Output([]byte("a line that is longer than ten"), false)
	settle(c, big, small)
	small.resize(50, 8)
	settle(c, big, small)
	small.shows(0, "a line that is longer than ten          │")
	big.resize(45, 6)
	settle(c, big, small)
	small.shows(0, "a line that is longer than ten               │")
	small.resize(45, 6)
	settle(c, big, small)
	small.shows(0, "a line that is longer than ten")
	small.resize(50, 8)
	settle(c, big, small)
	small.shows(0, "a line that is longer than ten               │")
	if len(small.raw) > 0 {
		t.Errorf("it was sent %q", small.raw)
	}
}
