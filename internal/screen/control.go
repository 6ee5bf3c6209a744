package screen

import "cmp"

// execute does a control character.
func (s *Screen) execute(b byte) {
	s.join = 0
	switch b {
	case '\b':
		s.backspace()
	case '\t':
		s.tab(1)
	case '\n', '\v', '\f':
		s.lineFeed()
	case '\r':
		s.cur.x = 0
	case 0x0e:
		s.shift(1)
	case 0x0f:
		s.shift(0)
	}
}

func (s *Screen) lineFeed() {
	b := s.cur
	if s.mode.has(modeNewLine) {
		b.x = 0
	}
	b.y++
	switch {
	case b.y == b.end:
		b.y--
		b.scroll(s.pen.blank(), false)
	case b.y >= b.rows:
		b.y = b.rows - 1
	default:
		b.raw(b.y).wrapped = false
	}
	if b.x >= b.cols {
		b.x--
	}
}

// backspace goes left; with reverse wraparound, from the first column to the
// end of the line that was wrapped into this one.
func (s *Screen) backspace() {
	b := s.cur
	if !s.mode.has(modeReverseWrap) {
		s.keepInside(b.cols - 1)
		b.x = max(b.x-1, 0)
		return
	}
	s.keepInside(b.cols)
	if b.x > 0 {
		b.x--
	} else if b.y > b.top && b.y < b.end && b.row(b.y).wrapped {
		b.row(b.y).wrapped = false
		b.y--
		b.x = b.cols - 1
		if c := b.row(b.y).at(b.x); c.width() > 0 && c.empty() {
			b.x--
		}
	}
	s.keepInside(b.cols - 1)
}

// tab goes to the n-th next tab stop, or back with n < 0.
func (s *Screen) tab(n int) {
	b := s.cur
	if b.x >= b.cols {
		return
	}
	for ; n > 0 && b.x < b.cols-1; n-- {
		for b.x++; b.x < b.cols-1 && !b.tabs[b.x]; {
			b.x++
		}
	}
	for ; n < 0 && b.x > 0; n++ {
		for b.x--; b.x > 0 && !b.tabs[b.x]; {
			b.x--
		}
	}
}

func (s *Screen) shift(level int) {
	s.level, s.charset = level, s.g[level]
}

// designate puts a set into one of the four places.
func (s *Screen) designate(level int, set byte) {
	if set != '0' && set != 'A' {
		set = 'B' // national sets are long gone
	}
	s.g[level] = set
	if s.level == level {
		s.charset = set
	}
}

// escape does an ESC sequence.
func (s *Screen) escape(cmd int) {
	s.join = 0
	final := byte(cmd)
	switch cmd >> 16 {
	case 0:
		s.plainEscape(final)
	case '%':
		s.level = 0
		s.designate(0, 'B')
	case '#':
		if final == '8' {
			s.align()
		}
	case '(':
		s.designate(0, final)
	case ')', '-':
		s.designate(1, final)
	case '*', '.':
		s.designate(2, final)
	case '+':
		s.designate(3, final)
	}
}

func (s *Screen) plainEscape(final byte) {
	b := s.cur
	switch final {
	case '7':
		s.save()
	case '8':
		s.restore()
	case 'D':
		s.index()
	case 'E':
		b.x = 0
		s.index()
	case 'H':
		b.tabs[b.x] = true
	case 'M':
		s.reverseIndex()
	case '=':
		s.mode.set(modeKeypad, true)
	case '>':
		s.mode.set(modeKeypad, false)
	case 'c':
		s.reset()
	case '~':
		s.shift(1)
	case 'n', '}':
		s.shift(2)
	case 'o', '|':
		s.shift(3)
	}
}

func (s *Screen) save() {
	s.cur.saved = saved{s.cur.x, s.cur.y, s.pen, s.charset}
}

// restore is DECRC. The hyperlink is not a part of it.
func (s *Screen) restore() {
	b := s.cur
	b.x, b.y = b.saved.x, b.saved.y
	link := s.pen.link()
	s.pen = b.saved.style
	s.ucolor = s.pen.ucolor()
	s.setLink(link)
	s.charset = cmp.Or(b.saved.charset, 'B')
	s.keepInside(b.cols - 1)
}

// index goes down a line and scrolls at the end of the region.
func (s *Screen) index() {
	b := s.cur
	s.keepInside(b.cols - 1)
	b.y++
	if b.y == b.end {
		b.y--
		b.scroll(s.pen.blank(), false)
	}
	s.keepInside(b.cols - 1)
}

func (s *Screen) reverseIndex() {
	b := s.cur
	s.keepInside(b.cols - 1)
	if b.y == b.top {
		b.rotateBack(b.top, b.end, 1, s.pen.blank())
		return
	}
	b.y--
	s.keepInside(b.cols - 1)
}

// align is DECALN: the screen full of E.
func (s *Screen) align() {
	s.moveTo(0, 0)
	c := style{fg: s.pen.fg, bg: s.pen.bg}.with(glyph('E', 1))
	for y := s.cur.y; y < s.cur.rows; y++ {
		r := s.cur.raw(y)
		r.wrapped = false
		r.flood(s.cur.cols, c)
	}
	s.moveTo(0, 0)
}

// keepInside brings the cursor back to where it may be: up to column x, in the
// region under origin mode.
func (s *Screen) keepInside(x int) {
	b := s.cur
	b.x = max(0, min(b.x, x))
	top, end := 0, b.rows
	if s.mode.has(modeOrigin) {
		top, end = b.top, b.end
	}
	b.y = max(top, min(b.y, end-1))
}

// moveTo is CUP, from 0.
func (s *Screen) moveTo(x, y int) {
	b := s.cur
	b.x, b.y = x, y
	if s.mode.has(modeOrigin) {
		b.y += b.top
	}
	s.keepInside(b.cols - 1)
}
