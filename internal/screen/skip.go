package screen

import (
	"bytes"
	"encoding/binary"
)

// skipFrom is how much output, in bytes, must come at once before it is worth
// looking whether most of it scrolls away.
const skipFrom = 32 << 10

// skip is how much of p, at its beginning, is plain lines that the plain lines
// after them scroll off the screen and out of the history: nobody will see
// them, so they are not drawn. The cursor is put where they would take it.
func (s *Screen) skip(p []byte) int {
	b := s.cur
	if len(p) < skipFrom || s.charset != 'B' || s.mode.has(modeInsert) || !s.mode.has(modeWrap) || b.top > 0 || b.end < b.rows {
		return 0
	}
	p = p[:plain(p)]
	seen := 2*b.rows + b.history // line feeds after which nothing of before is left
	done := beforeLast(p, seen)
	if bytes.Count(p[:done], []byte{'\n'}) < b.rows {
		return 0
	}
	x, from := b.x, bytes.LastIndexByte(p[:done], '\r')+1
	if from > 0 {
		x = 0 // what was before is no matter
	}
	for line := range bytes.Lines(p[from:done]) {
		x = min(s.column(x, line[:len(line)-1]), b.cols-1)
		if s.mode.has(modeNewLine) {
			x = 0
		}
	}
	b.x, b.y = x, b.rows-1
	s.lineFeed() // the last one again, for an empty row to go on in
	s.join = 0
	return done
}

// beforeLast is how much of p there is before its last n lines: it ends with a
// line feed, or is nothing.
func beforeLast(p []byte, n int) int {
	end := bytes.LastIndexByte(p, '\n')
	for ; n > 0 && end >= 0; n-- {
		end = bytes.LastIndexByte(p[:end], '\n')
	}
	return end + 1
}

// column is where a line of printable characters takes the cursor from column x,
// which is the number of columns when the next character wraps.
func (s *Screen) column(x int, line []byte) int {
	cols := s.cur.cols
	x += len(line)
	if x > cols {
		x = (x-1)%cols + 1
	}
	return x
}

// plain is the length of the text at the beginning of p that consists of
// printable ASCII and line ends.
func plain(p []byte) int {
	i := 0
	for ; i+32 <= len(p); i += 32 { // most of a flood goes by here
		q := p[i : i+32 : i+32]
		doubt := odd(q[0:]) | odd(q[8:]) | odd(q[16:]) | odd(q[24:])
		if doubt != 0 {
			if n := plainBytes(q); n < len(q) {
				return i + n
			}
		}
	}
	return i + plainBytes(p[i:])
}

// odd is 0 when the first eight bytes of p are all printable ASCII.
func odd(p []byte) uint64 {
	const ones, highs uint64 = 0x0101010101010101, 0x8080808080808080
	w := binary.LittleEndian.Uint64(p)
	low := (w - ones*' ') & ^w // a high bit for each byte below a space, and what borrowed from them
	gone := w ^ ones*del       // a zero byte where there is a DEL
	return (w | low | (gone-ones)&^gone) & highs
}

func plainBytes(p []byte) int {
	for i, b := range p {
		if (b < ' ' || b >= del) && b != '\n' && b != '\r' {
			return i
		}
	}
	return len(p)
}
