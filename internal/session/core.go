package session

import (
	"math"
	"slices"

	"vsay/internal/wire"
)

// Sizes in bytes.
const (
	ringLimit   = 8 << 20   // output kept for those who come back
	inputWindow = 256 << 10 // typed and not yet written to a terminal
	pipeWindow  = 1 << 20   // the same for a command's stdin
	maxWindow   = 4 << 20   // no viewer is granted more, whatever it says
	maxTypists  = 64        // attachments whose input is still counted; more lanes than that are refused
)

// Core is a session without a world. Its owner serialises the calls.
type Core struct {
	id, name string
	pipe     bool // a command without a terminal: none of its output may be skipped

	out     output
	lanes   map[uint32]*lane
	order   []*lane // by arrival; the first that may type is the controller
	typists map[string]*typist
	recent  []string // names of typists, the latest last
	keys    []keys
	taken   uint64 // of a pipe: output its last viewer acknowledged
	awaited bool   // nobody watches, and somebody who broke off may be back
	broken  bool   // one of the viewers that are gone broke off
	seen    bool   // somebody has watched
	exit    *wire.Exit
	screen  screenModel
}

// lane is one viewer.
type lane struct {
	stream     uint32
	attachment string
	readOnly   bool
	cols, rows uint16
	owed       []wire.Frame // to be sent before any output
	sent       uint64
	acked      uint64
	limit      uint64 // output may be sent up to here
	exited     bool   // Exit was sent
	failed     bool   // Close was sent: the viewer broke the rules
}

// typist is one attachment's row of input. It outlives the lane.
type typist struct {
	user     string
	accepted uint64 // next offset wanted
	written  uint64 // next offset not yet written to the program
	ended    bool
}

// keys are input on its way to the program.
type keys struct {
	by  *typist
	p   []byte
	end bool // nothing is typed after it
}

// NewCore begins a session. pipe says that its program has no terminal.
func NewCore(id, name string, pipe bool, cols, rows uint16) *Core {
	return &Core{
		id: id, name: name, pipe: pipe,
		out:     output{limit: ringLimit},
		lanes:   map[uint32]*lane{},
		typists: map[string]*typist{},
		screen:  screenModel{cols: cols, rows: rows},
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
// no viewer a program runs on. A pipe waits when the ring is full and a viewer
// may be back for it.
func (c *Core) Room() int {
	room := math.MaxInt
	if c.pipe && (c.awaited || !c.seen || len(c.lanes) > 0) {
		room = ringLimit - int(c.out.end-max(c.taken, c.out.start))
	}
	if l := c.controller(); l != nil {
		room = min(room, int(l.limit-min(l.limit, c.out.end)))
	}
	return max(0, room)
}

// controller is the viewer whose size and speed count: the first to come of
// those that may type.
func (c *Core) controller() *lane {
	for _, l := range c.order {
		if !l.readOnly && !l.failed {
			return l
		}
	}
	return nil
}

// Viewers is how many watch.
func (c *Core) Viewers() int { return len(c.lanes) }

// Awaited says that nobody watches, and that not all of them left by themselves.
func (c *Core) Awaited() bool { return c.awaited }

// Size is what the controller's terminal has; 0 when nobody's counts.
func (c *Core) Size() (cols, rows uint16) {
	if l := c.controller(); l != nil {
		return l.cols, l.rows
	}
	return 0, 0
}

// Resized notes that the program's terminal has another size from here on.
func (c *Core) Resized(cols, rows uint16) { c.screen.resize(c.out.end, cols, rows) }

// Exited says how the program ended. No output follows.
func (c *Core) Exited(e wire.Exit) { c.exit = &e }

// Delivered says that everybody who watched has seen the end: a viewer closes
// its stream when it has the exit. Somebody always comes, if only to start it.
func (c *Core) Delivered() bool {
	if c.exit == nil || !c.seen || c.awaited {
		return false
	}
	for _, l := range c.lanes {
		if !l.failed {
			return false
		}
	}
	return true
}

// Drop forgets all lanes: the link broke. Their viewers may be back.
func (c *Core) Drop() {
	for _, l := range c.lanes {
		c.remove(l, true)
	}
}

func (c *Core) remove(l *lane, awaited bool) {
	delete(c.lanes, l.stream)
	c.order = slices.DeleteFunc(c.order, func(o *lane) bool { return o == l })
	c.broken = c.broken || awaited && !l.failed
	if len(c.lanes) == 0 {
		c.awaited, c.broken = c.broken, false
	}
}

// Due says that Next has something.
func (c *Core) Due() bool {
	for _, l := range c.order {
		switch {
		case len(l.owed) > 0:
			return true
		case l.failed:
		case l.sent < c.out.start, l.sent < min(c.out.end, l.limit), c.exit != nil && l.sent == c.out.end && !l.exited:
			return true
		}
	}
	return false
}

// Next is the next frame due to any viewer; its payload is appended to buf.
func (c *Core) Next(buf []byte) (wire.Frame, bool) {
	for _, l := range c.order {
		if f, ok := c.nextOf(l, buf); ok {
			return f, true
		}
	}
	return wire.Frame{}, false
}

func (c *Core) nextOf(l *lane, buf []byte) (wire.Frame, bool) {
	if len(l.owed) == 0 && !l.failed && l.sent < c.out.start {
		c.skip(l)
	}
	if len(l.owed) > 0 {
		f := l.owed[0]
		l.owed = l.owed[1:]
		return f, true
	}
	if l.failed {
		return wire.Frame{}, false
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
	if c.exit != nil && l.sent == c.out.end && !l.exited {
		l.exited = true
		return wire.Frame{Kind: wire.KindExit, Stream: l.stream, Offset: c.out.end, Payload: wire.Encode(c.exit)}, true
	}
	return wire.Frame{}, false
}

// skip moves a viewer the ring has left behind on to the screen as it is.
func (c *Core) skip(l *lane) {
	c.owe(l, wire.KindGap, c.out.end, wire.Encode(wire.Gap{From: l.sent, To: c.out.end}))
	c.show(l)
}

// show owes a viewer the screen as it is, in place of all output so far.
func (c *Core) show(l *lane) {
	for b := c.screen.snapshot(&c.out); len(b) > 0; {
		n := min(len(b), wire.MaxPayload)
		c.owe(l, wire.KindScreen, c.out.end, b[:n])
		b = b[n:]
	}
	granted := l.limit - min(l.limit, l.acked)
	l.sent, l.acked = c.out.end, c.out.end
	l.limit = c.out.end + granted
}

func (c *Core) owe(l *lane, kind wire.Kind, offset uint64, payload []byte) {
	l.owed = append(l.owed, wire.Frame{Kind: kind, Stream: l.stream, Offset: offset, Payload: payload})
}
