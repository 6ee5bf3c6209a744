package session

import "slices"

// output is what a program put out: its last bytes, by absolute offset.
type output struct {
	buf        []byte // a ring; the byte of offset o is at o % len(buf)
	start, end uint64 // the offsets kept
	limit      int    // bytes kept at most
	marks      []mark // where it changes which descriptor bytes came from
}

// mark says where bytes from offset from on came from.
type mark struct {
	from   uint64
	stderr bool
}

const smallest = 16 << 10 // a session at its prompt should cost no more

// write appends, and forgets the oldest bytes when it must.
func (o *output) write(p []byte, stderr bool) {
	if len(o.marks) == 0 || o.marks[len(o.marks)-1].stderr != stderr {
		o.marks = append(o.marks, mark{o.end, stderr})
	}
	o.grow(len(p))
	o.end += uint64(len(p))
	if over := len(p) - len(o.buf); over > 0 {
		p = p[over:]
	}
	at := int((o.end - uint64(len(p))) % uint64(len(o.buf)))
	n := copy(o.buf[at:], p)
	copy(o.buf, p[n:])
	o.trim()
}

func (o *output) trim() {
	if o.end-o.start > uint64(len(o.buf)) {
		o.start = o.end - uint64(len(o.buf))
	}
	drop := 0
	for drop+1 < len(o.marks) && o.marks[drop+1].from <= o.start {
		drop++
	}
	if drop > 0 {
		o.marks = slices.Delete(o.marks, 0, drop)
	}
}

// grow makes room for n more bytes, by doubling, up to the limit.
func (o *output) grow(n int) {
	used := int(o.end - o.start)
	size := max(len(o.buf), min(smallest, o.limit))
	for size < used+n && size < o.limit {
		size = min(2*size, o.limit)
	}
	if size == len(o.buf) {
		return
	}
	old := *o
	o.buf = make([]byte, size)
	for off := old.start; off < old.end; {
		p := old.peek(off, used)
		at := int(off % uint64(size))
		m := copy(o.buf[at:], p)
		off += uint64(m)
	}
}

// peek is up to n bytes from off on that lie in one piece. off is in [start, end].
func (o *output) peek(off uint64, n int) []byte {
	n = min(n, int(o.end-off))
	if n == 0 {
		return nil
	}
	at := int(off % uint64(len(o.buf)))
	return o.buf[at:min(at+n, len(o.buf))]
}

// read appends up to n bytes from off on that came from one descriptor.
func (o *output) read(dst []byte, off uint64, n int) (b []byte, stderr bool) {
	for i, m := range o.marks {
		if m.from > off {
			n = min(n, int(m.from-off))
			break
		}
		stderr = o.marks[i].stderr
	}
	for n > 0 {
		p := o.peek(off, n)
		if len(p) == 0 {
			break
		}
		dst = append(dst, p...)
		off += uint64(len(p))
		n -= len(p)
	}
	return dst, stderr
}
