package session

import (
	"bytes"
	"math"
	"slices"

	"vsay/internal/wire"
)

// Act is what a viewer's frame asks of the world around the Core.
type Act struct {
	Signal string // send this to the program
	Keys   bool   // there is input to write
}

// Take reads one frame of a viewer. A viewer that breaks the rules is owed a
// Close that says so; nobody else notices.
func (c *Core) Take(f wire.Frame) Act {
	if f.Kind == wire.KindOpen {
		c.open(f)
		return Act{}
	}
	l := c.lanes[f.Stream]
	if l == nil || l.failed {
		return Act{} // its last frames, on their way still
	}
	act, err := c.take(l, f)
	if err != nil {
		c.fail(l, err)
	}
	return act
}

func (c *Core) take(l *lane, f wire.Frame) (Act, error) {
	switch f.Kind {
	case wire.KindAck:
		return Act{}, c.ack(l, f)
	case wire.KindClose:
		c.remove(l, len(f.Payload) > 0)
		return Act{}, nil
	}
	if l.readOnly {
		switch f.Kind {
		case wire.KindInput, wire.KindInputEnd, wire.KindResize, wire.KindSignal:
			return Act{}, wire.ErrProtocol.With("a viewer that only watches cannot type")
		}
	}
	switch f.Kind {
	case wire.KindInput:
		return Act{Keys: true}, c.input(l, f, false)
	case wire.KindInputEnd:
		return Act{Keys: true}, c.input(l, f, true)
	case wire.KindResize:
		cols, rows, err := f.Size()
		if err == nil {
			l.cols, l.rows = cols, rows
		}
		return Act{}, err
	case wire.KindSignal:
		return Act{Signal: string(f.Payload)}, nil
	}
	return Act{}, nil // of a newer client
}

func (c *Core) open(f wire.Frame) {
	l := &lane{stream: f.Stream}
	var o wire.Open
	err := wire.Decode(f.Payload, &o)
	if err == nil && (o.Attachment == "" || len(o.Attachment) > 64) {
		err = wire.ErrProtocol.With("an attachment needs a name")
	}
	if old := c.lanes[f.Stream]; old != nil {
		c.remove(old, false)
	}
	c.lanes[f.Stream] = l
	c.order = append(c.order, l)
	if err != nil {
		c.fail(l, err)
		return
	}
	c.replace(l, o.Attachment)
	c.awaited, c.broken = false, false
	l.attachment, l.readOnly, l.cols, l.rows = o.Attachment, o.ReadOnly, o.Cols, o.Rows
	c.welcome(l, o)
}

// replace removes an older lane of the same attachment: of two links of one
// viewer the newest counts.
func (c *Core) replace(l *lane, attachment string) {
	for _, old := range c.order {
		if old != l && old.attachment == attachment {
			c.remove(old, false)
			return
		}
	}
}

// welcome owes a new viewer Opened, and what it needs to know before output
// goes on.
func (c *Core) welcome(l *lane, o wire.Open) {
	answer := wire.Opened{Version: wire.Version, Session: c.id, Name: c.name, TTY: !c.pipe, Fresh: o.New, Window: c.inputWindow()}
	if !l.readOnly {
		t := c.typist(o.Attachment, o.UserID)
		answer.InputFrom = t.accepted
		answer.Window = uint32(uint64(c.inputWindow()) - (t.accepted - t.written))
	}
	from, gap := c.from(o)
	c.seen = true
	if from > c.out.end {
		c.fail(l, wire.ErrGone.With("that session has never put out that much"))
		return
	}
	l.sent, l.acked = from, from
	l.limit = from + uint64(min(o.Window, maxWindow))
	redraw := o.OutputFrom == nil && from > 0 && !c.pipe
	at := from
	if gap || redraw {
		at = c.out.end
	}
	c.owe(l, wire.KindOpened, at, wire.Encode(answer))
	if cols, rows := c.Size(); cols > 0 && rows > 0 {
		c.Resized(cols, rows) // the newcomer's, if it is the controller now
	}
	if gap {
		c.skip(l)
	} else if redraw {
		c.show(l)
	}
}

// from is where output goes on for a viewer, and whether some is gone.
func (c *Core) from(o wire.Open) (offset uint64, gap bool) {
	switch {
	case o.OutputFrom != nil && *o.OutputFrom < c.out.start:
		return *o.OutputFrom, true
	case o.OutputFrom != nil:
		return *o.OutputFrom, false
	case c.pipe:
		return 0, c.out.start > 0
	case !c.seen && c.out.start == 0:
		return 0, false // the first to come gets every byte
	}
	return c.out.end, false // a new viewer sees the screen as it is
}

func (c *Core) inputWindow() uint32 {
	if c.pipe {
		return pipeWindow
	}
	return inputWindow
}

func (c *Core) ack(l *lane, f wire.Frame) error {
	if f.Offset > l.sent {
		return wire.ErrProtocol.With("output was acknowledged that was never sent")
	}
	l.acked = max(l.acked, f.Offset)
	if limit := f.Offset + uint64(min(f.Window(), maxWindow)); f.Offset < math.MaxUint64-maxWindow {
		l.limit = max(l.limit, limit)
	}
	if c.pipe {
		c.taken = max(c.taken, l.acked)
	}
	return nil
}

// input keeps what of a frame is new: a resend after a broken link is not typed
// twice.
func (c *Core) input(l *lane, f wire.Frame, end bool) error {
	t := c.typists[l.attachment]
	if t == nil {
		return wire.ErrProtocol
	}
	if f.Offset > t.accepted {
		return wire.ErrProtocol.With("input is missing")
	}
	known := t.accepted - f.Offset
	if end {
		if !t.ended && known == 0 {
			t.ended = true
			c.keys = append(c.keys, keys{by: t, end: true})
		}
		return nil
	}
	if known >= uint64(len(f.Payload)) {
		return nil
	}
	fresh := f.Payload[known:]
	if t.ended || t.accepted+uint64(len(fresh)) > t.written+uint64(c.inputWindow()) {
		return wire.ErrProtocol.With("more was typed than the window allows")
	}
	t.accepted += uint64(len(fresh))
	c.keys = append(c.keys, keys{by: t, p: bytes.Clone(fresh)})
	return nil
}

// Keys is the next input to write to the program. end: none follows, ever.
func (c *Core) Keys() (k keys, ok bool) {
	if len(c.keys) == 0 {
		return keys{}, false
	}
	k = c.keys[0]
	c.keys = c.keys[1:]
	return k, true
}

// Typed says that keys reached the program, or that there is none left to type
// for; its typist may send more.
func (c *Core) Typed(k keys) {
	k.by.written += uint64(len(k.p))
	for _, l := range c.order {
		if t := c.typists[l.attachment]; t == k.by && !l.failed {
			ack := wire.AckFrame(l.stream, t.written, c.inputWindow())
			l.owed = append(l.owed, ack)
		}
	}
}

func (c *Core) fail(l *lane, err error) {
	l.failed = true
	l.owed = nil
	c.owe(l, wire.KindClose, 0, wire.Encode(wire.AsError(err)))
}

// typist is the row of input of an attachment. Rows are kept for those who may
// be back, and the oldest forgotten when there are many.
func (c *Core) typist(attachment, user string) *typist {
	if t := c.typists[attachment]; t != nil && t.user == user {
		return t
	}
	t := &typist{user: user}
	c.typists[attachment] = t
	c.recent = append(c.recent, attachment)
	if len(c.recent) > maxTypists {
		oldest := slices.IndexFunc(c.recent, func(name string) bool { return !c.watches(name) })
		delete(c.typists, c.recent[oldest])
		c.recent = slices.Delete(c.recent, oldest, oldest+1)
	}
	return t
}

func (c *Core) watches(attachment string) bool {
	return slices.ContainsFunc(c.order, func(l *lane) bool { return l.attachment == attachment })
}
