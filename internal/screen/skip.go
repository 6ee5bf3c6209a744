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
	lines := bytes.Count(p, []byte{'\n'}) - seen
	if lines < b.rows {
		return 0
	}
	x, done := b.x, 0
	for range lines {
		n := bytes.IndexByte(p[done:], '\n')
		x = s.column(x, p[done:done+n])
		done += n + 1
		if s.mode.has(modeNewLine) {
			x = 0
		}
		x = min(x, b.cols-1)
	}
	b.x, b.y = x, b.rows-1
	s.lineFeed() // the last one again, for an empty row to go on in
	s.join = 0
	return done
}

// column is where a plain line takes the cursor from column x, which is the
// number of columns when the next character wraps.
func (s *Screen) column(x int, line []byte) int {
	if i := bytes.LastIndexByte(line, '\r'); i >= 0 {
		x, line = 0, line[i+1:]
	}
	cols := s.cur.cols
	x += len(line)
	if x > cols {
		x = (x-1)%cols + 1
	}
	return x
}

// plain is the length of the text at the beginning of p that consists of
// printable ASCII and line ends. It looks at eight bytes at a time.
func plain(p []byte) int {
	const ones, highs uint64 = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(p); i += 8 {
		w := binary.LittleEndian.Uint64(p[i:])
		low := (w - ones*' ') & ^w & highs // bytes below a space, and what borrowed from them
		gone := w ^ ones*del               // a zero byte where there is a DEL
		if (w|low|(gone-ones)&^gone)&highs != 0 {
			if n := plainBytes(p[i : i+8]); n < 8 {
				return i + n
			}
		}
	}
	return i + plainBytes(p[i:])
}

func plainBytes(p []byte) int {
	for i, b := range p {
		if (b < ' ' || b >= del) && b != '\n' && b != '\r' {
			return i
		}
	}
	return len(p)
}
