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
	if n := ceilPow2(rows); len(b.ring) != n {
		b.ring = make([]row, n)
	}
	for i := range b.ring { // what resets a screen all the time makes no garbage
		b.ring[i] = row{cells: b.ring[i].cells[:0]}
	}
	b.head, b.n = 0, rows
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

// row is a row of the screen, with its cells.
func (b *buffer) row(y int) *row {
	r := b.raw(y)
	if r.flooded > 0 {
		r.dry()
	}
	return r
}

// raw is the same for who does not look at cells: it may be flooded.
func (b *buffer) raw(y int) *row { return b.line(b.base() + y) }

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
	memory := b.shelve(b.raw(0), spare)
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
		b.rotate(b.top, b.end, 1, blank)
		b.raw(b.end - 1).wrapped = wrapped
		return
	}
	r := b.push()
	r.flood(b.cols, blank)
	r.wrapped = wrapped
	for y := b.rows - 1; y >= b.end; y-- { // the rows below the region stay where they are
		*b.raw(y), *b.raw(y - 1) = *b.raw(y - 1), *b.raw(y)
	}
}

// rotate takes away n rows from y on and puts empty ones before end.
func (b *buffer) rotate(y, end, n int, blank cell) {
	n = min(n, end-y)
	if n == 1 { // the usual
		memory := b.raw(y).cells
		for ; y < end-1; y++ {
			*b.raw(y) = *b.raw(y + 1)
		}
		*b.raw(y) = row{cells: memory}
	} else {
		b.reverse(y, y+n)
		b.reverse(y+n, end)
		b.reverse(y, end)
	}
	b.empty(end-n, end, blank)
}

// rotateBack takes away n rows before end and puts empty ones at y.
func (b *buffer) rotateBack(y, end, n int, blank cell) {
	n = min(n, end-y)
	b.reverse(y, end-n)
	b.reverse(end-n, end)
	b.reverse(y, end)
	b.empty(y, y+n, blank)
}

func (b *buffer) reverse(y, end int) {
	for end--; y < end; y, end = y+1, end-1 {
		*b.raw(y), *b.raw(end) = *b.raw(end), *b.raw(y)
	}
}

func (b *buffer) empty(y, end int, blank cell) {
	for ; y < end; y++ {
		b.raw(y).reset(b.cols, blank)
	}
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
