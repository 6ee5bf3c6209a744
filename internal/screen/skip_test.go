package screen

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestSkippedTextCannotBeMissed compares a screen that was given a flood at once
// with one that got it in pieces too small for any of it to be skipped.
func TestSkippedTextCannotBeMissed(t *testing.T) {
	floods := 0
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		cols, rows := 2+rnd.IntN(120), 1+rnd.IntN(50)
		whole, pieces := New(cols, rows), New(cols, rows)
		history := rnd.IntN(300)
		whole.SetHistory(history)
		pieces.SetHistory(history)
		skipped := false
		for range 4 {
			p := flood(rnd)
			twin := New(cols, rows)
			twin.SetHistory(history)
			skipped = skipped || twin.skip(p) > 0
			_, _ = whole.Write(p)
			for q := p; len(q) > 0; {
				n := min(len(q), 1+rnd.IntN(skipFrom-1))
				_, _ = pieces.Write(q[:n])
				q = q[n:]
			}
		}
		if a, b := whole.Snapshot(), pieces.Snapshot(); !bytes.Equal(a, b) {
			t.Fatalf("seed %d, %dx%d: the screens differ", seed, cols, rows)
		}
		if skipped {
			floods++
		}
	}
	if floods < 10 {
		t.Errorf("of 60 floods %d were skipped in part: the test compares little", floods)
	}
}

// flood is up to 200 KB of lines of all lengths, with something in between now
// and then that is not plain.
func flood(rnd *rand.Rand) []byte {
	var b bytes.Buffer
	end := []string{"\n", "\r\n", "\r\r\n", "\n\r"}[rnd.IntN(4)]
	odd := []string{"\x1b[31m", "\t", "é", "\x0e", "\x1b[2;5r", "\x1b[?7l", "\x1b[20h", "\x7f", "\x1b[?1049h", "\x1bc"}[rnd.IntN(10)]
	rare := 1 + rnd.IntN(4000)
	longest := 1 + rnd.IntN(300)
	for size := rnd.IntN(200 << 10); b.Len() < size; {
		if rnd.IntN(rare) == 0 {
			b.WriteString(odd)
		}
		fmt.Fprintf(&b, "%0*d%s", 1+rnd.IntN(longest), b.Len(), end)
	}
	return b.Bytes()
}

func TestPlainFindsTheFirstOddByte(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			p := bytes.Repeat([]byte("~"), 40)
			p[at] = byte(c)
			want := len(p)
			if (c < ' ' || c >= del) && c != '\n' && c != '\r' {
				want = at
			}
			if got := plain(p); got != want {
				t.Fatalf("byte %#x at %d: plain says %d, want %d", c, at, got, want)
			}
		}
	}
}
