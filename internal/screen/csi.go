package screen

// Sequences are named by their final byte, with what comes before it:
// a prefix in the second byte, an intermediate in the third.
const (
	private = '?' << 8
	greater = '>' << 8
	less    = '<' << 8
	equals  = '=' << 8
	space   = ' ' << 16
	bang    = '!' << 16
	quote   = '"' << 16
	tick    = '\'' << 16
)

// arg is the n-th parameter, from 0, or 0. Parameters after a colon belong to
// the one before and are not counted.
func arg(ps []param, n int) int {
	for i := 0; i < len(ps); i = next(ps, i) {
		if n == 0 {
			return ps[i].or(0)
		}
		n--
	}
	return 0
}

// next is the index of the parameter after ps[i] and its sub-parameters.
func next(ps []param, i int) int {
	for i < len(ps)-1 && ps[i].more {
		i++
	}
	return i + 1
}

// count is a parameter that means 1 when it is 0 or not there.
func count(ps []param, n int) int { return max(arg(ps, n), 1) }

// csi does a control sequence. What asks for an answer is not among them.
func (s *Screen) csi(cmd int, ps []param) {
	join := s.join
	s.join = 0
	if cmd == 'b' {
		s.repeat(join, count(ps, 0))
		s.join = 0
		return
	}
	if !s.motion(cmd, ps) && !s.edit(cmd, ps) {
		s.setting(cmd, ps)
	}
}

// motion does the sequences that move the cursor.
func (s *Screen) motion(cmd int, ps []param) bool {
	b, n := s.cur, count(ps, 0)
	switch cmd {
	case 'A':
		s.up(n)
	case 'B':
		s.down(n)
	case 'C', 'a':
		s.move(n, 0)
	case 'D':
		s.move(-n, 0)
	case 'E':
		s.down(n)
		b.x = 0
	case 'F':
		s.up(n)
		b.x = 0
	case 'G', '`':
		s.moveColumn(n - 1)
	case 'H', 'f':
		s.moveTo(count(ps, 1)-1, n-1)
	case 'I':
		s.tab(n)
	case 'Z':
		s.tab(-n)
	case 'd':
		s.moveTo(b.x, n-1)
	case 'e':
		s.move(0, n)
	case 's':
		s.save()
	case 'u':
		s.restore()
	default:
		return false
	}
	return true
}

// move goes by columns and rows from where the cursor is.
func (s *Screen) move(x, y int) {
	b := s.cur
	s.keepInside(b.cols - 1)
	b.x += x
	b.y += y
	s.keepInside(b.cols - 1)
}

// moveColumn is CHA. Under origin mode the row is an absolute one all the same.
func (s *Screen) moveColumn(x int) {
	s.cur.x = x
	s.keepInside(s.cur.cols - 1)
}

// up stops at the top of the region, unless it starts above it.
func (s *Screen) up(n int) {
	if room := s.cur.y - s.cur.top; room >= 0 {
		n = min(n, room)
	}
	s.move(0, -n)
}

// down stops at the end of the region, unless it starts below it.
func (s *Screen) down(n int) {
	if room := s.cur.end - 1 - s.cur.y; room >= 0 {
		n = min(n, room)
	}
	s.move(0, n)
}

// edit does the sequences that change what is shown.
func (s *Screen) edit(cmd int, ps []param) bool {
	n := count(ps, 0)
	switch cmd {
	case 'J':
		s.eraseDisplay(arg(ps, 0), (*row).erase)
	case private | 'J':
		s.eraseDisplay(arg(ps, 0), (*row).eraseUnprotected)
	case 'K':
		s.eraseLine(arg(ps, 0), (*row).erase)
	case private | 'K':
		s.eraseLine(arg(ps, 0), (*row).eraseUnprotected)
	case 'X':
		s.eraseChars(n)
	case '@':
		s.insertChars(n)
	case 'P':
		s.deleteChars(n)
	case 'L':
		s.insertLines(n)
	case 'M':
		s.deleteLines(n)
	case 'S':
		s.scrollUp(n)
	case 'T':
		s.scrollDown(n)
	case space | '@':
		s.shiftColumns(0, n, (*row).remove)
	case space | 'A':
		s.shiftColumns(0, n, (*row).insert)
	case tick | '}':
		s.shiftColumns(s.cur.x, n, (*row).insert)
	case tick | '~':
		s.shiftColumns(s.cur.x, n, (*row).remove)
	default:
		return false
	}
	return true
}

// setting does the sequences that change how later ones are taken.
func (s *Screen) setting(cmd int, ps []param) {
	switch cmd {
	case 'm':
		s.sgr(ps)
	case 'h', 'l':
		each(ps, func(n int) { s.ansiMode(n, cmd == 'h') })
	case private | 'h':
		each(ps, func(n int) { s.privateMode(n, true) })
	case private | 'l':
		each(ps, func(n int) { s.privateMode(n, false) })
	case 'r':
		s.setRegion(count(ps, 0), arg(ps, 1))
	case 'g':
		s.clearTabs(arg(ps, 0))
	case 't':
		s.stackTitle(arg(ps, 0), arg(ps, 1))
	case bang | 'p':
		s.softReset()
	case space | 'q':
		s.setCursorStyle(arg(ps, 0), len(ps) == 0)
	case quote | 'q':
		s.protect(arg(ps, 0))
	case greater | 'm':
		s.setOtherKeys(arg(ps, 0), arg(ps, 1))
	case greater | 'u':
		s.cur.keys.push(arg(ps, 0))
	case less | 'u':
		s.cur.keys.pop(count(ps, 0))
	case equals | 'u':
		s.cur.keys.set(arg(ps, 0), count(ps, 1))
	}
}

func each(ps []param, do func(n int)) {
	for i := 0; i < len(ps); i = next(ps, i) {
		do(ps[i].or(0))
	}
}

func (s *Screen) setRegion(top, end int) {
	b := s.cur
	if end == 0 || end > b.rows {
		end = b.rows
	}
	if end > top {
		b.top, b.end = top-1, end
		s.moveTo(0, 0)
	}
}

func (s *Screen) clearTabs(which int) {
	switch b := s.cur; which {
	case 0:
		b.tabs[b.x] = false
	case 3:
		clear(b.tabs)
	}
}
