package session

import (
	"math"
	"slices"
	"time"

	"vsay/internal/wire"
)

// Sizes in bytes, and counts.
const (
	ringLimit   = 8 << 20   // output kept for those who come back
	inputWindow = 256 << 10 // typed and not yet written to a terminal
	pipeWindow  = 1 << 20   // the same for a command's stdin
	maxWindow   = 4 << 20   // no viewer is granted more, whatever it says
	maxEcho     = 1 << 10   // output that goes before the Ack of what was typed
	maxLanes    = 64        // viewers at a time
	maxViewers  = 64        // attachments that are remembered; no fewer than lanes
)

// Core is a session without a world. Its owner serialises the calls.
type Core struct {
	id, name string
	pipe     bool // a command without a terminal: none of its output may be skipped
	readOnly bool // of this machine's own will: nothing that is typed gets to the program

	out     output
	lanes   map[uint32]*lane
	order   []*lane // the same, by arrival
	turn    int     // whose output goes first, in order
	viewers map[who]*viewer
	recent  []who // of viewers, the latest last
	ranks   int
	keys    []keys
	taken   uint64 // of a pipe: output its last controller acknowledged
	first   who    // the one that started it, or would have
	seen    bool   // and that one has come
	exit    *wire.Exit
	screen  screenModel

	cols, rows uint16 // of the program's terminal
}

// who names a viewer over all its links.
type who struct{ user, attachment string }

// viewer is one attachment. It outlives its lanes.
type viewer struct {
	types      bool      // it does not only watch
	away       bool      // broke off, and may be back
	generation int       // of its newest lane
	rank       int       // of those that type, the lowest is the controller
	accepted   uint64    // next offset of input wanted
	written    uint64    // next offset not yet written to the program
	ended      bool      // its input
	boxed      bool      // its terminal shows the screen in a box, and cannot go on with output
	since      time.Time // when it came first, by the server's clock
	whole      uint64    // from here on it has drawn the redraw that followed a box
}

// lane is one viewer's way to the session now.
type lane struct {
	*viewer    // nobody's, until it is welcome
	who        who
	stream     uint32
	version    int
	cols, rows uint16       // of its terminal; 0: it has none
	owed       []wire.Frame // to be sent before any output
	opened     bool         // Opened was sent
	typed      bool         // an Ack of input is due
	sent       uint64
	acked      uint64
	limit      uint64 // output may be sent up to here
	exited     bool   // Exit was sent
	failed     bool   // Close is owed, and then it is over
	box        *box   // when it is boxed
	waits      bool   // for the Ack of a picture that ended at shown
	shown      uint64
}

// NewCore begins a session. pipe says that its program has no terminal; one of
// no size has 80 by 24.
func NewCore(id, name string, pipe bool, cols, rows uint16) *Core {
	if cols == 0 || rows == 0 {
		cols, rows = 80, 24
	}
	return &Core{
		id: id, name: name, pipe: pipe,
		out:     output{limit: ringLimit},
		lanes:   map[uint32]*lane{},
		viewers: map[who]*viewer{},
		screen:  screenModel{cols: cols, rows: rows},
		cols:    cols, rows: rows,
	}
}

// Output takes what the program put out.
func (c *Core) Output(p []byte, stderr bool) {
	if !c.pipe {
		c.screen.keepUp(&c.out, len(p))
	}
	c.out.write(p, stderr)
}

// Room is how many bytes may be read from the program now. A controller that
// falls behind slows the program, as ssh does; other viewers never do, and with
// no viewer a program runs on. A pipe waits when the ring is full and one that
// controlled it may be back.
func (c *Core) Room() int {
	room := math.MaxInt
	l := c.controller()
	c.note()
	if l != nil {
		room = int(l.limit - min(l.limit, c.out.end))
	}
	if c.pipe && (l != nil || !c.seen || c.missing(true)) {
		room = min(room, c.out.room(c.taken))
	}
	return max(0, room)
}

// controller is the viewer whose speed counts: of those that may type, the first
// to come. It stays so over a link that broke under everybody.
func (c *Core) controller() *lane {
	return c.foremost(func(l *lane) bool { return true })
}

// sizer is the viewer whose size counts: the controller, or if that has no
// terminal the first after it that has one.
func (c *Core) sizer() *lane {
	return c.foremost(func(l *lane) bool { return l.cols > 0 && l.rows > 0 })
}

// foremost is the first to come of those that may type and are meant.
func (c *Core) foremost(meant func(*lane) bool) (first *lane) {
	for _, l := range c.order {
		if l.types && !l.failed && (first == nil || l.rank < first.rank) && meant(l) {
			first = l
		}
	}
	return first
}

// Viewers is how many watch.
func (c *Core) Viewers() int { return len(c.lanes) }

// Size is what the program's terminal should have, in cells; 0 when nobody's counts.
func (c *Core) Size() (cols, rows uint16) {
	if l := c.sizer(); l != nil {
		return l.cols, l.rows
	}
	return 0, 0
}

// Resized notes that the program's terminal has another size from here on.
func (c *Core) Resized(cols, rows uint16) {
	c.cols, c.rows = cols, rows
	c.screen.resize(&c.out, cols, rows)
}

// Exited says how the program ended. No output follows.
func (c *Core) Exited(e wire.Exit) { c.exit = &e }

// Delivered says that everybody who watched has seen the end: a viewer closes
// its stream when it has the exit. Who started it comes always.
func (c *Core) Delivered() bool {
	there := slices.ContainsFunc(c.order, func(l *lane) bool { return !l.failed })
	return c.exit != nil && c.seen && !there && !c.missing(false)
}

// Drop forgets all lanes: the link broke. It tells whether anybody watched, who
// then may be back.
func (c *Core) Drop() (watched bool) {
	c.note()
	for _, l := range c.order {
		l.away = true
		watched = watched || !l.failed
	}
	clear(c.lanes)
	c.order = nil
	return watched
}

// missing says that somebody broke off and may be back; with types, to type.
func (c *Core) missing(types bool) bool {
	for _, v := range c.viewers {
		if v.away && (v.types || !types) {
			return true
		}
	}
	return false
}

// note keeps how far the controller has come, before it goes.
func (c *Core) note() {
	if l := c.controller(); l != nil {
		c.taken = max(c.taken, l.acked)
	}
}

// remove ends one lane. Whoever takes the controller's place keeps it.
func (c *Core) remove(l *lane) {
	c.note()
	c.ranks++
	l.rank = c.ranks
	delete(c.lanes, l.stream)
	c.order = slices.DeleteFunc(c.order, func(o *lane) bool { return o == l })
}

// Due says that Next has something.
func (c *Core) Due() bool {
	return slices.ContainsFunc(c.order, func(l *lane) bool {
		switch {
		case len(l.owed) > 0, l.typed && l.opened:
			return true
		case l.failed:
			return false
		}
		switch c.needs(l) {
		case nothing:
			return l.sent < min(c.out.end, l.limit) || c.ends(l)
		case patience:
			return false
		}
		return true
	})
}

// ends says that the exit is all that a viewer has not got.
func (c *Core) ends(l *lane) bool { return c.exit != nil && l.sent == c.out.end && !l.exited }

// Next is the next frame due to any viewer; its payload may be appended to buf.
// What was typed is acknowledged first, but behind its echo, which somebody waits
// to see; then everybody has his turn.
func (c *Core) Next(buf []byte) (wire.Frame, bool) {
	if f, ok := c.nextAck(c.echoes); ok {
		return f, true
	}
	if f, ok := c.nextTurn(buf); ok {
		return f, true
	}
	return c.nextAck(func(*lane) bool { return false })
}

func (c *Core) nextAck(but func(*lane) bool) (wire.Frame, bool) {
	for _, l := range c.order {
		if l.typed && l.opened && !l.failed && !but(l) {
			l.typed = false
			return wire.AckFrame(l.stream, l.written, c.inputWindow()), true
		}
	}
	return wire.Frame{}, false
}

// echoes says that a little output is due: no more than keys echo.
func (c *Core) echoes(l *lane) bool {
	due := min(c.out.end, l.limit) - min(l.sent, l.limit)
	return !l.boxed && len(l.owed) == 0 && l.sent >= c.out.start && due > 0 && due <= maxEcho
}

func (c *Core) nextTurn(buf []byte) (wire.Frame, bool) {
	for i := range c.order {
		turn := (c.turn + i) % len(c.order)
		if f, ok := c.nextOf(c.order[turn], buf); ok {
			c.turn = turn + 1
			return f, true
		}
	}
	return wire.Frame{}, false
}

func (c *Core) nextOf(l *lane, buf []byte) (wire.Frame, bool) {
	if len(l.owed) == 0 && !c.provide(l) {
		return wire.Frame{}, false
	}
	if len(l.owed) > 0 {
		return c.pay(l), true
	}
	n := min(c.out.end-l.sent, l.limit-min(l.limit, l.sent), wire.MaxPayload)
	if n > 0 {
		b, stderr := c.out.read(buf, l.sent, int(n))
		f := wire.Frame{Kind: wire.KindOutput, Stream: l.stream, Offset: l.sent, Payload: b}
		if stderr {
			f.Kind = wire.KindStderr
		}
		l.sent += uint64(len(b))
		return f, true
	}
	if c.ends(l) {
		l.exited = true
		return wire.Frame{Kind: wire.KindExit, Stream: l.stream, Offset: c.out.end, Payload: wire.Encode(c.exit)}, true
	}
	return wire.Frame{}, false
}
