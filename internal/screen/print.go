package screen

import "unicode/utf8"

// printASCII prints text of the plain kind, which nearly all output is.
func (s *Screen) printASCII(p []byte) {
	if s.charset != 'B' || s.mode.has(modeInsert) || !s.mode.has(modeWrap) {
		for _, b := range p {
			s.print(rune(b))
		}
		return
	}
	b := s.cur
	for len(p) > 0 {
		if b.x >= b.cols {
			s.wrap()
		}
		r := b.row(b.y)
		n := min(len(p), b.cols-b.x)
		s.unpair(r, b.x, b.x+n)
		r.extend(b.x + n)
		c := s.pen.with(0)
		cells := r.cells[b.x : b.x+n]
		for i, ch := range p[:n] {
			c.ch = uint32(ch)
			cells[i] = c
		}
		b.x += n
		p = p[n:]
	}
	s.join = 1
}

// unpair empties the halves of wide characters that stay outside [from, to)
// when it is overwritten.
func (s *Screen) unpair(r *row, from, to int) {
	if from > 0 && from < len(r.cells) && r.cells[from].tail() {
		r.cells[from-1] = s.pen.with(0)
	}
	if to < len(r.cells) && r.cells[to].tail() {
		r.cells[to] = s.pen.with(0)
	}
}

// print prints one character.
func (s *Screen) print(r rune) {
	r = translate(s.charset, r)
	width := s.width(r)
	if width == 0 && s.join > 0 {
		s.mark(r)
		return
	}
	b := s.cur
	s.join = width
	take := max(width, 1) // a mark with nothing to join stands alone
	if b.x+take > b.cols && !s.makeRoom(width) {
		return
	}
	line := b.row(b.y)
	if s.mode.has(modeInsert) {
		line.insert(b.x, width, b.cols, s.pen.with(0))
	}
	s.unpair(line, b.x, b.x+take)
	line.extend(b.x + take)
	line.cells[b.x] = s.pen.with(glyph(r, width))
	if width == 2 {
		line.cells[b.x+1] = s.pen.with(packWidth(0))
	}
	b.x += take
}

// makeRoom goes where a character that does not fit into the line is printed.
// It says no when there is no such place.
func (s *Screen) makeRoom(width int) bool {
	if s.mode.has(modeWrap) && width > 0 {
		s.wrap()
		return true
	}
	if width > 0 {
		s.cur.x = s.cur.cols - 1
	}
	return width == 1
}

// wrap goes on in the next line, and leaves the rest of this one empty.
func (s *Screen) wrap() {
	b := s.cur
	if b.x < b.cols {
		s.unpair(b.row(b.y), b.x, b.cols)
		for x := b.x; x < b.cols; x++ {
			b.row(b.y).set(x, s.pen.with(0))
		}
	}
	b.x = 0
	b.y++
	switch {
	case b.y == b.end:
		b.y--
		b.scroll(s.pen.blank(), true)
	case b.y >= b.rows:
		b.y = b.rows - 1
		b.raw(b.y).wrapped = true
	default:
		b.raw(b.y).wrapped = true
	}
}

// mark adds a character without width to the one before the cursor.
func (s *Screen) mark(r rune) {
	b := s.cur
	line := b.row(b.y)
	x := b.x - 1
	if x > 0 && line.width(x) == 0 && line.at(x).empty() {
		x--
	}
	if x < 0 || x >= len(line.cells) || line.cells[x].empty() {
		return
	}
	c := &line.cells[x]
	text := s.text(*c)
	if utf8.RuneCountInString(text) > maxMarks {
		return
	}
	if id := s.cluster(text + string(r)); id > 0 {
		c.ch = id | isCluster | packWidth(c.width())
	}
}

// repeat is REP: the character before the cursor again, n times. A screenful of
// them looks like any larger number.
func (s *Screen) repeat(width, n int) {
	b := s.cur
	x := b.x - width
	if width == 0 || x < 0 {
		return
	}
	text := s.text(b.row(b.y).at(x))
	n = min(n, b.cols*b.rows)
	if r, size := utf8.DecodeRuneInString(text); size == len(text) && s.repeatsPlainly(r) {
		s.repeatRows(r, n)
		return
	}
	if !s.affords(8 * n) { // each costs as much as many that are filled
		n = min(n, b.cols)
	}
	for range n {
		for _, r := range text {
			s.print(r)
		}
	}
}

// repeatsPlainly says that a character, again and again, does no more than to take
// the next column.
func (s *Screen) repeatsPlainly(r rune) bool {
	return s.charset == 'B' && s.width(r) == 1 && s.mode.has(modeWrap) && !s.mode.has(modeInsert)
}

// repeatRows is print n times, by the row.
func (s *Screen) repeatRows(r rune, n int) {
	b, c := s.cur, s.pen.with(glyph(r, 1))
	for n > 0 {
		if b.x >= b.cols {
			s.wrap()
		}
		take := min(n, b.cols-b.x)
		if take == b.cols {
			b.raw(b.y).flood(b.cols, c)
		} else {
			line := b.row(b.y)
			s.unpair(line, b.x, b.x+take)
			line.fillInside(b.x, b.x+take, c)
		}
		b.x += take
		n -= take
		s.join = 1
	}
}

// lineDrawing is the DEC special set, from '`' on.
var lineDrawing = [...]rune{
	'◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺',
	'⎻', '─', '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
}

// translate is what a character means in a set: '0' line drawing, 'A' British,
// 'B' as it is.
func translate(set byte, r rune) rune {
	switch {
	case set == '0' && r >= '`' && r <= '~':
		return lineDrawing[r-'`']
	case set == 'A' && r == '#':
		return '£'
	}
	return r
}
