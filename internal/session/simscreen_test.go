package session

import (
	"fmt"
	"slices"
	"strings"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

// terminal is what a viewer sits at, if at any: bytes drawn one way or the other.
type terminal struct {
	cols, rows uint16
	screen     *screen.Screen
	odd        bool   // the session had it for one of another size than the program's
	oddTo      uint64 // up to this offset of output, last
	pictured   bool   // what it shows is known
}

// sizes of terminals; two are none.
var sizes = [][2]uint16{{80, 24}, {80, 24}, {80, 24}, {30, 8}, {100, 30}, {120, 10}, {2, 40}, {0, 0}}

func (w *world) size() (cols, rows uint16) {
	s := sizes[w.IntN(len(sizes))]
	return s[0], s[1]
}

// resize is somebody drawing a window larger or smaller. Who only watches has to
// come again for it.
func (v *simViewer) resize(cols, rows uint16) {
	if v.exits > 0 || v.left || v.link != nil && (v.readOnly || cols == 0 || v.cols == 0) {
		return
	}
	v.cols, v.rows = cols, rows
	switch {
	case cols == 0:
		v.screen = nil
	case v.screen == nil:
		v.screen = screen.New(int(cols), int(rows))
	default:
		v.screen.Resize(int(cols), int(rows))
	}
	if v.link != nil {
		v.link.up = append(v.link.up, wire.ResizeFrame(v.link.stream, cols, rows))
	}
}

func (v *simViewer) show(p []byte) {
	if v.screen != nil {
		_, _ = v.screen.Write(p)
	}
}

// resized is the holder giving the program's terminal the size that counts.
func (w *world) resized() {
	if cols, rows := w.core.Size(); cols > 0 && (cols != w.core.cols || rows != w.core.rows) {
		w.core.Resized(cols, rows)
	}
	w.noteOdd()
}

// resizeModel is called before output, and when the session may have looked at its
// own model: sizes in between, that nobody drew anything for, count for neither.
func (w *world) resizeModel(before bool) {
	if w.model != nil && (before || len(w.core.screen.sizes) == 0) {
		w.model.Resize(int(w.core.cols), int(w.core.rows))
	}
}

// noteOdd notes who may be shown pictures in place of the output so far.
func (w *world) noteOdd() {
	for _, l := range w.core.order {
		if !w.core.pipe && l.cols > 0 && (l.cols != w.core.cols || l.rows != w.core.rows) {
			v := w.streams[l.stream].v
			v.odd, v.oddTo = true, w.core.out.end
		}
	}
}

// some is output of up to n bytes: anything for a pipe, what programs draw for a
// terminal, cut anywhere.
func (w *world) some(n int) []byte {
	p := make([]byte, 0, n)
	for len(p) < n {
		switch token := tokens[w.IntN(len(tokens))]; {
		case w.core.pipe:
			p = append(p, byte(w.Uint32()))
		case strings.Contains(token, "%d"):
			p = fmt.Appendf(p, token, 1+w.IntN(30), 1+w.IntN(100))
		default:
			p = append(p, token...)
		}
	}
	return p[:n]
}

var tokens = []string{
	"a", "words and words", "世界", "é", "e\u0301", "\r\n", "\r\n", "\t", "\x1b[%d;%dH", "\x1b[%d;%dH", "\x1b[K", "\x1b[2J", "\x1b[31m", "\x1b[7;44m", "\x1b[m",
	"\x1b[?1049h", "\x1b[?1049l", "\x1b[?2004h", "\x1b[?1;1003h", "\x1b]2;title\x07", "\x1bM", "\b",
}

// picturesAreRight has all that is on its way arrive, and looks at everybody's
// terminal.
func (w *world) picturesAreRight() {
	if w.model == nil || w.ended {
		return
	}
	w.drain() // or what was drawn for one size is drawn on another
	w.printAll("\x1b\\\x1bc")
	for _, v := range w.viewers {
		v.pictured = true
	}
	w.printSome()
	w.look()
	for range 3 {
		for _, v := range w.viewers {
			if v.cols == w.core.cols && v.rows == w.core.rows {
				v.pictured = false // it has had output, and lines to bring back when it grows
			}
		}
		v := w.viewers[w.IntN(len(w.viewers))]
		if v.resize(w.size()); w.IntN(4) == 0 {
			v.leave()
		}
		w.drain()
		w.look()
		w.printSome()
		w.look()
	}
}

func (w *world) printSome() {
	for range w.IntN(20) {
		w.printAll(string(w.some(1 + w.IntN(200))))
		if w.IntN(2) == 0 {
			w.drain()
		}
	}
	w.drain()
}

// look compares the terminals that were shown the screen with what they should show.
func (w *world) look() {
	w.resizeModel(true)
	for _, v := range w.viewers {
		if v.left || v.screen == nil || !v.pictured {
			continue
		}
		want, x, y := pictureOf(w.model, int(v.cols), int(v.rows))
		c := v.screen.Cursor()
		if got := v.screen.Text(); !slices.Equal(got, want) || c.X != x || c.Y != y {
			w.fail("%s, %d by %d on %d by %d, shows\n%s\nwith the cursor at %d,%d and not\n%s\nwith the cursor at %d,%d",
				v.name, v.cols, v.rows, w.core.cols, w.core.rows, strings.Join(got, "\n"), c.X, c.Y, strings.Join(want, "\n"), x, y)
		}
	}
}

func (w *world) printAll(text string) {
	for p := []byte(text); len(p) > 0 && w.failure == ""; {
		n := min(w.core.Room(), len(p))
		w.put(p[:n])
		p = p[n:]
		if n == 0 {
			w.drain()
		}
	}
}

// drain has everybody be there and everything arrive.
func (w *world) drain() {
	for moved := true; moved && w.failure == ""; {
		moved = false
		for _, v := range w.viewers {
			moved = moved || v.link == nil && !v.left
			v.redial()
			v.ack(true)
			v.flush()
			for _, l := range []*simLink{v.older, v.link} {
				moved = w.carryAll(l) || moved
			}
		}
		for len(w.core.keys) > 0 && w.failure == "" {
			moved = true
			w.feed()
		}
		for w.core.Due() && w.failure == "" {
			moved = true
			w.send()
		}
	}
}

// carryAll delivers what is on its way on a link. It tells whether there was any.
func (w *world) carryAll(l *simLink) (moved bool) {
	for ; l != nil && len(l.up) > 0; moved = true {
		f := l.up[0]
		l.up = l.up[1:]
		w.take(l, f)
	}
	for ; l != nil && !l.dead && len(l.down) > 0; moved = true {
		f := l.down[0]
		l.down = l.down[1:]
		l.v.receive(l, f)
	}
	return moved
}

// pictureOf is what a terminal of some size should show of a screen, and where
// its cursor should be.
func pictureOf(s *screen.Screen, cols, rows int) (lines []string, x, y int) {
	c := s.Cursor()
	width, height := s.Size()
	if cols == width && rows == height {
		return s.Text(), c.X, c.Y
	}
	left, top := 0, 0
	for c.X >= left+cols || s.Cell(c.X, c.Y).Width == 2 && c.X+1 >= left+cols && left < c.X {
		left++
	}
	for c.Y >= top+rows {
		top++
	}
	for row := range rows {
		lines = append(lines, strings.TrimRight(pictureLine(s, left, top+row, cols), " "))
	}
	return lines, c.X - left, c.Y - top
}

func pictureLine(s *screen.Screen, left, row, cols int) (line string) {
	width, height := s.Size()
	switch {
	case row > height:
		return ""
	case row == height:
		line = strings.Repeat("─", min(width, cols))
		if cols > width {
			line += "┘"
		}
		return line
	}
	for x := left; x < min(left+cols, width); x++ {
		c := s.Cell(x, row)
		whole := c.Width == 2 && x+1 < left+cols
		switch {
		case c.Text != "" && (c.Width != 2 || whole):
			line += c.Text
		case c.Width != 0 || x == left:
			line += " "
		}
	}
	if cols > width {
		line += "│"
	}
	return line
}
