package session

import (
	"cmp"

	"vsay/internal/wire"
)

// Act is what a viewer's frame asks of the world around the Core.
type Act struct {
	Signal string // send this to the program
	Keys   bool   // there is input to write
}

// errOnlyWatched is told to who types where the machine's own policy forbids it.
var errOnlyWatched = wire.ErrForbidden.With("this machine lets people only watch (its agent runs with --read-only): nothing that is typed gets there; attach with --read-only")

// Take reads one frame of a viewer. A viewer that breaks the rules is owed a
// Close that says so; nobody else notices.
func (c *Core) Take(f wire.Frame) Act {
	if f.Kind == wire.KindOpen {
		c.open(f)
		return Act{}
	}
	l := c.lanes[f.Stream]
	switch {
	case l == nil: // its last frames, on their way still
		return Act{}
	case f.Kind == wire.KindClose:
		l.away = len(f.Payload) > 0
		c.remove(l)
		return Act{}
	case l.failed:
		return Act{}
	}
	act, err := c.take(l, f)
	if err != nil {
		c.fail(l, err)
		return Act{}
	}
	return act
}

func (c *Core) take(l *lane, f wire.Frame) (Act, error) {
	switch f.Kind {
	case wire.KindAck:
		return Act{}, c.ack(l, f)
	case wire.KindInput, wire.KindInputEnd, wire.KindResize, wire.KindSignal:
		if c.readOnly {
			return c.watched(l, f)
		}
		if !l.types {
			return Act{}, wire.ErrProtocol.With("a viewer that only watches cannot type")
		}
	}
	switch f.Kind {
	case wire.KindInput:
		return Act{Keys: true}, c.input(l.viewer, f)
	case wire.KindInputEnd:
		return Act{Keys: true}, c.inputEnd(l.viewer, f)
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

// watched is what becomes of keys where nobody may type. Their size viewers may tell:
// the picture is made for it. That nothing more is typed may be told to a pipe, for
// many commands wait for it.
func (c *Core) watched(l *lane, f wire.Frame) (Act, error) {
	switch {
	case f.Kind == wire.KindInput && len(f.Payload) > 0:
		return Act{}, errOnlyWatched
	case f.Kind == wire.KindInputEnd && c.pipe && l.types:
		return Act{Keys: true}, c.inputEnd(l.viewer, f)
	case f.Kind == wire.KindResize:
		cols, rows, err := f.Size()
		if err == nil {
			l.cols, l.rows = cols, rows
		}
		return Act{}, err
	}
	return Act{}, nil
}

func (c *Core) open(f wire.Frame) {
	if old := c.lanes[f.Stream]; old != nil {
		c.remove(old)
	}
	if len(c.lanes) >= 2*maxLanes {
		return // refusals pile up that nobody reads: no more of them
	}
	l := &lane{stream: f.Stream, viewer: &viewer{}}
	c.lanes[f.Stream] = l
	c.order = append(c.order, l)
	var o wire.Open
	err := wire.Decode(f.Payload, &o)
	switch {
	case err != nil:
	case o.Attachment == "" || len(o.Attachment) > 64:
		err = wire.ErrProtocol.With("an attachment needs a name")
	default:
		err = c.welcome(l, o)
	}
	if err != nil {
		c.fail(l, err)
	}
}

// welcome owes a new viewer Opened, and what it needs to know before output
// goes on.
func (c *Core) welcome(l *lane, o wire.Open) error {
	w := who{o.UserID, o.Attachment}
	v := c.viewers[w]
	switch {
	case len(c.lanes) > maxLanes:
		return wire.ErrSlowDown.With("%d viewers watch that session already", maxLanes)
	case v != nil && o.Generation < v.generation:
		return wire.ErrStolen // a newer link of this viewer was faster
	case v == nil && !o.ReadOnly && o.OutputFrom != nil: // what it typed may have been typed
		return wire.ErrGone.With("this viewer was away while many others came: attach again")
	case o.OutputFrom != nil && *o.OutputFrom > c.out.end:
		return wire.ErrGone.With("that session has never put out that much")
	}
	c.replace(w)
	l.who, l.viewer = w, c.remember(w)
	l.types, l.away, l.generation = !o.ReadOnly && (c.pipe || !c.readOnly), false, o.Generation // a pipe still needs its controller's pace
	l.version, l.cols, l.rows = o.Version, o.Cols, o.Rows
	if !c.seen && (!o.ReadOnly || o.New) {
		c.first, c.seen = w, true
	}
	if l.since.IsZero() && o.Viewer != nil {
		l.since = o.Viewer.Since
	}
	c.begin(l, o)
	return nil
}

// begin says where output goes on, and input.
func (c *Core) begin(l *lane, o wire.Open) {
	answer := wire.Opened{
		Version: wire.Version, Session: c.id, Name: cmp.Or(o.Name, c.name), TTY: !c.pipe, Fresh: o.New, Since: l.since, InputFrom: l.accepted,
		Window: uint32(uint64(c.inputWindow()) - (l.accepted - l.written)),
	}
	if o.OutputFrom != nil && *o.OutputFrom < c.out.end {
		answer.Missed = c.out.end
	}
	from, gap := c.from(l.who, o)
	redraw := o.OutputFrom == nil && from > 0 && !c.pipe
	early, history := uint64(0), false
	if redraw {
		early, history = c.earlier(l, o)
	}
	if history {
		from, redraw, answer.Missed = early, false, c.out.end
	}
	l.sent, l.acked = from, from
	l.limit = from + uint64(min(o.Window, c.maxWindow()))
	at := from
	if gap || redraw {
		at = c.out.end
	}
	c.owe(l, wire.KindOpened, at, wire.Encode(answer))
	switch {
	case c.resumesBoxed(l, o): // needs has what it needs
	case gap:
		c.skip(l)
	case redraw:
		c.show(l, true)
	case history, o.Redraw:
		c.repaint(l)
	}
}

// from is where output goes on for a viewer, and whether some is gone.
func (c *Core) from(w who, o wire.Open) (offset uint64, gap bool) {
	switch {
	case o.OutputFrom != nil:
		return *o.OutputFrom, *o.OutputFrom < c.out.start
	case c.pipe:
		return 0, c.out.start > 0
	case w == c.first && c.out.start == 0:
		return 0, false // the first to come gets every byte, if its first answer was lost, too
	}
	return c.out.end, false // a new viewer sees the screen as it is
}

// replace closes an older lane of the same viewer: of two links the newest counts.
func (c *Core) replace(w who) {
	for _, old := range c.order {
		if old.who == w && !old.failed {
			c.fail(old, wire.ErrStolen)
		}
	}
}

func (c *Core) ack(l *lane, f wire.Frame) error {
	if f.Offset > l.sent {
		return wire.ErrProtocol.With("output was acknowledged that was never sent")
	}
	l.acked = max(l.acked, f.Offset)
	l.limit = max(l.limit, f.Offset+uint64(min(f.Window(), c.maxWindow())))
	l.waits = l.waits && f.Offset < l.shown
	return nil
}

// maxWindow is what a viewer is granted at most: less than the ring, or the
// ring would leave a controller behind.
func (c *Core) maxWindow() uint32 { return uint32(min(maxWindow, c.out.limit/2)) }
