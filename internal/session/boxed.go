package session

import (
	"vsay/internal/screen"
	"vsay/internal/wire"
)

// A viewer whose terminal has another size than the program's would show output
// as a mess, so it gets none: it is shown pictures of the screen, cut to its size
// or with a line around it, and goes on with output when the sizes are the same
// again. It gets the next picture when it has drawn the last one. So whatever the
// program puts out costs one picture in each of its round trips, and it slows
// nobody.

// box is what is known of a boxed viewer's terminal.
type box struct {
	*screen.Box
	cols, rows uint16    // of that terminal
	of         [2]uint16 // and of the program's
}

// fits says that a viewer's terminal takes the output as it is. One without a
// size is no terminal; an older client could not say that it has drawn a picture.
func (c *Core) fits(l *lane) bool {
	raw := c.pipe || l.cols == 0 || l.rows == 0 || l.version < wire.ScreenAcks
	return raw || l.cols == c.cols && l.rows == c.rows || l == c.sizer()
}

// need is what a viewer has to get before any more output.
type need int

const (
	nothing  need = iota
	patience      // until it has drawn the last picture
	boxing        // a picture in a box
	redraw        // the screen as it is, in place of a box
	aGap          // and the screen as it is: the ring has left it behind
)

func (c *Core) needs(l *lane) need {
	switch {
	case !c.fits(l) && !c.stale(l):
		return nothing
	case (l.boxed || !c.fits(l)) && l.waits:
		return patience
	case !c.fits(l):
		return boxing
	case l.boxed:
		return redraw
	case l.sent < c.out.start:
		return aGap
	}
	return nothing
}

// stale says that a boxed viewer's terminal shows something else than the screen.
func (c *Core) stale(l *lane) bool {
	return l.box == nil || l.sent < c.out.end || !c.drawnFor(l)
}

// drawnFor says that the sizes are those that the last picture was made for.
func (c *Core) drawnFor(l *lane) bool {
	return l.box.cols == l.cols && l.box.rows == l.rows && l.box.of == [2]uint16{c.cols, c.rows}
}

// provide owes a viewer what it needs. It tells whether anything may be sent.
func (c *Core) provide(l *lane) bool {
	switch c.needs(l) {
	case patience:
		return false
	case boxing:
		c.drawBox(l)
	case redraw:
		c.leaveBox(l)
	case aGap:
		c.skip(l)
	}
	return true
}

func (c *Core) drawBox(l *lane) {
	if l.box == nil || !c.drawnFor(l) {
		l.box = &box{screen.NewBox(int(l.cols), int(l.rows)), l.cols, l.rows, [2]uint16{c.cols, c.rows}}
	}
	l.boxed, l.waits, l.shown = true, true, c.out.end
	c.picture(l, c.screen.boxed(&c.out, l.box.Box))
}

func (c *Core) leaveBox(l *lane) {
	l.boxed, l.box = false, nil
	l.waits, l.shown = true, c.out.end
	l.whole = c.out.end + 1
	c.show(l, false)
}

// resumesBoxed says that output cannot go on for a viewer that has come back, or
// not begin for a new one. A link may have broken before the redraw that ends a
// box: who has drawn no byte after it is shown the screen once more.
func (c *Core) resumesBoxed(l *lane, o wire.Open) bool {
	redrawn := o.OutputFrom == nil || *o.OutputFrom >= l.whole
	l.boxed = l.boxed && o.OutputFrom != nil || !redrawn || !c.fits(l)
	return l.boxed
}
