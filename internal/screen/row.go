package screen

// row is one line of a buffer. Cells past the end of the slice are zero.
type row struct {
	cells   []cell
	packed  []byte // the cells, in the history
	wrapped bool   // it goes on from the row above, for want of columns
	flooded uint16 // so many columns are all as cells[0], which is the only one there is
}

// flood makes a row of one cell, over and over, which costs the same for any width:
// three bytes of output do it to all rows of a screen.
func (r *row) flood(cols int, c cell) {
	r.cells, r.flooded = r.cells[:0], 0
	if c != (cell{}) {
		r.extend(1)
		r.cells[0], r.flooded = c, uint16(cols)
	}
}

// dry gives a row that was flooded the cells it has.
func (r *row) dry() {
	n, c := int(r.flooded), r.cells[0]
	r.flooded = 0
	r.extend(n)
	for x := range r.cells {
		r.cells[x] = c
	}
}

func (r *row) at(x int) cell {
	if x < len(r.cells) {
		return r.cells[x]
	}
	return cell{}
}

func (r *row) width(x int) int { return r.at(x).width() }

// extend makes the first n cells real.
func (r *row) extend(n int) {
	old := len(r.cells)
	if n <= old {
		return
	}
	if n > cap(r.cells) {
		grown := make([]cell, n, max(n, min(2*cap(r.cells), n+64), 16))
		copy(grown, r.cells)
		r.cells = grown
		return
	}
	r.cells = r.cells[:n]
	clear(r.cells[old:])
}

func (r *row) set(x int, c cell) {
	r.extend(x + 1)
	r.cells[x] = c
}

// reset empties the row and keeps its memory.
func (r *row) reset(cols int, blank cell) {
	r.wrapped = false
	r.flood(cols, blank)
}

// fill sets the cells of [from, to) as they are, whatever they were.
func (r *row) fill(from, to int, c cell) {
	if c == (cell{}) && to >= len(r.cells) {
		r.cells = r.cells[:min(from, len(r.cells))]
		return
	}
	r.extend(to)
	for x := from; x < to; x++ {
		r.cells[x] = c
	}
}

// erase fills [from, to) and clears the halves of wide characters it cuts.
func (r *row) erase(from, to, cols int, blank cell) {
	to = min(to, cols)
	if from == 0 && to == cols {
		r.flood(cols, blank)
		return
	}
	if from > 0 && r.width(from-1) == 2 {
		r.set(from-1, blank)
	}
	if to < cols && to > 0 && r.width(to-1) == 2 {
		r.set(to, blank)
	}
	if from < to {
		r.fill(from, to, blank)
	}
}

// eraseUnprotected is erase for the selective erasures: what DECSCA protects stays.
func (r *row) eraseUnprotected(from, to, cols int, blank cell) {
	if r.flooded > 0 {
		if r.cells[0].bg&attrProtected == 0 {
			r.flood(cols, blank)
		}
		return
	}
	for x := from; x < min(to, cols); x++ {
		if r.at(x).bg&attrProtected == 0 && r.at(x) != blank {
			r.set(x, blank)
		}
	}
	r.heal(cols)
}

// insert moves the cells from x on n columns to the right.
func (r *row) insert(x, n, cols int, blank cell) {
	n = min(n, cols-x)
	if x > 0 && r.width(x-1) == 2 {
		r.set(x-1, blank)
	}
	if x < len(r.cells) {
		old := len(r.cells)
		r.extend(min(old+n, cols))
		copy(r.cells[x+n:], r.cells[x:old])
	}
	r.fillInside(x, x+n, blank)
	if r.at(x + n).tail() {
		r.set(x+n, blank)
	}
	if r.width(cols-1) == 2 {
		r.set(cols-1, blank)
	}
}

// remove takes out n cells at x and lets the rest of the row move up to them.
func (r *row) remove(x, n, cols int, blank cell) {
	n = min(n, cols-x)
	if x < len(r.cells) {
		kept := copy(r.cells[x:], r.cells[min(x+n, len(r.cells)):])
		r.cells = r.cells[:x+kept]
	}
	if blank != (cell{}) {
		r.fill(cols-n, cols, blank)
	}
	if x > 0 && r.width(x-1) == 2 {
		r.set(x-1, blank)
	}
	if r.at(x).tail() {
		r.set(x, blank)
	}
}

// fillInside is fill that never shortens the row.
func (r *row) fillInside(from, to int, c cell) {
	if c == (cell{}) {
		to = min(to, len(r.cells))
	} else {
		r.extend(to)
	}
	for x := from; x < to; x++ {
		r.cells[x] = c
	}
}

// heal empties halves of wide characters that lost their other half.
func (r *row) heal(cols int) {
	for x := range r.cells {
		c := r.cells[x]
		lostTail := c.width() == 2 && (x+1 >= cols || !r.at(x+1).tail())
		lostHead := c.tail() && (x == 0 || r.cells[x-1].width() != 2)
		if lostTail || lostHead {
			r.cells[x] = c.style().with(0)
		}
	}
}

// cut drops what lies past the given column.
func (r *row) cut(cols int) {
	if len(r.cells) > cols {
		r.cells = r.cells[:cols]
	}
}

// length is the number of columns up to the last character.
func (r *row) length() int {
	for x := len(r.cells) - 1; x >= 0; x-- {
		if !r.cells[x].empty() {
			return x + r.cells[x].width()
		}
	}
	return 0
}
