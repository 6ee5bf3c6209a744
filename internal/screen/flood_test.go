package screen

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// greedy are sequences of a few bytes that ask for all of a screen.
var greedy = []string{
	"\x1b#8", "\x1b[2J", "\x1bc", "\x1b[41m", "\x1b[m", "\x1b[999S", "\x1b[999T", "\x1b[3L", "\x1b[2M", "\x1b[?2J",
	"\x1b[1\"q", "\x1b[0\"q", "x\x1b[65535b", "中\x1b[65535b", "\x1b[1'}", "\x1b[2'~", "\x1b[3 @", "\x1b[2 A", "\x1b[?1049h",
	"\x1b[?1049l", "\x1b[J", "\x1b[1J", "\n\n\n", "\x1bM", "\x1b[2;4r", "\x1b[r", "\x1b[5;7H", "text", "\x1b[X", "\x1b[K", "\x1b[1K",
	"\x1b[3J", "\x1b[2@", "\x1b[2P", "\x1b[5b", "\x1b[20;12H", "y",
}

// A row that is only remembered as flooded is what the same row with its cells is.
func TestFloodedRowsAreAsOthers(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		lazy, full := New(12, 6), New(12, 6)
		lazy.SetHistory(9)
		full.SetHistory(9)
		var all strings.Builder
		for range 60 {
			piece := greedy[random.IntN(len(greedy))]
			all.WriteString(piece)
			_, _ = lazy.Write([]byte(piece))
			_, _ = full.Write([]byte(piece))
			for y := range full.cur.rows {
				full.cur.row(y)
			}
			if random.IntN(40) == 0 {
				cols, rows := 5+random.IntN(20), 2+random.IntN(9)
				lazy.Resize(cols, rows)
				full.Resize(cols, rows)
			}
			lazy.checkOrder(t)
		}
		if d := differences(lazy.describe(), full.describe()); d != "" {
			t.Fatalf("after %q it differs:%s", all.String(), d)
		}
		cols, rows := lazy.Size()
		again := New(cols, rows)
		again.SetHistory(9)
		_, _ = again.Write(lazy.Snapshot())
		drawn := New(cols, rows)
		drawn.SetHistory(9)
		_, _ = drawn.Write(full.Snapshot())
		if d := differences(again.describe(), drawn.describe()); d != "" {
			t.Fatalf("after %q it is drawn in another way:%s", all.String(), d)
		}
	}
}

// The largest screen takes no longer over hostile output than a screen may take: in
// cells for each sequence it would be hours.
func TestFewBytesCostLittle(t *testing.T) {
	for _, hostile := range []string{
		"\x1b#8\x1b[2J\x1bc", "\x1b#8x\x1b[41m\x1b[2J", "x\x1b[65535b", "\x1b[999S\x1b[999T\x1b[999L\x1b[999M",
		"\x1b[41m\n\n\n", "\x1b[?1049h\x1b#8\x1b[?1049l",
	} {
		s := New(maxCols, maxRows)
		text := []byte(strings.Repeat(hostile, 20_000/len(hostile)))
		began := time.Now()
		_, _ = s.Write(text)
		took := time.Since(began)
		t.Logf("%q: %v", hostile, took)
		if took > 10*time.Second {
			t.Errorf("%q: 20 KB take %v", hostile, took)
		}
	}
}

// What has to touch every cell is done as it should be while it is affordable, and
// always on a screen of a usual size. Beyond, it empties what it would have changed.
func TestWhatTouchesEveryCellIsAfforded(t *testing.T) {
	for _, at := range []struct {
		cols, rows int
		spent      uint64
		whole      bool
	}{
		{120, 20, savedCells, true},
		{maxCols, maxRows, 0, true},
		{maxCols, maxRows, savedCells, false},
	} {
		for _, ask := range []string{"\x1b[2'}", "\x1b[?2J", "中\x1b[65535b"} {
			s := New(at.cols, at.rows)
			_, _ = s.Write([]byte("\x1b[1\"q中\x1b[2C"))
			s.spent = at.spent
			_, _ = s.Write([]byte(ask))
			kept := s.Cell(0, 0).Text == "中"
			if strings.HasSuffix(ask, "b") {
				kept = s.Cursor().Y > 10
			}
			if kept != at.whole {
				t.Errorf("%q on %dx%d after %d cells: done whole is %v", ask, at.cols, at.rows, at.spent, kept)
			}
		}
	}
}
