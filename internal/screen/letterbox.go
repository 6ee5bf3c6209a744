package screen

import (
	"hash/maphash"
)

// Box draws a screen on a terminal of another size: its upper left corner, moved
// no further than the cursor needs to be seen, and a thin line around it where the
// terminal is the larger one. It remembers what it drew, so that the next picture
// has only what changed.
type Box struct {
	cols, rows int
	x, y       int // of the screen, in the terminal's upper left corner

	drawn bool // what follows is what the terminal shows
	alt   bool
	title string
	modes string
	lines []uint64 // the hash of each row; 0 for an empty one
	seed  maphash.Seed
}

// NewBox is for a terminal of that size, in columns and rows. What it shows is
// not known.
func NewBox(cols, rows int) *Box {
	b := &Box{cols: max(1, cols), rows: max(1, min(rows, maxRows+1)), seed: maphash.MakeSeed()}
	b.lines = make([]uint64, b.rows)
	return b
}

// Draw makes the terminal show the screen as it is, and its keyboard speak as the
// program wants it to. Its mouse stays its own, since a program would take each
// click for one in another place. Nothing in it asks the terminal for an answer,
// and no output may follow it: only another picture, or a Redraw.
func (b *Box) Draw(s *Screen) []byte {
	b.turnTo(s)
	d := drawing{s: s}
	if !b.drawn || b.alt != s.Alternate() {
		b.begin(&d)
	}
	d.put("\x1b[?25l\x1b[?7l") // a terminal with wider characters would break lines
	b.state(&d)
	for y, old := range b.lines {
		line := drawing{s: s}
		b.line(&line, y)
		if b.lines[y] = b.hash(line.out); b.lines[y] != old {
			d.putf("\x1b[%d;1H\x1b[2K", y+1)
			d.out = append(d.out, line.out...)
		}
	}
	d.put("\x1b[?7h")
	b.cursor(&d)
	return d.out
}

// turnTo chooses the part of the screen that is seen: the upper left one if there
// is no cursor to be seen, since programs that hide theirs leave it anywhere.
func (b *Box) turnTo(s *Screen) {
	b.x, b.y = 0, 0
	if c := s.Cursor(); c.Visible {
		width := max(1, s.Cell(c.X, c.Y).Width)
		b.x, b.y = min(c.X, max(0, c.X+width-b.cols)), max(0, c.Y+1-b.rows)
	}
}

// begin empties the terminal.
func (b *Box) begin(d *drawing) {
	d.put(clean)
	if b.alt = d.s.Alternate(); b.alt {
		d.put("\x1b[?1049h") // where a wheel is keys for the program, and no history
	}
	d.put("\x1b[H\x1b[2J")
	b.drawn, b.title, b.modes = true, "", ""
	clear(b.lines)
}

// state sets the title and the modes that concern the person in front of it, if
// they changed.
func (b *Box) state(d *drawing) {
	s := d.s
	if title := "\x1b]2;" + s.title + "\x1b\\"; s.titled && title != b.title {
		b.title = title
		d.put(title)
	}
	modes := drawing{s: s}
	modes.boxModes()
	if string(modes.out) != b.modes {
		b.modes = string(modes.out)
		d.put(b.modes)
	}
}

// boxModes says of each mode whether it is on, unlike modes, which adds to a
// clean terminal.
func (d *drawing) boxModes() {
	m := &d.s.mode
	for _, f := range []struct {
		bit     uint32
		on, off string
	}{
		{modeCursorKeys, "\x1b[?1h", "\x1b[?1l"},
		{modeReverse, "\x1b[?5h", "\x1b[?5l"},
		{modeRepeat, "\x1b[?8h", "\x1b[?8l"},
		{modeKeypad, "\x1b=", "\x1b>"},
		{modeFocus, "\x1b[?1004h", "\x1b[?1004l"},
		{modePaste, "\x1b[?2004h", "\x1b[?2004l"},
		{modeTheme, "\x1b[?2031h", "\x1b[?2031l"},
		{modeNewLine, "\x1b[20h", "\x1b[20l"},
	} {
		if m.has(f.bit) {
			d.put(f.on)
		} else {
			d.put(f.off)
		}
	}
	d.choice(modeBlinkSet, modeBlink, 12)
	d.choice(modeAltScrollSet, modeAltScroll, 1007)
	d.putf("\x1b[%d q\x1b[>4;%dm\x1b[<99u", m.cursor, m.otherKeys)
	d.keyboard(d.s.cur.keys)
}

// line draws a row of the terminal, which is empty and has the cursor at its start.
func (b *Box) line(d *drawing, y int) {
	cols, rows := d.s.Size()
	width := min(b.cols, cols)
	switch {
	case y < rows-b.y:
		part := d.s.cur.row(b.y+y).part(b.x, width)
		d.cells(&part, 0, width)
		if b.cols > cols {
			d.goTo(cols)
			d.style(border)
			d.put("│")
		}
	case y == rows-b.y:
		d.style(border)
		for range width {
			d.put("─")
		}
		if b.cols > cols {
			d.put("┘")
		}
	}
	d.style(style{})
}

// border is how the line around the screen is drawn.
var border = style{bg: attrDim}

// part is some columns of a row. The halves of wide characters that it cuts are
// drawn as blanks.
func (r *row) part(x, cols int) row {
	n := len(r.cells)
	return row{cells: r.cells[min(x, n):min(x+cols, n)]}
}

func (b *Box) hash(line []byte) uint64 {
	if len(line) == 0 {
		return 0
	}
	return maphash.Bytes(b.seed, line)
}

// cursor goes where the screen's is.
func (b *Box) cursor(d *drawing) {
	c := d.s.Cursor()
	x, y := max(0, min(c.X-b.x, b.cols-1)), max(0, min(c.Y-b.y, b.rows-1))
	d.putf("\x1b[%d;%dH", y+1, x+1)
	if c.Visible {
		d.put("\x1b[?25h")
	}
}
