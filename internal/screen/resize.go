package screen

// Resize changes the size. Lines of the main screen that were broken for want of
// columns are broken anew, but for the one the cursor is in: its program
// repaints that itself. The alternate screen is cut, or grows.
func (s *Screen) Resize(cols, rows int) {
	cols, rows = clampSize(cols, rows)
	s.main.resize(cols, rows)
	if s.alt != nil {
		s.alt.resize(cols, rows)
	}
	s.keep.saved.x = min(s.keep.saved.x, cols-1)
	s.keep.saved.y = min(s.keep.saved.y, rows-1)
}

func (b *buffer) resize(cols, rows int) {
	if cols == b.cols && rows == b.rows {
		b.top, b.end = 0, rows
		return
	}
	b.x, b.saved.x = min(b.x, cols-1), min(b.saved.x, cols-1)
	p := paper{
		rows: b.all(), base: b.base(), y: b.y,
		savedY: b.base() + b.saved.y, limit: rows + b.history, cols: b.cols, height: b.rows,
	}
	p.setHeight(rows)
	if b.reflows {
		p.reflow(cols)
	}
	for i := range p.rows {
		p.rows[i].cut(cols)
		p.rows[i].healEnd(cols)
	}
	b.cols, b.rows = cols, rows
	b.replace(p.fitted(rows))
	b.y = max(0, min(p.y, rows-1))
	if b.saved != (saved{}) {
		b.saved.y = max(0, min(p.savedY-b.base(), rows-1))
	}
	b.top, b.end = 0, rows
	b.growTabs()
}

// healEnd empties a wide character whose second half was cut off.
func (r *row) healEnd(cols int) {
	if len(r.cells) == cols && r.cells[cols-1].width() == 2 {
		r.cells[cols-1] = cell{}
	}
}

// paper is a buffer unrolled: its rows from the oldest on, of which the screen
// is those from base on.
type paper struct {
	rows   []row
	base   int
	y      int // the cursor's row of the screen
	savedY int // the saved cursor's row of all
	limit  int // rows that may be kept
	cols   int
	height int
}

// setHeight takes rows from below the cursor, or moves them into the history;
// and gives them back from there.
func (p *paper) setHeight(height int) {
	moved := 0
	for range max(0, height-p.height) {
		switch {
		case len(p.rows) >= height+p.base:
		case p.base > 0 && len(p.rows) <= p.base+p.y+moved+1:
			p.base--
			moved++
		default:
			p.rows = append(p.rows, row{})
		}
	}
	for range max(0, p.height-height) {
		switch {
		case len(p.rows) <= height+p.base:
		case len(p.rows) > p.base+p.y+1:
			p.rows = p.rows[:len(p.rows)-1]
		default:
			p.base++
		}
	}
	p.dropOldest()
	p.y = min(p.y, height-1) + moved
	p.height = height
}

// dropOldest keeps to the limit.
func (p *paper) dropOldest() {
	if excess := len(p.rows) - p.limit; excess > 0 {
		p.rows = p.rows[excess:]
		p.base = max(p.base-excess, 0)
		p.savedY = max(p.savedY-excess, 0)
	}
}

// fitted is the rows with the screen at their end.
func (p *paper) fitted(height int) []row {
	for len(p.rows) < height {
		p.rows = append(p.rows, row{})
	}
	return p.rows
}

func (p *paper) reflow(cols int) {
	switch {
	case cols > p.cols:
		p.widen(cols)
	case cols < p.cols:
		p.narrow(cols)
	}
	p.cols = cols
}

// lengths is how much of each row of a broken line is text: all of it, but for
// a last column left empty because a wide character did not fit, and the rest
// of the last row.
func lengths(line []row, cols int) []int {
	n := make([]int, len(line))
	for i := range line {
		last := line[i].at(cols - 1)
		switch {
		case i == len(line)-1:
			n[i] = line[i].length()
		case last.empty() && last.width() == 1 && line[i+1].width(0) == 2:
			n[i] = cols - 1
		default:
			n[i] = cols
		}
	}
	return n
}

// join is the text of a broken line in one piece.
func join(line []row, cols int) []cell {
	var text []cell
	for i, n := range lengths(line, cols) {
		line[i].extend(n)
		text = append(text, line[i].cells[:n]...)
	}
	return text
}

// split breaks a text into pieces of at most cols columns. A wide character
// that does not fit goes to the next piece.
func split(text []cell, cols int) [][]cell {
	var pieces [][]cell
	for len(text) > cols {
		n := cols
		if text[n-1].width() == 2 {
			n--
		}
		pieces = append(pieces, text[:n:n])
		text = text[n:]
	}
	if len(text) == cols && text[cols-1].width() == 2 {
		return append(pieces, text[:cols-1:cols-1], text[cols-1:])
	}
	return append(pieces, text)
}

// lineEnd is the index after the last row of the line that starts at row i.
func (p *paper) lineEnd(i int) int {
	for i++; i < len(p.rows) && p.rows[i].wrapped; i++ {
	}
	return i
}

// widen joins rows of broken lines.
func (p *paper) widen(cols int) {
	cursor := p.base + p.y
	kept, removed := p.rows[:0:0], 0
	for i := 0; i < len(p.rows); {
		end := p.lineEnd(i)
		line := p.rows[i:end]
		if len(line) > 1 && (cursor < i || cursor >= end) {
			line = rebreak(line, p.cols, cols)
		}
		removed += end - i - len(line)
		kept = append(kept, line...)
		i = end
	}
	p.rows = kept
	for range removed {
		if p.base > 0 {
			p.base--
			continue
		}
		p.y = max(p.y-1, 0)
		if len(p.rows) < p.height {
			p.rows = append(p.rows, row{})
		}
	}
	p.savedY = max(p.savedY-removed, 0)
}

// rebreak lays a broken line out in another, larger width.
func rebreak(line []row, from, to int) []row {
	pieces := split(join(line, from), to)
	wrapped := line[0].wrapped
	fresh := make([]row, len(pieces))
	for i, piece := range pieces {
		fresh[i] = row{cells: piece, wrapped: i > 0 || wrapped}
	}
	for n := len(fresh); n > 1 && fresh[n-1].length() == 0; n-- {
		fresh = fresh[:n-1]
	}
	return fresh
}

// narrow breaks lines that have become too long.
func (p *paper) narrow(cols int) {
	cursor, saved := p.base+p.y, p.savedY
	var rows []row
	above, below := 0, 0 // rows that were added there, as the cursor sees it
	for i := 0; i < len(p.rows); {
		end := p.lineEnd(i)
		line := p.rows[i:end]
		rows = append(rows, line...)
		if (cursor < i || cursor >= end) && (len(line) > 1 || line[0].length() > cols) {
			fresh := spread(rows[len(rows)-len(line):], split(join(line, p.cols), cols))
			rows = append(rows, fresh...)
			if cursor >= end {
				above += len(fresh)
			} else {
				below += len(fresh)
			}
			if saved >= end {
				p.savedY += len(fresh)
			}
		}
		i = end
	}
	p.rows = rows
	p.lower(above)
	p.lengthen(below)
	p.dropOldest()
}

// lower makes room for n rows that were added above the cursor: it goes down
// with its line where the screen has empty rows to give, and is else scrolled.
func (p *paper) lower(n int) {
	for range n {
		if p.base == 0 && p.y < p.height-1 && p.dropEmpty() {
			p.y++
		} else {
			p.base++
		}
	}
}

// lengthen makes room for n rows that were added below the cursor. It stays on
// the screen, if need be at the cost of the last row.
func (p *paper) lengthen(n int) {
	for range n {
		switch {
		case p.dropEmpty():
		case p.y > 0:
			p.y--
			p.base++
		default:
			p.rows = p.rows[:len(p.rows)-1]
		}
	}
}

// dropEmpty drops the last row, if it is empty and below the cursor.
func (p *paper) dropEmpty() bool {
	last := len(p.rows) - 1
	if last <= p.base+p.y || len(p.rows[last].cells) > 0 {
		return false
	}
	p.rows = p.rows[:last]
	return true
}

// spread puts the pieces of a line into its rows, and what does not fit into new
// ones, which it gives back. A shorter background stays where it is.
func spread(line []row, pieces [][]cell) (fresh []row) {
	for i, piece := range pieces {
		if i >= len(line) {
			fresh = append(fresh, row{cells: piece, wrapped: true})
			continue
		}
		r := &line[i]
		old := r.cells
		r.cells = append(make([]cell, 0, max(len(old), len(piece))), piece...)
		if len(old) > len(piece) {
			r.cells = append(append(r.cells, cell{}), old[len(piece)+1:]...)
		}
	}
	return fresh
}
