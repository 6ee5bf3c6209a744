package screen

import (
	"fmt"
	"slices"
)

// Snapshot is output that makes a terminal of this size, whatever it showed
// before, show this screen with its history above, and be in the state in which
// the program believes it. Output that follows may follow it. Nothing in it asks
// the terminal for an answer.
func (s *Screen) Snapshot() []byte { return s.snapshot("\x1b[3J", 0) }

// Below is Snapshot for a terminal that has a history of its own: it stays, and
// this one's goes below it.
func (s *Screen) Below() []byte { return s.snapshot("", 0) }

// Redraw is Snapshot without the history, which leaves what the terminal has
// above its screen as it is.
func (s *Screen) Redraw() []byte { return s.snapshot("", s.main.base()) }

// clean takes from a terminal what an earlier program may have left in it: an
// unfinished sequence, the alternate screen, modes, a scroll region, charsets,
// colours, a hyperlink, keyboards. It is not RIS, at which some lose more than
// is ours to take.
const clean = "\x18\x1b\\\x1b[?2026l\x1b[?1049l\x1b[!p" +
	"\x1b[?1;5;6;9;45;66;1000;1002;1003;1004;1005;1006;1015;1016;2004;2031l" +
	"\x1b[?7;8;25h\x1b[4;20l\x1b>\x1b[>4m\x1b[<99u\x1b[r" +
	"\x1b(B\x1b)B\x1b*B\x1b+B\x0f\x1b[m\x1b[0\"q\x1b]8;;\x1b\\\x1b[0 q"

// snapshot draws the main screen's lines from the first on, after more of wiping.
func (s *Screen) snapshot(wipe string, first int) []byte {
	d := drawing{s: s}
	d.put(clean, "\x1b[H\x1b[2J", wipe)
	d.titles()
	d.tabs(s.main)
	d.lines(s.main, first)
	if s.alt != nil {
		d.alternate()
	}
	d.state()
	return append(d.out, s.unfinished()...)
}

// drawing is a snapshot being made, and what the terminal that reads it is in by then.
type drawing struct {
	s   *Screen
	out []byte
	pen style // as the terminal has it
	x   int   // the terminal's column; -1: not sure
}

func (d *drawing) put(text ...string) {
	for _, t := range text {
		d.out = append(d.out, t...)
	}
}

func (d *drawing) putf(format string, args ...any) { d.out = fmt.Appendf(d.out, format, args...) }

// alternate leaves the main screen as it lies beneath, and draws the other one.
func (d *drawing) alternate() {
	m, a := d.s.main, d.s.alt
	if m.top > 0 || m.end < m.rows {
		d.putf("\x1b[%d;%dr", m.top+1, m.end)
	}
	d.keyboard(m.keys)
	d.saveAt(m.saved, "\x1b[?1049h")
	d.put("\x1b[r\x1b[H\x1b[2J")
	d.tabs(a)
	d.lines(a, 0)
}

// saveAt makes the terminal save a cursor as it was saved here.
func (d *drawing) saveAt(v saved, save string) {
	if v.charset == '0' || v.charset == 'A' {
		d.put("\x1b(", string(v.charset))
	}
	d.putf("\x1b[%d;%dH", v.y+1, min(v.x+1, d.s.cur.cols))
	d.style(v.style)
	d.put(save)
	d.style(style{})
	d.put("\x1b(B")
}

// tabs sets the tab stops.
func (d *drawing) tabs(b *buffer) {
	d.put("\x1b[3g")
	for x, stop := range b.tabs[:b.cols] {
		if stop {
			d.putf("\x1b[%dG\x1bH", x+1)
		}
	}
	d.put("\r")
}

func (d *drawing) titles() {
	s := d.s
	if !s.titled {
		return
	}
	for _, t := range s.titles {
		d.put("\x1b]2;", t, "\x1b\\\x1b[22;2t")
	}
	d.put("\x1b]2;", s.title, "\x1b\\")
}

func (d *drawing) keyboard(k keyboard) {
	for i, flags := range append(slices.Clone(k.stack), k.flags) {
		switch {
		case i > 0:
			d.putf("\x1b[>%du", flags)
		case flags > 0:
			d.putf("\x1b[=%d;1u", flags)
		}
	}
}

// state sets all that is not cells. The cursor comes last, since the scroll
// region and the origin mode move it, and the character before it after
// everything else, since only so may a mark, or REP, still follow it.
func (d *drawing) state() {
	s, b := d.s, d.s.cur
	d.saveAt(b.saved, "\x1b7")
	if b.top > 0 || b.end < b.rows {
		d.putf("\x1b[%d;%dr", b.top+1, b.end)
	}
	d.keyboard(b.keys)
	d.modes()
	if x := b.x - s.join; s.joinable(x) {
		d.charsets()
		d.lateModes()
		d.moveTo(x)
		d.last(x)
		return
	}
	d.place()
	d.charsets()
	d.style(s.pen)
	d.lateModes()
}

// lateModes sets the modes that would have disturbed the drawing.
func (d *drawing) lateModes() {
	if d.s.mode.has(modeInsert) {
		d.put("\x1b[4h")
	}
	if !d.s.mode.has(modeWrap) {
		d.put("\x1b[?7l")
	}
	if d.s.mode.has(modeSync) {
		d.put("\x1b[?2026h")
	}
}

// joinable tells whether the character in column x was the last thing printed,
// and can be printed again as it was.
func (s *Screen) joinable(x int) bool {
	if s.join == 0 || x < 0 || s.mode.has(modeInsert) {
		return false
	}
	c := s.cur.row(s.cur.y).at(x)
	return !c.empty() && c.width() == s.join && c.style() == s.pen
}

// place puts the cursor where it is, and past the last column if it is there.
func (d *drawing) place() {
	b := d.s.cur
	if b.x < b.cols {
		d.moveTo(b.x)
		return
	}
	x := b.cols - 1
	if b.row(b.y).at(x).tail() {
		x--
	}
	d.moveTo(x)
	d.last(x)
}

// moveTo goes to a column of the cursor's row.
func (d *drawing) moveTo(x int) {
	b := d.s.cur
	y := b.y
	if d.s.mode.has(modeOrigin) {
		y -= b.top
	}
	d.putf("\x1b[%d;%dH", max(y, 0)+1, x+1)
}

// last prints a cell once more.
func (d *drawing) last(x int) {
	c := d.s.cur.row(d.s.cur.y).at(x)
	d.style(c.style())
	if c.empty() {
		d.put(" ")
	}
	d.put(d.s.text(c))
}

func (d *drawing) charsets() {
	s := d.s
	g := s.g
	g[s.level] = s.charset
	for i, set := range g {
		if set != 'B' {
			d.putf("\x1b%c%c", "()*+"[i], set)
		}
	}
	d.put([]string{"", "\x0e", "\x1bn", "\x1bo"}[s.level])
}

func (d *drawing) modes() {
	m := &d.s.mode
	flags := []struct {
		bit  uint32
		text string
	}{
		{modeCursorKeys, "\x1b[?1h"},
		{modeReverse, "\x1b[?5h"},
		{modeOrigin, "\x1b[?6h"},
		{modeHidden, "\x1b[?25l"},
		{modeReverseWrap, "\x1b[?45h"},
		{modeKeypad, "\x1b="},
		{modeFocus, "\x1b[?1004h"},
		{modePaste, "\x1b[?2004h"},
		{modeTheme, "\x1b[?2031h"},
		{modeNewLine, "\x1b[20h"},
	}
	for _, f := range flags {
		if m.has(f.bit) {
			d.put(f.text)
		}
	}
	if !m.has(modeRepeat) {
		d.put("\x1b[?8l")
	}
	d.choice(modeBlinkSet, modeBlink, 12)
	d.choice(modeAltScrollSet, modeAltScroll, 1007)
	for _, n := range []uint16{m.mouse, m.mouseForm} {
		if n > 0 {
			d.putf("\x1b[?%dh", n)
		}
	}
	if m.cursor > 0 {
		d.putf("\x1b[%d q", m.cursor)
	}
	if m.otherKeys > 0 {
		d.putf("\x1b[>4;%dm", m.otherKeys)
	}
}

// choice sets a mode whose default is the user's, if the program chose.
func (d *drawing) choice(chosen, bit uint32, n int) {
	switch m := &d.s.mode; {
	case !m.has(chosen):
	case m.has(bit):
		d.putf("\x1b[?%dh", n)
	default:
		d.putf("\x1b[?%dl", n)
	}
}
