package session

import "vsay/internal/wire"

// repaint owes a viewer that goes on exactly where it was the output up to now
// and then the screen at that point: its terminal shows something that is not the
// session's. The screen takes the place of no output. So where there is more of
// that than the viewer's window it is not owed: the viewer asks again later.
func (c *Core) repaint(l *lane) {
	if c.pipe || c.out.end-l.sent > l.limit-l.sent {
		return
	}
	if l == c.sizer() {
		c.sizeFor(l)
	}
	for l.sent < c.out.end {
		b, _ := c.out.read(nil, l.sent, int(min(c.out.end-l.sent, wire.MaxPayload)))
		c.owe(l, wire.KindOutput, l.sent, b)
		l.sent += uint64(len(b))
	}
	acked, limit := l.acked, l.limit
	c.show(l, false)
	l.acked, l.limit = acked, limit // what was owed first is drawn first, and acknowledged
}

// sizeFor gives the program's terminal the size of a viewer's, as the holder is about
// to: the picture is for this terminal.
func (c *Core) sizeFor(l *lane) {
	if l.cols != c.cols || l.rows != c.rows {
		c.Resized(l.cols, l.rows)
	}
}
