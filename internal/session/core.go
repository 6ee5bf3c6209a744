package session

import (
	"math"
	"slices"

	"vsay/internal/wire"
)

// Sizes in bytes, and counts.
const (
	ringLimit   = 8 << 20   // output kept for those who come back
	inputWindow = 256 << 10 // typed and not yet written to a terminal
	pipeWindow  = 1 << 20   // the same for a command's stdin
	maxWindow   = 4 << 20   // no viewer is granted more, whatever it says
	maxLanes    = 64        // viewers at a time
	maxTypists  = 64        // attachments whose input is counted; no fewer than lanes
)

// Core is a session without a world. Its owner serialises the calls.
type Core struct {
	id, name string
	pipe     bool // a command without a terminal: none of its output may be skipped

	out     output
	lanes   map[uint32]*lane
	order   []*lane // the same, by arrival
	turn    int     // whose output goes first, in order
	typists map[who]*typist
	recent  []who // of typists, the latest last
	ranks   int
	keys    []keys
	taken   uint64       // of a pipe: output its last controller acknowledged
	away    map[who]bool // broke off, and may be back; true: to type
	first   who          // the first that came
	seen    bool         // somebody has watched
	exit    *wire.Exit
	screen  screenModel
}

// who is a viewer over all its links.
type who struct{ user, attachment string }

// lane is one viewer's link to the session.
type lane struct {
	stream     uint32
	who        who
	typist     *typist // nil: it only watches
	cols, rows uint16
	owed       []wire.Frame // to be sent before any output
	opened     bool         // Opened was sent
	typed      bool         // an Ack of input is due
	sent       uint64
	acked      uint64
	limit      uint64 // output may be sent up to here
	exited     bool   // Exit was sent
	failed     bool   // Close is owed, and then it is over
}

// typist is one viewer's row of input. It outlives the lane.
type typist struct {
	rank     int    // the lowest is the controller
	accepted uint64 // next offset wanted
	written  uint64 // next offset not yet written to the program
	ended    bool
}

// NewCore begins a session. pipe says that its program has no terminal.
func NewCore(id, name string, pipe bool, cols, rows uint16) *Core {
	return &Core{
		id: id, name: name, pipe: pipe,
		out:     output{limit: ringLimit},
		lanes:   map[uint32]*lane{},
		typists: map[who]*typist{},
		away:    map[who]bool{},
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
// no viewer a program runs on. A pipe waits when the ring is full and one that
// controlled it may be back.
func (c *Core) Room() int {
	room := math.MaxInt
	l := c.controller()
	c.note()
	if l != nil {
		room = int(l.limit - min(l.limit, c.out.end))
	}
	if c.pipe && (l != nil || !c.seen || c.missed()) {
		room = min(room, c.out.room(c.taken))
	}
	return max(0, room)
}

// controller is the viewer whose size and speed count: of those that may type,
// the first to come. It stays so over a link that broke under everybody.
func (c *Core) controller() (first *lane) {
	for _, l := range c.order {
		if l.typist != nil && !l.failed && (first == nil || l.typist.rank < first.typist.rank) {
			first = l
		}
	}
	return first
}

// Viewers is how many watch.
func (c *Core) Viewers() int { return len(c.lanes) }

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
	if c.exit == nil || !c.seen || len(c.away) > 0 {
		return false
	}
	for _, l := range c.order {
		if !l.failed {
			return false
		}
	}
	return true
}

// Drop forgets all lanes: the link broke. It tells whether anybody watched, who
// then may be back.
func (c *Core) Drop() (watched bool) {
	c.note()
	for _, l := range c.order {
		c.miss(l)
		watched = watched || !l.failed
	}
	clear(c.lanes)
	c.order = nil
	return watched
}

// miss notes that a viewer broke off and may be back.
func (c *Core) miss(l *lane) {
	if !l.failed && len(c.away) < maxTypists {
		c.away[l.who] = l.typist != nil
	}
}

// missed says that one who could type may be back.
func (c *Core) missed() bool {
	for _, typed := range c.away {
		if typed {
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
	if l.typist != nil {
		c.ranks++
		l.typist.rank = c.ranks
	}
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
		return l.sent < c.out.start || l.sent < min(c.out.end, l.limit) || c.ends(l)
	})
}

// ends says that the exit is all that a viewer has not got.
func (c *Core) ends(l *lane) bool { return c.exit != nil && l.sent == c.out.end && !l.exited }

// Next is the next frame due to any viewer; its payload may be appended to buf.
// What was typed is acknowledged first, then everybody has his turn.
func (c *Core) Next(buf []byte) (wire.Frame, bool) {
	for _, l := range c.order {
		if l.typed && l.opened && !l.failed {
			l.typed = false
			return wire.AckFrame(l.stream, l.typist.written, c.inputWindow()), true
		}
	}
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
	if len(l.owed) == 0 && l.sent < c.out.start {
		c.skip(l)
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
