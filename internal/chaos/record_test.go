//go:build unix

package chaos

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// What is streamed, both ways, are records: numbered, each with a checksum, all
// of one size, so that a reader finds its way again after whatever went wrong
// and can say what it was.
//
//	life (4) . number (10) . seen (10) . hash (16) . pad (9) . checksum (8) CR LF
//
// Life tells one writer from the next. Seen and hash are what the writer has
// read by then: how many bytes, and a hash of all of them.
const (
	recordLen = bodyLen + 2
	bodyLen   = 62 // as it is seen on a screen
	padLen    = 9
	padAt     = 44
)

// record is one of them.
type record struct {
	life   uint16
	number uint64
	seen   uint64
	hash   uint64
	last   bool // nothing follows
}

// lastPad marks the last record of a writer.
const lastPad = "--the-end"

// append writes the record as it travels. Of a binary one the pad holds any
// byte at all; else it is fit for a terminal.
func (r record) append(b []byte, binary bool) []byte {
	from := len(b)
	b = fmt.Appendf(b, "%04x.%010d.%010d.%016x.", r.life, r.number, r.seen, r.hash)
	pad := r.pad(binary)
	b = append(b, pad[:]...)
	b = append(b, '.')
	b = fmt.Appendf(b, "%08x", crc32.ChecksumIEEE(b[from:]))
	return append(b, '\r', '\n')
}

// pad is nine bytes that follow from the rest.
func (r record) pad(binary bool) (pad [padLen]byte) {
	if r.last {
		copy(pad[:], lastPad)
		return pad
	}
	x := r.number*0x9e3779b97f4a7c15 + uint64(r.life)
	for i := range pad {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		pad[i] = byte(x >> 32)
		if !binary {
			pad[i] = 'a' + pad[i]%26
		}
	}
	return pad
}

// parseRecord reads the bodyLen bytes in front of the line's end. ok: it is one,
// to the last bit.
func parseRecord(b []byte) (r record, ok bool) {
	if len(b) != bodyLen {
		return r, false
	}
	if _, err := fmt.Sscanf(string(b[:padAt]), "%04x.%010d.%010d.%016x.", &r.life, &r.number, &r.seen, &r.hash); err != nil {
		return r, false
	}
	r.last = string(b[padAt:padAt+padLen]) == lastPad
	return r, bytes.Equal(b, r.append(nil, true)[:bodyLen]) || bytes.Equal(b, r.append(nil, false)[:bodyLen])
}

// frame reads a whole record, its line's end included.
func frame(b []byte) (record, bool) {
	if len(b) != recordLen || !bytes.HasSuffix(b, []byte("\r\n")) {
		return record{}, false
	}
	return parseRecord(b[:bodyLen])
}

// rolling is a hash of bytes as they pass, cheap enough to be in every record.
type rolling struct {
	n   uint64
	sum uint64
}

func (r *rolling) write(p []byte) {
	for _, c := range p {
		r.sum = (r.sum ^ uint64(c) + 1) * 0x100000001b3
	}
	r.n += uint64(len(p))
}

// seedOf mixes numbers into the seed of a generator.
func seedOf(parts ...uint64) uint64 {
	var r rolling
	for _, p := range parts {
		r.write(binary.LittleEndian.AppendUint64(nil, p))
	}
	return r.sum
}
