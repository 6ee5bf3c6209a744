package screen

import (
	"strconv"
	"unicode/utf8"
)

// lines draws the rows of a buffer from the first on, which the cursor is in,
// on an empty screen. Those that do not fit scroll off into the history, as they
// did once.
func (d *drawing) lines(b *buffer, first int) {
	d.x = 0
	last := b.n - 1
	for b.base() == first && last > first && len(b.line(last).cells) == 0 && !b.line(last).wrapped {
		last--
	}
	var above row
	for i := first; i <= last; i++ {
		r, from := b.line(i).unpacked(), 0
		if i > first && r.wrapped {
			from = d.wrapInto(b, &r, &above)
		} else if i > first {
			d.background(0)
			d.put("\r\n")
			d.x = 0
		}
		d.cells(&r, from, b.cols)
		above = r
	}
	d.style(style{})
}

// cells draws a row from a column on. The cursor is in that row.
func (d *drawing) cells(r *row, x, cols int) {
	for x < len(r.cells) {
		c := r.cells[x]
		switch {
		case c.plain():
			x = d.gap(r, x)
		case c.empty(), c.width() == 2 && (x+1 >= cols || !r.at(x+1).tail()):
			d.goTo(x)
			d.style(c.style())
			d.put(" ")
			x++
			d.x = x
		default:
			if c.width() == 0 {
				d.x = -1 // or it would join the character before it
			}
			d.goTo(x)
			d.glyph(c)
			x += max(c.width(), 1)
		}
	}
}

// gap draws the empty cells of one background, and gives the column after them.
// The cursor does not move.
func (d *drawing) gap(r *row, x int) int {
	from, c := x, r.cells[x]
	for x < len(r.cells) && r.cells[x].empty() && r.cells[x].style() == c.style() {
		x++
	}
	if c.bg != 0 {
		d.goTo(from)
		d.background(c.bg)
		d.putf("\x1b[%dX", x-from)
	}
	return x
}

// glyph draws a character at the cursor.
func (d *drawing) glyph(c cell) {
	d.style(c.style())
	text := d.s.text(c)
	d.put(text)
	d.x += c.width()
	r, size := utf8.DecodeRuneInString(text)
	if c.width() == 0 || size < len(text) || disputed(r) {
		d.x = -1
	}
}

// goTo goes to a column of the row.
func (d *drawing) goTo(x int) {
	switch {
	case d.x == x:
		return
	case d.x < 0 || x < d.x:
		d.putf("\x1b[%dG", x+1)
	default:
		d.putf("\x1b[%dC", x-d.x)
	}
	d.x = x
}

// wrapInto goes on in a row that was wrapped into from the one above: the
// terminal breaks the line itself, and so knows that it is one. It gives the
// column to go on from.
func (d *drawing) wrapInto(b *buffer, r, above *row) int {
	c, last := r.at(0), above.at(b.cols-1)
	wide := c.width() == 2 && r.at(1).tail()
	short := last.empty() && !last.tail() && (last.plain() || wide && last.style() == c.style())
	switch {
	case short && wide:
		d.goTo(b.cols - 1)
	case short:
		d.goTo(b.cols - 1)
		d.background(0)
		d.put(" ")
	case d.x >= 0 && d.x < b.cols:
		d.again(above, b.cols)
	}
	d.x = 0
	from := d.first(c, wide)
	if short && (!wide || last.style() != c.style()) && b.rows > 1 {
		d.mend(b.cols, last.bg)
	}
	return from
}

// again draws the last character of a row once more, to be past the last column.
func (d *drawing) again(r *row, cols int) {
	x := cols - 1
	if r.at(x).tail() {
		x--
	}
	d.goTo(x)
	d.cells(r, x, cols)
}

// first draws the first cell of a wrapped line, from past the last column of the
// one above, and clears what the terminal may have put behind it.
func (d *drawing) first(c cell, wide bool) (next int) {
	switch {
	case c.plain():
		next = 1
		fallthrough
	case c.width() == 0, c.width() == 2 && !wide:
		d.background(0)
		d.put(" \r")
		d.background(c.bg)
		d.put("\x1b[X")
		return next
	case c.empty():
		d.style(c.style())
		d.put(" ")
		d.x = 1
	default:
		d.glyph(c)
	}
	if c.bg&fullColor != 0 && c.width() < d.s.cur.cols {
		d.background(0)
		d.put("\x1b[K")
	}
	return c.width()
}

// mend empties the last column of the line above.
func (d *drawing) mend(cols int, bg uint32) {
	d.background(bg)
	d.putf("\x1b[A\x1b[%dG\x1b[X\x1b[B\r", cols)
	d.x = 0
}

// background makes the pen one that erases with the given background.
func (d *drawing) background(bg uint32) {
	if d.pen.bg&fullColor != bg&fullColor {
		d.style(style{bg: bg & fullColor})
	}
}

// style makes the pen another one.
func (d *drawing) style(v style) {
	if v == d.pen {
		return
	}
	if v.link() != d.pen.link() {
		l := d.s.links.get(v.link())
		d.put("\x1b]8;", l.params, ";", l.uri, "\x1b\\")
	}
	if v.fg != d.pen.fg || v.bg != d.pen.bg || v.uline() != d.pen.uline() || v.ucolor() != d.pen.ucolor() {
		d.put("\x1b[0")
		d.attributes(v)
		d.put("m")
	}
	if v.bg&attrProtected != d.pen.bg&attrProtected {
		d.putf("\x1b[%d\"q", v.bg&attrProtected/attrProtected)
	} else if v.bg&attrProtected != 0 {
		d.put("\x1b[1\"q")
	}
	d.pen = v
}

// attributes adds the parameters of a style to SGR 0.
func (d *drawing) attributes(v style) {
	for n := 1; n < len(fgAttrs); n++ {
		if v.fg&fgAttrs[n]|v.bg&bgAttrs[n] != 0 {
			d.putf(";%d", n)
		}
	}
	if v.bg&attrOverline != 0 {
		d.put(";53")
	}
	d.color(v.fg, 30, ";")
	d.color(v.bg, 40, ";")
	if line := v.uline(); line == 1 {
		d.put(";4")
	} else if line > 1 {
		d.putf(";4:%d", line)
	}
	d.color(d.s.ucolors.get(v.ucolor()), 50, ":")
}

// color adds a colour; base is 30, 40 or, for that of an underline, 50, which
// goes with colons, since a terminal that does not know it skips it whole then.
func (d *drawing) color(c uint32, base int, sep string) {
	v := int(c & colorMask)
	switch c & modeMask {
	case color16:
		if v >= 8 {
			base += 60 - 8
		}
		d.put(";", strconv.Itoa(base+v))
	case color256:
		d.put(";", strconv.Itoa(base+8), sep, "5", sep, strconv.Itoa(v))
	case colorRGB:
		d.put(";", strconv.Itoa(base+8), sep, "2", sep)
		if sep == ":" {
			d.put(sep) // the colour space
		}
		d.put(strconv.Itoa(v>>16), sep, strconv.Itoa(v>>8&255), sep, strconv.Itoa(v&255))
	}
}
