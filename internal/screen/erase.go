package screen

// eraser empties a part of a row: all of it, or what is not protected.
type eraser func(r *row, from, to, cols int, blank cell)

func (s *Screen) eraseDisplay(which int, erase eraser) {
	b := s.cur
	s.keepInside(b.cols)
	switch which {
	case 0:
		s.eraseLine(0, erase)
		s.eraseRows(b.y+1, b.rows, erase)
	case 1:
		s.eraseLine(1, erase)
		b.row(b.y).wrapped = false
		if b.x+1 >= b.cols && b.y+1 < b.rows {
			b.row(b.y + 1).wrapped = false // nothing is left that it could go on from
		}
		s.eraseRows(0, b.y, erase)
	case 2:
		s.eraseRows(0, b.rows, erase)
	case 3:
		b.forget()
	}
}

func (s *Screen) eraseRows(from, to int, erase eraser) {
	b := s.cur
	cheap := s.affords(b.cols * (to - from))
	for y := from; y < to; y++ {
		r := b.raw(y)
		r.wrapped = false
		if cheap {
			erase(r, 0, b.cols, b.cols, s.pen.blank())
		} else {
			r.flood(b.cols, s.pen.blank())
		}
	}
}

func (s *Screen) eraseLine(which int, erase eraser) {
	b := s.cur
	s.keepInside(b.cols)
	r := b.row(b.y)
	switch which {
	case 0:
		erase(r, b.x, b.cols, b.cols, s.pen.blank())
		r.wrapped = r.wrapped && b.x > 0
	case 1:
		erase(r, 0, b.x+1, b.cols, s.pen.blank())
	case 2:
		erase(r, 0, b.cols, b.cols, s.pen.blank())
		r.wrapped = false
	}
}

func (s *Screen) eraseChars(n int) {
	b := s.cur
	s.keepInside(b.cols - 1)
	b.row(b.y).erase(b.x, b.x+n, b.cols, s.pen.blank())
}

func (s *Screen) insertChars(n int) {
	b := s.cur
	s.keepInside(b.cols - 1)
	b.row(b.y).insert(b.x, n, b.cols, s.pen.blank())
}

func (s *Screen) deleteChars(n int) {
	b := s.cur
	s.keepInside(b.cols - 1)
	b.row(b.y).remove(b.x, n, b.cols, s.pen.blank())
}

// inRegion tells whether the cursor is in the scroll region.
func (b *buffer) inRegion() bool { return b.y >= b.top && b.y < b.end }

func (s *Screen) insertLines(n int) {
	b := s.cur
	s.keepInside(b.cols - 1)
	if !b.inRegion() {
		return
	}
	b.rotateBack(b.y, b.end, n, s.pen.blank())
	b.x = 0
}

func (s *Screen) deleteLines(n int) {
	b := s.cur
	s.keepInside(b.cols - 1)
	if !b.inRegion() {
		return
	}
	b.rotate(b.y, b.end, n, s.pen.blank())
	b.x = 0
}

// scrollUp is SU: what it takes away is lost, not kept in the history.
func (s *Screen) scrollUp(n int) {
	b := s.cur
	b.rotate(b.top, b.end, n, s.pen.blank())
}

func (s *Screen) scrollDown(n int) {
	b := s.cur
	b.rotateBack(b.top, b.end, n, cell{})
}

// shiftColumns inserts or removes columns in all rows of the region.
func (s *Screen) shiftColumns(x, n int, shift func(r *row, x, n, cols int, blank cell)) {
	b := s.cur
	if !b.inRegion() {
		return
	}
	if !s.affords(b.cols * (b.end - b.top)) {
		b.empty(b.top, b.end, s.pen.blank())
		return
	}
	for y := b.top; y < b.end; y++ {
		r := b.row(y)
		shift(r, x%b.cols, n, b.cols, s.pen.blank())
		r.wrapped = false
	}
}
