package screen

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// FuzzWrite: any bytes, cut anywhere, leave the same screen as in one piece, in
// good order, and one that can be drawn.
func FuzzWrite(f *testing.F) {
	for _, c := range corpus {
		f.Add([]byte(c.text), uint8(3))
	}
	for seed := range uint64(5) {
		f.Add(randomQuestion(seed, slices.Concat(tokens, quirks), false).Steps[0].Write, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		whole, pieces := New(12, 5), New(12, 5)
		whole.SetHistory(20)
		pieces.SetHistory(20)
		whole.Write(text)
		n := max(1, int(size))
		for rest := text; len(rest) > 0; rest = rest[min(n, len(rest)):] {
			pieces.Write(rest[:min(n, len(rest))])
		}
		if d := differences(pieces.describe(), whole.describe()); d != "" {
			t.Fatalf("in pieces of %d it differs:%s", n, d)
		}
		whole.checkOrder(t)
		if found := questions(whole.finished()); len(found) > 0 {
			t.Fatalf("the snapshot asks %q", found)
		}
		again := New(12, 5)
		again.SetHistory(20)
		again.Write(whole.Snapshot())
		again.checkOrder(t)
		for _, size := range [][2]int{{7, 9}, {30, 2}, {2, 1}, {12, 5}} {
			whole.Resize(size[0], size[1])
			whole.checkOrder(t)
		}
	})
}

// finished is a snapshot without the beginning of the next sequence.
func (s *Screen) finished() []byte {
	shot := s.Snapshot()
	return shot[:len(shot)-len(s.unfinished())]
}

// checkOrder checks what must hold whatever was written.
func (s *Screen) checkOrder(t *testing.T) {
	t.Helper()
	for _, b := range []*buffer{s.main, s.cur} {
		if b.n < b.rows || b.n > b.rows+b.history {
			t.Fatalf("%d rows, of which the screen has %d and the history may have %d", b.n, b.rows, b.history)
		}
		if b.x < 0 || b.x > b.cols || b.y < 0 || b.y >= b.rows {
			t.Fatalf("the cursor is at %d, %d of %dx%d", b.x, b.y, b.cols, b.rows)
		}
		if b.top < 0 || b.top >= b.end || b.end > b.rows {
			t.Fatalf("the region is [%d, %d) of %d rows", b.top, b.end, b.rows)
		}
		for i := range b.n {
			if n := len(b.line(i).unpacked().cells); n > b.cols {
				t.Fatalf("row %d has %d cells of %d", i, n, b.cols)
			}
		}
	}
}

// TestHostileOutputTakesBoundedMemory feeds what would grow without end.
func TestHostileOutputTakesBoundedMemory(t *testing.T) {
	for name, piece := range map[string]func(i int) string{
		"title":      func(i int) string { return "\x1b]2;" + strings.Repeat("t", 2000) + "\x07\x1b[22;0t" },
		"strings":    func(i int) string { return "\x1b]52;c;" + strings.Repeat("A", 1000) },
		"DCS":        func(i int) string { return "\x1bPq" + strings.Repeat("A", 1000) },
		"parameters": func(i int) string { return "\x1b[" + strings.Repeat("9;", 500) },
		"marks":      func(i int) string { return "e" + strings.Repeat("\u0301", 300) },
		"clusters":   func(i int) string { return fmt.Sprintf("%c%c%c", 0x4e00+i%20000, 0x300+i%100, 0x300+i/100%100) },
		"links": func(i int) string {
			return fmt.Sprintf("\x1b]8;id=%d;http://example.com/%s%d\x07x", i, strings.Repeat("p", 500), i)
		},
		"colours":  func(i int) string { return fmt.Sprintf("\x1b[4;58:2::%d:%d:%dmx", i&255, i>>8&255, i>>16) },
		"keyboard": func(i int) string { return "\x1b[>1u" },
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			s := New(80, 24)
			for i := range 6000 {
				s.Write([]byte(piece(i)))
			}
			if used := heap() - before; used > 4<<20 {
				t.Errorf("it takes %d bytes", used)
			}
			if shot := s.Snapshot(); len(shot) > 2<<20 {
				t.Errorf("the snapshot is %d bytes long", len(shot))
			}
		})
	}
}

// TestInternedValuesAreForgotten: what is on no cell any more makes room.
func TestInternedValuesAreForgotten(t *testing.T) {
	s := New(80, 24)
	s.SetHistory(10)
	for i := range 9000 {
		fmt.Fprintf(s, "\x1b]8;;http://example.com/%d\x07link %c%c%c\x1b]8;;\x07\r\n", i, 'a'+i%26, 0x300+i%100, 0x300+i/100%100)
	}
	if got := s.Cell(0, 22).Link; got != "http://example.com/8999" {
		t.Errorf("the newest link is %q", got)
	}
	if got := s.Cell(5, 22).Text; len(got) != 5 {
		t.Errorf("the newest marks are %q", got)
	}
}

func TestTitleIsPlainText(t *testing.T) {
	s := New(80, 24)
	s.Write([]byte("\x1b]2;a\u202eb\u200bc\x7fd\u00a0e" + strings.Repeat("é", 2000) + "\x07"))
	if len(s.Title()) > maxTitle {
		t.Errorf("%d bytes", len(s.Title()))
	}
	for _, r := range s.Title() {
		if !unicode.IsPrint(r) {
			t.Errorf("%U in a title", r)
		}
	}
}

func TestSizesAreClamped(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {-1, -5}, {1, 1}, {1 << 30, 1 << 30}} {
		s := New(size[0], size[1])
		s.Resize(size[0], size[1])
		s.Write([]byte("中文字\r\n\x1b[999;999Hx"))
		if cols, rows := s.Size(); cols < minCols || cols > maxCols || rows < minRows || rows > maxRows {
			t.Errorf("%v made a screen of %dx%d", size, cols, rows)
		}
		s.checkOrder(t)
	}
}
