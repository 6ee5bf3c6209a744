package session

import (
	"slices"

	"vsay/internal/wire"
)

// owe has a frame sent to a viewer before any output.
func (c *Core) owe(l *lane, kind wire.Kind, offset uint64, payload []byte) {
	l.owed = append(l.owed, wire.Frame{Kind: kind, Stream: l.stream, Offset: offset, Payload: payload})
}

// pay sends what is owed. After a Close nothing follows.
func (c *Core) pay(l *lane) (f wire.Frame) {
	f, l.owed = pop(l.owed)
	switch f.Kind {
	case wire.KindOpened:
		l.opened = true
	case wire.KindClose:
		c.remove(l)
	}
	return f
}

// skip moves a viewer the ring has left behind on to the screen as it is.
func (c *Core) skip(l *lane) {
	c.owe(l, wire.KindGap, c.out.end, wire.Encode(wire.Gap{From: l.sent, To: c.out.end}))
	c.show(l, false)
}

// show owes a viewer the screen as it is, in place of all output so far. An
// empty frame ends it: a viewer that did not get that far gets it anew.
func (c *Core) show(l *lane, fresh bool) {
	var picture []byte
	if !c.pipe {
		picture = c.screen.snapshot(&c.out, fresh)
	}
	c.picture(l, picture)
}

func (c *Core) picture(l *lane, drawing []byte) {
	for p := range slices.Chunk(drawing, wire.MaxPayload) {
		c.owe(l, wire.KindScreen, c.out.end, p)
	}
	c.owe(l, wire.KindScreen, c.out.end, nil)
	granted := l.limit - min(l.limit, l.acked)
	l.sent, l.acked = c.out.end, c.out.end
	l.limit = c.out.end + granted
}

// fail closes the stream of a viewer that broke the rules, and of no other.
func (c *Core) fail(l *lane, err error) {
	c.note()
	l.viewer = &viewer{} // who may be on another lane by now, or come again
	l.failed, l.owed = true, nil
	c.owe(l, wire.KindClose, 0, wire.Encode(wire.AsError(err)))
}

// pop takes the first of a queue, and keeps nothing of it alive.
func pop[T any](queue []T) (first T, rest []T) {
	var none T
	first, queue[0] = queue[0], none
	if len(queue) == 1 {
		return first, nil
	}
	return first, queue[1:]
}
