package screen

import "unicode/utf8"

// maxString is how much of an unfinished sequence, and of an OSC, is kept.
const maxString = 4096

// Where in the output the screen is. The library's table of states reads ESC and
// CSI sequences; strings are read here, since it takes the byte 0x9c for their
// end, which is a part of many characters.
const (
	ground   = iota
	sequence // in the table
	skipCSI  // a CSI that means nothing, up to its end
	skipESC  // an ESC that means nothing, up to its end
	oscString
	skipString // DCS, SOS, PM, APC
)

// input is what has been read and not yet been understood.
type input struct {
	state int
	seq   control
	osc   []byte // the string being read
	over  bool   // of which more came than is kept
	utf8  [4]byte
	utf8n int
	begun int    // where in the slice being written the sequence goes on
	tail  []byte // an unfinished sequence, for Snapshot
}

const (
	can = 0x18
	sub = 0x1a
	esc = 0x1b
	del = 0x7f
)

// Write takes output of the program, cut anywhere. It never fails.
func (s *Screen) Write(p []byte) (int, error) {
	s.written += uint64(len(p))
	s.begun = 0
	i := 0
	if s.state == ground && s.utf8n == 0 {
		i = s.skip(p)
	}
	for i < len(p) && !s.stopped() {
		b := p[i]
		switch {
		case s.utf8n > 0 || b >= utf8.RuneSelf:
			i += s.decode(p, i)
		case s.state == ground && b >= ' ' && b < del:
			end := i + 1
			for end < len(p) && p[end] >= ' ' && p[end] < del {
				end++
			}
			s.printASCII(p[i:end])
			i = end
		default:
			i++
			s.byte(b, i)
		}
	}
	if s.state != ground {
		s.keepTail(p[s.begun:])
	}
	return len(p), nil
}

// decode reads a character at p[i] and says how many bytes that took. What is
// no character is dropped.
func (s *Screen) decode(p []byte, i int) int {
	if s.utf8n == 0 {
		if r, size := utf8.DecodeRune(p[i:]); r != utf8.RuneError || size == 3 {
			s.rune(r, p[i:i+size], i+size)
			return size
		}
		if p[i]&0xc0 == 0xc0 && p[i] < 0xf8 {
			s.utf8[0], s.utf8n = p[i], 1
		}
		return 1
	}
	if p[i]&0xc0 != 0x80 {
		s.utf8n = 0
		return 0
	}
	s.utf8[s.utf8n] = p[i]
	s.utf8n++
	if n := s.utf8n; n == runeLength(s.utf8[0]) {
		s.utf8n = 0
		if r, size := utf8.DecodeRune(s.utf8[:n]); size == n && n > 1 {
			s.rune(r, s.utf8[:n], i+1)
		}
	}
	return 1
}

func runeLength(first byte) int {
	switch {
	case first < 0xe0:
		return 2
	case first < 0xf0:
		return 3
	}
	return 4
}

// rune takes a character from U+0080 on; next is the index of what follows it.
func (s *Screen) rune(r rune, text []byte, next int) {
	switch {
	case r < 0xa0:
		s.c1(byte(r), next)
	case r == 0xfeff: // a byte order mark
	case s.state == ground:
		s.print(r)
	case s.state == oscString:
		s.collect(text...)
	case s.state == sequence:
		s.state = ground
	}
}

// c1 takes a control of the upper half, which ends whatever was being read.
func (s *Screen) c1(b byte, next int) {
	switch b {
	case 0x84, 0x85, 0x88, 0x90, 0x98, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f:
		s.byte(esc, next)
		s.byte(b-0x40, next)
		s.tail = append(s.tail[:0], esc, b-0x40)
	default:
		s.join, s.state = 0, ground
	}
}

// byte takes a byte of the lower half that is no text; next is the index of
// what follows it.
func (s *Screen) byte(b byte, next int) {
	switch {
	case b == esc:
		s.endString()
		s.state, s.begun = sequence, next
		s.tail = append(s.tail[:0], esc)
		s.seq.begin()
	case b == can || b == sub:
		s.join, s.state = 0, ground
	case s.state == oscString:
		s.oscByte(b)
	case s.state == skipString:
	case b < ' ':
		s.execute(b)
	case b == del:
	case s.state == skipCSI && b >= '@', s.state == skipESC && b >= '0':
		s.state = ground
	case s.state == sequence:
		s.advance(b)
	}
}

func (s *Screen) oscByte(b byte) {
	switch {
	case b == 0x07:
		s.endString()
		s.state = ground
	case b >= ' ':
		s.collect(b)
	}
}

func (s *Screen) collect(b ...byte) {
	if len(s.osc)+len(b) > maxString {
		s.over = true
		return
	}
	s.osc = append(s.osc, b...)
}

func (s *Screen) endString() {
	switch s.state {
	case oscString:
		s.join = 0
		s.command(s.osc, s.over)
		if cap(s.osc) > 256 {
			s.osc = nil
		}
	case skipString:
		s.join = 0
	}
}

// keepTail keeps the bytes of an unfinished sequence, but for the controls in
// it, which have had their effect.
func (s *Screen) keepTail(p []byte) {
	for _, b := range p {
		if b < ' ' && s.state != oscString {
			continue
		}
		if len(s.tail) > maxString {
			return
		}
		s.tail = append(s.tail, b)
	}
}

// unfinished is what a terminal must have read so that the program's next bytes
// mean to it what they mean here. Of a string too long to be kept it is a
// beginning that means nothing.
func (s *Screen) unfinished() []byte {
	switch {
	case s.utf8n > 0 && s.state == ground:
		return s.utf8[:s.utf8n]
	case s.state == ground:
		return nil
	case len(s.tail) <= maxString:
		return s.tail
	case s.state == oscString:
		return []byte("\x1b]7777;")
	case s.state == skipString:
		return []byte("\x1b" + string(s.tail[1:2]))
	}
	return []byte("\x1b[0?")
}
