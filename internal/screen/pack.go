package screen

import (
	"encoding/binary"
	"slices"
)

// shelve packs a row that leaves the screen, since most of its 16 bytes a cell
// say the same as the cell before. It gives back the cells' memory; spare is
// memory that the packed row may use.
func (b *buffer) shelve(r *row, spare []byte) []cell {
	if r.flooded > 0 {
		memory := r.cells[:0]
		r.cells = []cell{r.cells[0]}
		return memory
	}
	b.scratch = appendCells(b.scratch[:0], r.cells)
	if n := len(b.scratch); cap(spare) < n || cap(spare) > 2*n+64 {
		spare = make([]byte, 0, n)
	}
	memory := r.cells[:0]
	r.cells, r.packed = nil, append(spare[:0], b.scratch...)
	return memory
}

// appendCells packs cells into runs of one style: their number, the style, and
// the characters, all of them as varints. Zero cells at the end are left out.
func appendCells(p []byte, cells []cell) []byte {
	for len(cells) > 0 && cells[len(cells)-1] == (cell{}) {
		cells = cells[:len(cells)-1]
	}
	for len(cells) > 0 {
		v, n := cells[0].style(), 1
		for n < len(cells) && cells[n].style() == v {
			n++
		}
		p = binary.AppendUvarint(p, uint64(n))
		p = binary.AppendUvarint(p, uint64(v.fg))
		p = binary.AppendUvarint(p, uint64(v.bg))
		p = binary.AppendUvarint(p, uint64(v.ext))
		for _, c := range cells[:n] {
			if c.ch < 0x80 {
				p = append(p, byte(c.ch))
			} else {
				p = binary.AppendUvarint(p, uint64(c.ch))
			}
		}
		cells = cells[n:]
	}
	return p
}

// unpacked is the row with its cells.
func (r *row) unpacked() row {
	if r.flooded > 0 {
		return row{wrapped: r.wrapped, cells: slices.Repeat(r.cells[:1], int(r.flooded))}
	}
	if r.packed == nil {
		return *r
	}
	out := row{wrapped: r.wrapped, cells: make([]cell, 0, len(r.packed))}
	next := reader(r.packed)
	for len(next) > 0 {
		n, v := next.uvarint(), style{next.uvarint(), next.uvarint(), next.uvarint()}
		for range n {
			out.cells = append(out.cells, v.with(next.uvarint()))
		}
	}
	return out
}

// reader is what is left of a packed row.
type reader []byte

func (r *reader) uvarint() uint32 {
	v, n := binary.Uvarint(*r)
	*r = (*r)[n:]
	return uint32(v)
}
