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
	if l == c.sizer() && (l.cols != c.cols || l.rows != c.rows) {
		c.Resized(l.cols, l.rows) // as it is about to be: the picture is for this terminal
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
