package screen

// buffer is one of the two screens, with the lines that have scrolled off above
// it. It keeps its rows in a ring that grows by need.
type buffer struct {
	ring     []row // its length is a power of two
	head     int   // the oldest row
	n        int   // rows in use; the last `rows` of them are the screen
	cols     int
	rows     int
	history  int // rows that may be kept above the screen
	reflows  bool
	x, y     int    // the cursor; x == cols: the next character wraps
	top, end int    // the scroll region, end excluded
	tabs     []bool // may be longer than the row: stops outlive a narrow while
	scratch  []byte // for packing
	saved    saved
	keys     keyboard
}

// saved is what DECSC keeps.
type saved struct {
	x, y    int
	style   style
	charset byte
}

func newBuffer(cols, rows, history int, reflows bool) *buffer {
	b := &buffer{history: history, reflows: reflows}
	b.clear(cols, rows)
	return b
}

// clear makes the buffer as new, but for the saved cursor and the keyboard.
func (b *buffer) clear(cols, rows int) {
	b.cols, b.rows = cols, rows
	b.ring, b.head, b.n = make([]row, ceilPow2(rows)), 0, rows
	b.x, b.y, b.top, b.end = 0, 0, 0, rows
	b.tabs = nil
	b.growTabs()
}

// growTabs puts a stop at every eighth column after the last stop there is.
func (b *buffer) growTabs() {
	if missing := b.cols + 1 - len(b.tabs); missing > 0 {
		b.tabs = append(b.tabs, make([]bool, missing)...)
	}
	x := b.cols
	for x > 0 && !b.tabs[x] {
		x--
	}
	for ; x < b.cols; x += 8 {
		b.tabs[x] = true
	}
}

func ceilPow2(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// line is the i-th row, counted from the oldest. Above the screen it is packed.
func (b *buffer) line(i int) *row { return &b.ring[(b.head+i)&(len(b.ring)-1)] }

// row is a row of the screen.
func (b *buffer) row(y int) *row { return b.line(b.base() + y) }

// base is the number of rows above the screen.
func (b *buffer) base() int { return b.n - b.rows }

// push adds an empty row below: the top row of the screen goes to the history,
// which forgets its oldest row when it is full. In a flood of output nothing is
// allocated: the oldest row's memory serves the one that is packed, and that
// one's the newest.
func (b *buffer) push() *row {
	var spare []byte
	if b.n >= b.rows+b.history {
		spare = b.line(0).packed
		*b.line(0) = row{}
		b.head = (b.head + 1) & (len(b.ring) - 1)
		b.n--
	} else if b.n == len(b.ring) {
		b.grow()
	}
	memory := b.shelve(b.row(0), spare)
	b.n++
	r := b.line(b.n - 1)
	*r = row{cells: memory}
	return r
}

func (b *buffer) grow() {
	ring := make([]row, 2*len(b.ring))
	for i := range b.n {
		ring[i] = *b.line(i)
	}
	b.ring, b.head = ring, 0
}

// scroll moves the region up by one row. What leaves the top of the screen, not
// of a lower region, goes to the history.
func (b *buffer) scroll(blank cell, wrapped bool) {
	if b.top > 0 || b.history == 0 {
		b.rotate(b.top, b.end, blank)
		b.row(b.end - 1).wrapped = wrapped
		return
	}
	r := b.push()
	r.fill(0, b.cols, blank)
	r.wrapped = wrapped
	for y := b.rows - 1; y >= b.end; y-- { // the rows below the region stay where they are
		*b.row(y), *b.row(y - 1) = *b.row(y - 1), *b.row(y)
	}
}

// rotate takes away the row at y and puts an empty one before end.
func (b *buffer) rotate(y, end int, blank cell) {
	memory := b.row(y).cells
	for ; y < end-1; y++ {
		*b.row(y) = *b.row(y + 1)
	}
	*b.row(y) = row{cells: memory}
	b.row(y).reset(b.cols, blank)
}

// rotateBack takes away the row before end and puts an empty one at y.
func (b *buffer) rotateBack(y, end int, blank cell) {
	memory := b.row(end - 1).cells
	for i := end - 1; i > y; i-- {
		*b.row(i) = *b.row(i - 1)
	}
	*b.row(y) = row{cells: memory}
	b.row(y).reset(b.cols, blank)
}

// forget drops the history.
func (b *buffer) forget() {
	for i := range b.base() {
		*b.line(i) = row{}
	}
	b.head = (b.head + b.base()) & (len(b.ring) - 1)
	b.n = b.rows
}

// all is every row from the oldest on, for who rearranges them.
func (b *buffer) all() []row {
	rows := make([]row, b.n)
	for i := range rows {
		rows[i] = b.line(i).unpacked()
	}
	return rows
}

// replace puts rows in place of all there were. There are at least as many as
// the screen has.
func (b *buffer) replace(rows []row) {
	b.ring, b.head, b.n = make([]row, ceilPow2(len(rows))), 0, len(rows)
	copy(b.ring, rows)
	for i := range b.base() {
		b.shelve(b.line(i), nil)
	}
}
