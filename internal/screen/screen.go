// Package screen is the picture of a terminal that a session keeps beside its
// program: fed with the same output, it knows at any time what a terminal would
// show, and can say it in bytes to one that joins. It answers nothing.
//
// What it takes output to mean is what xterm.js takes it to mean, which the
// tests ask of xterm.js itself; where that differs from all other terminals, the
// others win, and a test names the case.
package screen

import (
	"strings"
	"sync/atomic"
)

// DefaultHistory is the number of lines kept above the screen.
const DefaultHistory = 1000

// The largest and the smallest terminal there is a model for; beyond, it is
// that of the nearest size.
const (
	minCols, maxCols = 2, 2000
	minRows, maxRows = 1, 1000
)

// Screen is a terminal without eyes. One goroutine at a time may use it.
type Screen struct {
	main *buffer
	alt  *buffer // nil while the program is not on the alternate screen
	cur  *buffer // main or alt
	keep alternate

	pen      style
	ucolor   uint32 // number of the underline colour, which counts only while there is an underline
	g        [4]byte
	level    int  // which of g is in use
	charset  byte // what is in use; DECRC may set it past g
	join     int  // width of the character just printed, if a mark may still join it
	mode     modes
	title    string
	titled   bool
	titles   []string
	history  int
	measure  func(rune) int // another table of widths, in tests
	widths   *widths
	clusters pool[string]
	links    pool[link]
	ucolors  pool[uint32]

	stop      *atomic.Bool
	linkBytes int
	written   uint64
	spent     uint64 // cells, see affords
	swept     uint64
	input
}

// alternate is what outlives the alternate screen.
type alternate struct {
	saved saved
	keys  keyboard
}

// New makes an empty screen.
func New(cols, rows int) *Screen {
	s := &Screen{history: DefaultHistory}
	cols, rows = clampSize(cols, rows)
	s.main = newBuffer(cols, rows, s.history, true)
	s.cur = s.main
	s.reset()
	return s
}

// StopAt has a Write that is under way, and all after it, take no more once stop is
// set. The screen stays as it is then.
func (s *Screen) StopAt(stop *atomic.Bool) { s.stop = stop }

func (s *Screen) stopped() bool { return s.stop != nil && s.stop.Load() }

func clampSize(cols, rows int) (int, int) {
	return max(minCols, min(cols, maxCols)), max(minRows, min(rows, maxRows))
}

// SetHistory changes how many lines are kept above the screen, up to 100,000.
// Older ones are forgotten.
func (s *Screen) SetHistory(lines int) {
	s.history = max(0, min(lines, 100_000))
	s.main.history = s.history
	if excess := s.main.base() - s.history; excess > 0 {
		s.main.replace(s.main.all()[excess:])
	}
}

// Size is the terminal's, in columns and rows.
func (s *Screen) Size() (cols, rows int) { return s.cur.cols, s.cur.rows }

// Title is what the program called its window: at most 1 KiB of printable text.
func (s *Screen) Title() string { return s.title }

// Alternate tells whether the program draws on the alternate screen.
func (s *Screen) Alternate() bool { return s.cur == s.alt }

// History is the number of lines above the screen.
func (s *Screen) History() int { return s.main.base() }

// Cursor is where the next character goes, and how the place is shown.
type Cursor struct {
	X, Y    int  // from 0; X is the last column also when the next character will wrap
	Wraps   bool // the next character goes to the next line first
	Visible bool
	Style   int // as in DECSCUSR: 0 the terminal's own, 1, 2 block, 3, 4 underline, 5, 6 bar; odd ones blink
}

// Cursor is the active screen's.
func (s *Screen) Cursor() Cursor {
	b := s.cur
	return Cursor{
		X: min(b.x, b.cols-1), Y: b.y, Wraps: b.x >= b.cols,
		Visible: !s.mode.has(modeHidden), Style: int(s.mode.cursor),
	}
}

// Cell is what one column of the screen shows.
type Cell struct {
	Text  string // a character with its marks; empty where nothing was printed
	Width int    // columns it takes; 0 for the second half of a wide one
	Link  string // URI of a hyperlink
	style style
}

// Bold, Dim, Italic, Underlined, Inverse: how it is shown.
func (c Cell) Bold() bool       { return c.style.fg&attrBold != 0 }
func (c Cell) Dim() bool        { return c.style.bg&attrDim != 0 }
func (c Cell) Italic() bool     { return c.style.bg&attrItalic != 0 }
func (c Cell) Underlined() bool { return c.style.uline() != 0 }
func (c Cell) Inverse() bool    { return c.style.fg&attrInverse != 0 }

// Cell is the one in column x of row y, both from 0; the zero Cell outside.
func (s *Screen) Cell(x, y int) Cell {
	if x < 0 || y < 0 || x >= s.cur.cols || y >= s.cur.rows {
		return Cell{}
	}
	c := s.cur.row(y).at(x)
	return Cell{Text: s.text(c), Width: c.width(), Link: s.links.get(c.style().link()).uri, style: c.style()}
}

// text is what a cell shows; empty for an empty one.
func (s *Screen) text(c cell) string {
	switch {
	case c.empty():
		return ""
	case c.ch&isCluster != 0:
		return s.clusters.get(c.ch & runeMask)
	}
	return string(rune(c.ch & runeMask))
}

// Text is the screen's rows as plain text, without the spaces at their ends.
func (s *Screen) Text() []string {
	rows := make([]string, s.cur.rows)
	for y := range rows {
		rows[y] = s.lineText(s.cur.row(y))
	}
	return rows
}

// Above is the lines above the screen in the same way, the oldest first.
func (s *Screen) Above() []string {
	lines := make([]string, s.main.base())
	for i := range lines {
		r := s.main.line(i).unpacked()
		lines[i] = s.lineText(&r)
	}
	return lines
}

func (s *Screen) lineText(r *row) string {
	var b strings.Builder
	for _, c := range r.cells {
		switch {
		case !c.empty():
			b.WriteString(s.text(c))
		case c.width() > 0:
			b.WriteByte(' ')
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// reset is RIS: all but the title and the size.
func (s *Screen) reset() {
	cols, rows := s.cur.cols, s.cur.rows
	s.main.saved, s.main.keys = saved{}, keyboard{}
	s.main.clear(cols, rows)
	s.cur, s.alt, s.keep = s.main, nil, alternate{}
	s.pen, s.ucolor = style{}, 0
	s.resetCharsets()
	s.mode = modes{bits: modeWrap | modeRepeat}
}

func (s *Screen) resetCharsets() {
	s.g, s.level, s.charset = [4]byte{'B', 'B', 'B', 'B'}, 0, 'B'
}
