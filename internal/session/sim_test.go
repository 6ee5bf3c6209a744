package session

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

// The simulation is both ends of the resume protocol without a network or a
// clock: Core, and wire.Progress for each viewer, over links that lose what is
// on its way whenever chance says so. What a seed finds, it finds again.

var seeds = flag.Int("seeds", 2000, "runs of the simulation")

func TestNothingIsLostOrDoubled(t *testing.T) {
	histories := 0
	for seed := range *seeds {
		w := newWorld(uint64(seed))
		w.run()
		if w.failure != "" {
			t.Fatalf("seed %d: %s", seed, w.failure)
		}
		histories += w.histories
	}
	if histories < *seeds/20 {
		t.Errorf("only %d viewers had a history", histories)
	}
}

// world is a program, its session, and everybody who watches.
type world struct {
	*rand.Rand
	core    *Core
	base    uint64 // offset of out[0]
	out     []byte // all that the program put out
	stderr  []bool // and from where
	viewers []*simViewer
	streams map[uint32]*simLink
	stream  uint32
	ended   bool
	early   bool // it ended with input unread
	calm    bool // no more accidents
	failure string

	histories int            // that somebody new was sent
	model     *screen.Screen // of the program's terminal, fed at once; nil without one
}

// simViewer is one attachment: a client that redials.
type simViewer struct {
	w        *world
	name     string
	readOnly bool
	slow     bool // acknowledges late
	window   uint32
	history  uint32
	progress *wire.Progress
	link     *simLink // the newest; nil while there is none
	older    *simLink // still delivers what was on its way
	typed    []byte
	reached  []byte // the program
	closing  bool   // no more is typed
	closed   int    // times the program saw the end of it
	drawn    [2][]byte
	wanted   [2][]byte // by what it skipped
	came     bool      // its first Open reached the session
	gap      *wire.Gap // told, and not yet jumped over
	exits    int
	left     bool
	lost     uint64 // bytes in gaps
	terminal        // in front of it
}

// simLink is one stream, viewer ↔ holder, with what is on its way.
type simLink struct {
	v        *simViewer
	stream   uint32
	up, down []wire.Frame
	fresh    bool   // its viewer was new, until it has the screen
	opened   bool   // by the holder
	answered bool   // and the viewer knows
	granted  uint64 // output may be sent up to here
	dead     bool   // its viewer reads no more of it
}

func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), streams: map[uint32]*simLink{}}
	w.core = NewCore("s", "1", w.IntN(2) == 0, 80, 24)
	w.core.out.limit = 256 << w.IntN(5)
	if !w.core.pipe && w.IntN(4) == 0 {
		w.base = 1 << 63
		w.core.out.start, w.core.out.end = w.base, w.base
		w.core.screen.fed = w.base
	}
	if !w.core.pipe {
		w.model = screen.New(80, 24)
	}
	w.join(false)
	return w
}

func (w *world) run() {
	for range 50 + w.IntN(400) {
		w.step()
	}
	w.calm = true
	w.picturesAreRight()
	for _, v := range w.viewers {
		v.finish()
	}
	for n := 0; w.failure == "" && (n < 200 || !w.core.Delivered()); n++ {
		w.step()
		if n > 50 && w.allTyped() {
			w.exit()
		}
		if n > 100000 {
			w.fail("it never came to an end: %s", w.state())
		}
	}
	w.settled()
}

func (w *world) state() (s string) {
	for _, v := range w.viewers {
		s += fmt.Sprintf("%s: at %d of %d, %d exits, %d of %d typed, left %v, link %v; ",
			v.name, v.progress.Position()-w.base, len(w.out), v.exits, len(v.reached), len(v.typed), v.left, v.link != nil)
	}
	return s
}

func (w *world) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
	}
}

// step is one thing that happens.
func (w *world) step() {
	v := w.viewers[w.IntN(len(w.viewers))]
	switch w.IntN(14) {
	case 0, 1:
		w.print()
	case 2, 3:
		for range 1 + w.IntN(4) {
			w.send()
		}
	case 4, 5:
		w.carry()
	case 6:
		v.typeSome()
	case 7:
		v.flush()
	case 8:
		v.ack(true)
	case 9:
		w.feed()
	case 10:
		v.redial()
	default:
		if !w.calm {
			w.accident(v)
		} else {
			w.send()
			w.carry()
		}
	}
	if w.core.Delivered() {
		w.allSeen()
	}
}

func (w *world) accident(v *simViewer) {
	switch w.IntN(40) {
	case 0, 1, 2:
		v.breakOff(true)
	case 3:
		v.breakOff(false)
	case 4:
		w.breakHolder()
	case 5:
		if len(w.viewers) < 5 {
			w.join(w.IntN(2) == 0)
		}
	case 6:
		v.leave()
	case 7:
		v.closing = v.closing || !v.readOnly && w.IntN(4) == 0
	case 8:
		if w.IntN(6) == 0 {
			w.early = w.early || !w.ended
			w.exit()
		}
	case 9:
		v.dialTwice()
	case 10, 11:
		v.resize(w.size())
	}
}

func (w *world) join(readOnly bool) {
	v := &simViewer{
		w: w, name: fmt.Sprintf("v%d", len(w.viewers)), readOnly: readOnly, slow: w.IntN(3) == 0,
		progress: wire.NewProgress(), window: uint32(16 + w.IntN(2*w.core.out.limit)),
	}
	v.progress.SetWindow(v.window)
	if w.IntN(2) == 0 {
		v.history = uint32(w.IntN(2 * w.core.out.limit))
	}
	v.resize(w.size())
	w.viewers = append(w.viewers, v)
	v.dial()
}

// print is the program's output, as much as may be read.
func (w *world) print() {
	room := min(w.core.Room(), 1+w.IntN(100))
	if w.ended || room == 0 {
		return
	}
	if l := w.core.controller(); l != nil && w.core.out.end+uint64(room) > l.limit {
		w.fail("the program may print past its controller's window")
	}
	w.put(w.some(room))
}

// put is output that may be read.
func (w *world) put(p []byte) {
	w.resizeModel(true)
	stderr := w.core.pipe && w.IntN(2) == 0
	w.core.Output(p, stderr)
	w.out = append(w.out, p...)
	if w.model != nil {
		_, _ = w.model.Write(p)
	}
	w.noteOdd()
	for range p {
		w.stderr = append(w.stderr, stderr)
	}
}

func (w *world) exit() {
	if !w.ended {
		w.ended = true
		w.core.Exited(wire.Exit{Code: 3})
	}
}

// send moves a frame from the holder to the link it is for.
func (w *world) send() {
	due := w.core.Due()
	f, ok := w.core.Next(nil)
	w.resizeModel(false)
	if due != ok {
		w.fail("Due says %v, Next %v", due, ok)
	}
	if !ok {
		return
	}
	l := w.streams[f.Stream]
	if l == nil {
		w.fail("a frame for a stream nobody opened")
		return
	}
	switch f.Kind {
	case wire.KindOpened:
		l.opened = true
		l.granted = max(l.granted, f.Offset+uint64(min(l.v.window, w.core.maxWindow())))
	case wire.KindGap, wire.KindScreen:
		l.granted = max(l.granted, f.Offset+uint64(w.core.maxWindow()))
	case wire.KindOutput, wire.KindStderr:
		if end := f.Offset + uint64(len(f.Payload)); end > l.granted {
			w.fail("%s was sent up to %d, granted %d", l.v.name, end, l.granted)
		}
	}
	if !l.opened && f.Kind != wire.KindClose {
		w.fail("%v came before Opened", f.Kind)
	}
	f.Payload = bytes.Clone(f.Payload)
	l.down = append(l.down, f)
}

// carry delivers one frame on one link, one way or the other.
func (w *world) carry() {
	v := w.viewers[w.IntN(len(w.viewers))]
	l := v.link
	if v.older != nil && w.IntN(2) == 0 {
		l = v.older
	}
	if l == nil {
		return
	}
	if len(l.up) > 0 && w.IntN(2) == 0 {
		f := l.up[0]
		l.up = l.up[1:]
		w.take(l, f)
		if !w.calm && (f.Kind == wire.KindInput || f.Kind == wire.KindAck) && w.IntN(20) == 0 {
			w.take(l, f) // twice
		}
		return
	}
	if len(l.down) > 0 && !l.dead {
		f := l.down[0]
		l.down = l.down[1:]
		v.receive(l, f)
	}
}

func (w *world) take(l *simLink, f wire.Frame) {
	switch f.Kind {
	case wire.KindOpen:
		l.v.came = true
		l.granted = 0
	case wire.KindAck:
		l.granted = max(l.granted, f.Offset+uint64(min(f.Window(), w.core.maxWindow())))
	}
	w.core.Take(f)
	w.resized()
}

// feed has the program read what was typed.
func (w *world) feed() {
	k, ok := w.core.Keys()
	if !ok {
		return
	}
	for _, v := range w.viewers {
		if w.core.viewers[who{"", v.progress.Attachment}] != k.by {
			continue
		}
		if v.closed > 0 {
			w.fail("%s typed after the end", v.name)
		}
		v.reached = append(v.reached, k.p...)
		if k.end {
			v.closed++
		}
		if !bytes.HasPrefix(v.typed, v.reached) {
			w.fail("%s typed %q, and the program read %q", v.name, v.typed, v.reached)
		}
		w.core.Typed(k)
		return
	}
	w.fail("keys of nobody")
}

// breakHolder is the session's link breaking under everybody. Not while somebody
// says goodbye: when that is lost, the session waits for him, and has to.
func (w *world) breakHolder() {
	for _, v := range w.viewers {
		if v.left || v.exits > 0 {
			return
		}
	}
	w.core.Drop()
	w.resized()
	for _, v := range w.viewers {
		v.older = nil
		if v.link != nil {
			v.breakLink()
		}
	}
	clear(w.streams)
}

// allTyped says that the program has read what those typed who are still there.
func (w *world) allTyped() bool {
	for _, v := range w.viewers {
		if !v.left && (len(v.typed) != len(v.reached) || v.closing && v.closed == 0) {
			return false
		}
	}
	return true
}

// allSeen holds that whoever watched, and did not leave, has seen the exit.
func (w *world) allSeen() {
	for _, v := range w.viewers {
		if v.came && !v.left && v.exits == 0 {
			w.fail("delivered, but %s has not seen the end", v.name)
		}
	}
}

// settled is what holds when all is over.
func (w *world) settled() {
	for _, v := range w.viewers {
		switch {
		case v.left, !v.came: // or too late
		case v.exits != 1:
			w.fail("%s saw %d exits", v.name, v.exits)
		case !slices.EqualFunc(v.drawn[:], v.wanted[:], bytes.Equal):
			w.fail("%s drew something else than the program put out", v.name)
		case w.early:
		case !bytes.Equal(v.typed, v.reached):
			w.fail("%s typed %d bytes, and the program read %d", v.name, len(v.typed), len(v.reached))
		case v.closing && v.closed != 1:
			w.fail("%s ended its input, and the program saw that %d times", v.name, v.closed)
		case v.lost > 0 && w.core.pipe && v.onlyTypist():
			w.fail("%s lost %d bytes of a pipe", v.name, v.lost)
		}
	}
	for _, l := range w.core.order {
		if !l.failed {
			w.fail("delivered, and %v is still there", l.who)
		}
	}
}
