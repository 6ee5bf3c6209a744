package session

import (
	"slices"

	"vsay/internal/wire"
)

// keys are input on its way to the program.
type keys struct {
	by  *viewer
	p   []byte
	end bool // nothing is typed after it
}

func (c *Core) inputWindow() uint32 {
	if c.pipe {
		return pipeWindow
	}
	return inputWindow
}

// remember is what is known of a viewer. They are kept for when they are back,
// and the one that was here least lately is forgotten when there are many.
func (c *Core) remember(w who) *viewer {
	v := c.viewers[w]
	if v == nil {
		c.ranks++
		v = &viewer{rank: c.ranks}
		c.viewers[w] = v
	}
	c.recent = append(slices.DeleteFunc(c.recent, func(r who) bool { return r == w }), w)
	if len(c.recent) > maxViewers {
		oldest := slices.IndexFunc(c.recent, func(r who) bool { return r != w && !c.watches(r) })
		delete(c.viewers, c.recent[oldest])
		c.recent = slices.Delete(c.recent, oldest, oldest+1)
	}
	return v
}

func (c *Core) watches(w who) bool {
	return slices.ContainsFunc(c.order, func(l *lane) bool { return l.who == w && !l.failed })
}

// input keeps what of a frame is new: a resend after a broken link is not typed
// twice.
func (c *Core) input(v *viewer, f wire.Frame) error {
	if f.Offset > v.accepted {
		return wire.ErrProtocol.With("input is missing")
	}
	known := v.accepted - f.Offset
	if known >= uint64(len(f.Payload)) {
		return nil
	}
	fresh := f.Payload[known:]
	if v.ended || v.accepted-v.written+uint64(len(fresh)) > uint64(c.inputWindow()) {
		return wire.ErrProtocol.With("more was typed than the window allows")
	}
	v.accepted += uint64(len(fresh))
	if l := c.controller(); !c.pipe && l != nil && l.viewer != v {
		typed := withoutAnswers(fresh)
		c.written(v, len(fresh)-len(typed))
		fresh = typed
	}
	if len(fresh) > 0 {
		c.queue(v, fresh)
	}
	return nil
}

// queue keeps a copy. Keys that come one by one while the program takes none are
// joined, or each of them would cost many times its size.
func (c *Core) queue(v *viewer, p []byte) {
	if n := len(c.keys); n > 0 {
		last := &c.keys[n-1]
		if last.by == v && !last.end && len(last.p)+len(p) <= wire.MaxPayload {
			last.p = append(last.p, p...)
			return
		}
	}
	c.keys = append(c.keys, keys{by: v, p: slices.Clone(p)})
}

func (c *Core) inputEnd(v *viewer, f wire.Frame) error {
	if f.Offset != v.accepted {
		return wire.ErrProtocol.With("input ends where it is not")
	}
	if !v.ended {
		v.ended = true
		c.keys = append(c.keys, keys{by: v, end: true})
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
// for; who typed them may send more.
func (c *Core) Typed(k keys) { c.written(k.by, len(k.p)) }

func (c *Core) written(v *viewer, n int) {
	if n == 0 {
		return
	}
	v.written += uint64(n)
	for _, l := range c.order {
		if l.viewer == v {
			l.typed = true
		}
	}
}
