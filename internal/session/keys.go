package session

import (
	"slices"

	"vsay/internal/wire"
)

// keys are input on its way to the program.
type keys struct {
	by  *typist
	p   []byte
	end bool // nothing is typed after it
}

func (c *Core) inputWindow() uint32 {
	if c.pipe {
		return pipeWindow
	}
	return inputWindow
}

// typist is a viewer's row of input. Rows are kept for those who may be back,
// and the oldest forgotten when there are many: who comes back to a row that is
// gone gets nil, since nobody knows what of its input was typed.
func (c *Core) typist(w who, back bool) *typist {
	t := c.typists[w]
	if t == nil && back {
		return nil
	}
	if t == nil {
		c.ranks++
		t = &typist{rank: c.ranks}
		c.typists[w] = t
	}
	c.recent = append(slices.DeleteFunc(c.recent, func(r who) bool { return r == w }), w)
	if len(c.recent) > maxTypists {
		oldest := slices.IndexFunc(c.recent, func(r who) bool { return !c.watches(r) })
		delete(c.typists, c.recent[oldest])
		delete(c.away, c.recent[oldest])
		c.recent = slices.Delete(c.recent, oldest, oldest+1)
	}
	return t
}

func (c *Core) watches(w who) bool {
	return slices.ContainsFunc(c.order, func(l *lane) bool { return l.who == w && !l.failed })
}

// input keeps what of a frame is new: a resend after a broken link is not typed
// twice.
func (c *Core) input(t *typist, f wire.Frame) error {
	if f.Offset > t.accepted {
		return wire.ErrProtocol.With("input is missing")
	}
	known := t.accepted - f.Offset
	if known >= uint64(len(f.Payload)) {
		return nil
	}
	fresh := f.Payload[known:]
	if t.ended || t.accepted-t.written+uint64(len(fresh)) > uint64(c.inputWindow()) {
		return wire.ErrProtocol.With("more was typed than the window allows")
	}
	t.accepted += uint64(len(fresh))
	c.queue(t, fresh)
	return nil
}

// queue keeps a copy. Keys that come one by one while the program takes none are
// joined, or each of them would cost many times its size.
func (c *Core) queue(t *typist, p []byte) {
	if n := len(c.keys); n > 0 {
		last := &c.keys[n-1]
		if last.by == t && !last.end && len(last.p)+len(p) <= wire.MaxPayload {
			last.p = append(last.p, p...)
			return
		}
	}
	c.keys = append(c.keys, keys{by: t, p: slices.Clone(p)})
}

func (c *Core) inputEnd(t *typist, f wire.Frame) error {
	if f.Offset != t.accepted {
		return wire.ErrProtocol.With("input ends where it is not")
	}
	if !t.ended {
		t.ended = true
		c.keys = append(c.keys, keys{by: t, end: true})
	}
	return nil
}

// Keys is the next input to write to the program. end: none follows, ever.
func (c *Core) Keys() (k keys, ok bool) {
	if len(c.keys) == 0 {
		return keys{}, false
	}
	k, c.keys = pop(c.keys)
	return k, true
}

// Typed says that keys reached the program, or that there is none left to type
// for; its typist may send more.
func (c *Core) Typed(k keys) {
	k.by.written += uint64(len(k.p))
	for _, l := range c.order {
		if l.typist == k.by {
			l.typed = true
		}
	}
}
