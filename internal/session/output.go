package session

import (
	"cmp"
	"slices"
)

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

const (
	smallest = 16 << 10 // a session at its prompt should cost no more
	spare    = 64 << 10 // of a ring that must not overflow: stdout and stderr are read at once
	markCost = 64       // bytes of the ring that a mark counts for
)

// room is how much more fits while nothing from offset taken on is forgotten.
func (o *output) room(taken uint64) int {
	taken = max(taken, o.start)
	marks := len(o.marks) - o.markAt(taken)
	return o.limit - min(spare, o.limit/4) - int(o.end-taken) - marks*markCost
}

// write appends, and forgets the oldest bytes when it must.
func (o *output) write(p []byte, stderr bool) {
	if len(p) == 0 {
		return
	}
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

// trim forgets what was overwritten. A program that changes from stdout to
// stderr at every byte is remembered for less long: marks take room as well.
func (o *output) trim() {
	if o.end-o.start > uint64(len(o.buf)) {
		o.start = o.end - uint64(len(o.buf))
	}
	if len(o.marks) > 2*(o.limit/markCost+1) {
		o.start = max(o.start, o.marks[len(o.marks)/2].from)
	}
	if stale := o.markAt(o.start); stale > 0 && stale >= len(o.marks)/2 {
		o.marks = slices.Delete(o.marks, 0, stale) // many at once, since it moves the others
	}
}

// markAt is the index of the mark that offset off, which is kept, lies under.
func (o *output) markAt(off uint64) int {
	i, at := slices.BinarySearchFunc(o.marks, off, func(m mark, off uint64) int { return cmp.Compare(m.from, off) })
	if at {
		return i
	}
	return max(0, i-1)
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
	i := o.markAt(off)
	if i+1 < len(o.marks) {
		n = min(n, int(o.marks[i+1].from-off))
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
	return dst, o.marks[i].stderr
}
