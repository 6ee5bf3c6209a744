package session

import (
	"bytes"
	"slices"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

// mostHistory is the earlier output that a viewer gets at most, in bytes: a copy of it
// waits for the link of each that comes.
const mostHistory = 1 << 20

// earlier is where the output begins that a new viewer gets before the screen, if it
// asked for some: then it has above its screen what others have there. Output that makes
// something else of a terminal of this size than it made of the session's is of no use,
// because it was printed for another size, say, or begins inside a full-screen program.
// So it is tried first, and otherwise the screen comes with the lines above it, as the
// model has them.
func (c *Core) earlier(l *lane, o wire.Open) (from uint64, ok bool) {
	if o.History == 0 || o.OutputFrom != nil || c.pipe || l.cols == 0 || l.rows == 0 || !c.fits(l) {
		return 0, false
	}
	if l == c.sizer() {
		c.sizeFor(l)
	}
	from, ok = c.out.lineFrom(min(o.History, o.Window, c.maxWindow(), mostHistory))
	return from, ok && l.cols == c.cols && l.rows == c.rows && c.screen.sameAbove(&c.out, from)
}

// lineFrom is where the first line begins of the last so many bytes.
func (o *output) lineFrom(last uint32) (from uint64, ok bool) {
	from = o.end - min(uint64(last), o.end-o.start)
	for from > 0 && from < o.end {
		p := o.peek(from, int(o.end-from))
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			from += uint64(i) + 1
			break
		}
		from += uint64(len(p))
	}
	return from, from < o.end
}

// sameAbove tells whether output from an offset on leaves the same lines above the
// screen of an empty terminal as the model has.
func (s *screenModel) sameAbove(o *output, from uint64) bool {
	s.feed(o, o.end)
	trial := screen.New(s.model.Size())
	trial.StopAt(&s.stop)
	for from < o.end {
		p := o.peek(from, int(o.end-from))
		_, _ = trial.Write(p)
		from += uint64(len(p))
	}
	return slices.Equal(trial.Above(), s.model.Above())
}
