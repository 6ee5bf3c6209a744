//go:build unix

package chaos

import (
	"bytes"
	"testing"
)

// rows reads a client's terminal line by line. Of what moves a cursor it knows
// what a screen that is drawn anew is made of: the program itself only ever
// writes lines. The caller holds the stream's mu.
type rows struct {
	s      *stream
	line   []byte
	x      int
	y      int    // lines that have ended since a screen began
	esc    []byte // an unfinished sequence
	drawn  bool   // a screen has been drawn since begin
	redrew int    // screens drawn over others
	late   bool   // it has not seen the beginning
}

// begin is a new client: what it sees first is anything, and from then on there
// is no hole.
func (r *rows) begin() {
	r.line, r.x, r.esc, r.drawn = nil, 0, nil, false
	r.s.out.rejoin = r.late || r.s.out.Records > 0
}

func (r *rows) read(p []byte) {
	for _, c := range p {
		switch {
		case len(r.esc) > 0:
			r.esc = append(r.esc, c)
			if done(r.esc) {
				r.obey(r.esc)
				r.esc = nil
			}
		case c == 0x1b:
			r.esc = append(r.esc, c)
		case c == '\r':
			r.x = 0
		case c == '\n':
			r.full()
		case c >= 0x20 && c != 0x7f:
			r.print(c)
		}
	}
}

func (r *rows) print(c byte) {
	for len(r.line) <= r.x {
		r.line = append(r.line, ' ')
	}
	r.line[r.x] = c
	r.x++
}

// full is the end of a line.
func (r *rows) full() {
	r.s.out.row(r.line)
	r.line = r.line[:0]
	r.y++
}

// done says that a sequence is complete.
func done(seq []byte) bool {
	if len(seq) < 2 {
		return false
	}
	last := seq[len(seq)-1]
	switch seq[1] {
	case '[':
		return len(seq) > 2 && last >= 0x40 && last <= 0x7e
	case ']', 'P', '_', '^', 'X':
		return last == 0x07 || bytes.HasSuffix(seq, []byte("\x1b\\")) && len(seq) > 3
	}
	return last >= 0x30 // intermediates come before
}

func (r *rows) obey(seq []byte) {
	n, first, verb := 0, 0, seq[len(seq)-1]
	if seq[1] != '[' {
		return
	}
	for _, c := range seq[2 : len(seq)-1] {
		switch {
		case c == ';':
			first, n = n, 0 // the column is what comes last
		case c >= '0' && c <= '9':
			n = 10*n + int(c-'0')
		default:
			return // a private one moves nothing
		}
	}
	switch verb {
	case 'G':
		r.x = max(n, 1) - 1
	case 'H':
		if first == r.y+2 { // on to the next line, which the cursor is in
			r.full()
		}
		r.x = max(n, 1) - 1
	case 'C':
		r.x += max(n, 1)
	case 'J':
		r.redraw(n)
	}
}

// redraw is a screen that is drawn anew: the rows on it may have been seen.
func (r *rows) redraw(n int) {
	if n != 2 {
		return
	}
	if r.drawn {
		r.redrew++
	}
	r.line, r.x, r.y, r.drawn = r.line[:0], 0, 0, true
	r.s.out.rejoin = r.late || r.s.out.Records > 0
}

func TestRows(t *testing.T) {
	text := func(n uint64) []byte { return record{life: 1, number: n}.append(nil, false)[:bodyLen] }
	half := string(text(9)[:20])
	screen := "\x1b\\\x1b[?1049l\x1b[!p\x1b[H\x1b[2J\x1b[3J\x1b[3g\x1b[9G\x1bH\r" +
		string(text(7)) + "\r\n" + string(text(8)) + "\r\n" + half + "\x1b[3;20H\x1b[m" + half[19:]
	for _, c := range []struct {
		name, after string
		wrong       bool
	}{
		{"goes on", string(text(9)[20:]) + "\r\n" + string(text(10)) + "\r\n", false},
		{"a byte is missing", string(text(9)[21:]) + "\r\n" + string(text(10)) + "\r\n", true},
		{"a byte comes twice", string(text(9)[19:]) + "\r\n" + string(text(10)) + "\r\n", true},
		{"a line is missing", string(text(9)[20:]) + "\r\n" + string(text(11)) + "\r\n", true},
		{"a line comes twice", string(text(9)[20:]) + "\r\n" + string(text(9)) + "\r\n", true},
	} {
		s := &stream{out: newLedger(true)}
		s.out.take(record{life: 1, number: 5})
		s.out.Lost = 0
		r := &rows{s: s}
		r.begin()
		r.read([]byte(screen + c.after))
		if got := s.out.faults(); (got != "") != c.wrong {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	// A screen that is not full: its last line is left by moving the cursor.
	s := &stream{out: newLedger(true)}
	r := &rows{s: s, late: true}
	r.begin()
	r.read([]byte("\x1b[H\x1b[2J\r" + string(text(7)) + "\r\n" + string(text(8)) + "\x1b[1;1H\x1b7\x1b(B\x1b[3;1H" + string(text(9)) + "\r\n"))
	if f := s.out.faults(); f != "" || s.out.Records != 3 {
		t.Errorf("of three lines it saw %d: %s", s.out.Records, f)
	}
}
