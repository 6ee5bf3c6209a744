//go:build unix

package chaos

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"testing"
)

// ledger is what one end has read: every byte of it, and what its records say of
// those that are not there.
type ledger struct {
	rolling
	sha hash.Hash

	Records int64 // as they should be
	Lost    int64 // records that never came
	Doubled int64 // records that came again
	Changed int64 // bytes that are no part of a record
	Cut     int64 // records that a writer was killed in the middle of
	Late    int64 // records of a writer that came after those of the next one

	lives   map[uint16]*life
	newest  uint16
	one     bool     // there is one writer; another is a change
	rejoin  bool     // the next record may have any number
	buf     []byte   // not yet a whole record
	skipped []byte   // before the record that comes next
	last    record   // the last one taken
	recent  []record // and those before it, maxRecent at least
	ended   bool     // and it said that nothing follows
}

// life is one writer as its reader knows it.
type life struct {
	next uint64
	cut  bool // it died within a record: nothing of it may follow
}

func newLedger(one bool) *ledger {
	return &ledger{sha: sha256.New(), lives: map[uint16]*life{}, one: one}
}

// Write reads.
func (l *ledger) Write(p []byte) (int, error) {
	l.write(p)
	l.sha.Write(p)
	l.buf = append(l.buf, p...)
	for len(l.buf) >= recordLen {
		r, ok := frame(l.buf[:recordLen])
		if !ok {
			l.skipped = append(l.skipped, l.buf[0])
			l.buf = l.buf[1:]
			continue
		}
		l.buf = l.buf[recordLen:]
		l.explain()
		l.take(r)
	}
	return len(p), nil
}

// row reads a line of a screen: a record, or something is wrong with it.
func (l *ledger) row(text []byte) {
	l.write(text)
	r, ok := parseRecord(text)
	if !ok {
		l.Changed += int64(len(text))
		return
	}
	l.take(r)
}

func (l *ledger) take(r record) {
	w := l.lives[r.life]
	if w == nil && l.one && len(l.lives) > 0 || w != nil && w.cut {
		l.Changed += recordLen
		return
	}
	if w == nil {
		w = &life{}
		l.lives[r.life] = w
	}
	if r.life < l.newest {
		l.Late++
	}
	l.newest = max(l.newest, r.life)
	if l.rejoin {
		l.rejoin, w.next = false, r.number
	}
	switch {
	case r.number < w.next:
		l.Doubled++
		return
	case r.number > w.next:
		l.Lost += int64(r.number - w.next)
	}
	w.next = r.number + 1
	l.Records++
	l.last, l.ended = r, l.ended || r.last
	if len(l.recent) == 2*maxRecent {
		l.recent = append(l.recent[:0], l.recent[maxRecent:]...)
	}
	l.recent = append(l.recent, r)
}

// maxRecent is as many as a screen holds, at least.
const maxRecent = 50

// explain finds out what the bytes were that are no record: the beginning of
// the next one of a writer that was killed then, or nothing good.
func (l *ledger) explain() {
	if len(l.skipped) == 0 {
		return
	}
	defer func() { l.skipped = nil }()
	for id, w := range l.lives {
		next := record{life: id, number: w.next}.append(nil, false)
		if !l.one && !w.cut && len(l.skipped) < recordLen && bytes.HasPrefix(next, l.skipped) {
			w.cut = true
			l.Cut++
			return
		}
	}
	l.Changed += int64(len(l.skipped))
}

// close reads no more. What is left over is no record.
func (l *ledger) close() {
	l.skipped = append(l.skipped, l.buf...)
	l.buf = nil
	l.explain()
}

func (l *ledger) digest() string { return hex.EncodeToString(l.sha.Sum(nil)) }

// faults is a sentence about what is wrong, or empty.
func (l *ledger) faults() string {
	if l.Lost == 0 && l.Doubled == 0 && l.Changed == 0 {
		return ""
	}
	return fmt.Sprintf("%d records lost, %d doubled, %d bytes changed", l.Lost, l.Doubled, l.Changed)
}

// A verdict is worth what the ledger notices: every single byte that is lost,
// doubled or changed, wherever it is.
func TestLedgerNoticesEveryByte(t *testing.T) {
	var clean []byte
	for n := range uint64(4) {
		clean = record{life: 7, number: n, seen: 3 * n, hash: n}.append(clean, true)
	}
	read := func(b []byte) *ledger {
		l := newLedger(true)
		for i := range b { // one by one, which is the hardest
			_, _ = l.Write(b[i : i+1])
		}
		l.close()
		return l
	}
	if l := read(clean); l.faults() != "" || l.Records != 4 {
		t.Fatalf("%d clean records: %s", l.Records, l.faults())
	}
	for at := range clean {
		lost := append(bytes.Clone(clean[:at]), clean[at+1:]...)
		doubled := append(bytes.Clone(clean[:at+1]), clean[at:]...)
		changed := bytes.Clone(clean)
		changed[at] ^= 0x20
		for what, b := range map[string][]byte{"lost": lost, "doubled": doubled, "changed": changed} {
			if read(b).faults() == "" {
				t.Errorf("byte %d %s: nobody noticed", at, what)
			}
		}
	}
	middle := clean[recordLen : 2*recordLen]
	if l := read(append(bytes.Clone(clean), middle...)); l.Doubled != 1 {
		t.Errorf("a record that came twice: %s", l.faults())
	}
	if l := read(append(bytes.Clone(clean[:recordLen]), clean[2*recordLen:]...)); l.Lost != 1 {
		t.Errorf("a record that never came: %s", l.faults())
	}
}

// A client that is killed may leave half a record behind, once, and nothing
// after it.
func TestLedgerForgivesTheDeadOnly(t *testing.T) {
	one := record{life: 1}.append(nil, false)
	half := record{life: 1, number: 1}.append(nil, false)[:30]
	two := record{life: 2}.append(nil, false)
	rest := record{life: 1, number: 1}.append(nil, false)[30:]
	for _, c := range []struct {
		name  string
		parts [][]byte
		cut   int64
		wrong bool
	}{
		{"killed within a record", [][]byte{one, half, two}, 1, false},
		{"killed between records", [][]byte{one, two}, 0, false},
		{"alive after its death", [][]byte{one, half, two, half, rest}, 1, true},
		{"half a record of nobody", [][]byte{one, half[3:], two}, 0, true},
	} {
		l := newLedger(false)
		for _, p := range c.parts {
			_, _ = l.Write(p)
		}
		l.close()
		if l.Cut != c.cut || (l.faults() != "") != c.wrong {
			t.Errorf("%s: %d cut, %q", c.name, l.Cut, l.faults())
		}
	}
}
