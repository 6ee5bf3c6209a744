package screen

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestBoxShowsItsPart draws random screens, picture after picture, on terminals of
// all sizes, and looks at every cell.
func TestBoxShowsItsPart(t *testing.T) {
	for seed := range uint64(1500) {
		q := randomQuestion(seed, tokens, false)
		s := New(q.Cols, q.Rows)
		cols, rows := 2+int(seed)%17, 1+int(seed/17)%9
		there := New(cols, rows)
		there.Write([]byte(litter))
		b := NewBox(cols, rows)
		for part := range slices.Chunk(q.Steps[0].Write, 1+len(q.Steps[0].Write)/4) {
			s.Write(part)
			there.Write(b.Draw(s))
			if d := misdrawn(s, there); d != "" {
				t.Fatalf("stream %d, %dx%d on %dx%d: %s\n%q", seed, q.Cols, q.Rows, cols, rows, d, q.Steps[0].Write)
			}
		}
	}
}

// misdrawn compares a terminal with the part of a screen that it should show.
func misdrawn(s, there *Screen) string {
	cols, rows := there.Size()
	width, height := s.Size()
	c, got := s.Cursor(), there.Cursor()
	if s.Alternate() != there.Alternate() {
		return fmt.Sprintf("the alternate screen is on: %v", there.Alternate())
	}
	if c.Visible != got.Visible {
		return fmt.Sprintf("the cursor is visible: %v", got.Visible)
	}
	left, top := 0, 0
	if c.Visible {
		left, top = c.X-got.X, c.Y-got.Y
	}
	if c.Visible && (left < 0 || top < 0 || left > 0 && left+cols > width || top > 0 && top+rows > height) {
		return fmt.Sprintf("the cursor is at %d,%d and not %d,%d", got.X, got.Y, c.X, c.Y)
	}
	for y := range rows {
		for x := range cols {
			if want, has := expected(s, left, top, x, y, cols), there.Cell(x, y); want != look(has, there) {
				return fmt.Sprintf("%d,%d is %q and not %q, of %d,%d (%dx%d)", x, y, look(has, there), want, left, top, width, height)
			}
		}
	}
	return ""
}

// expected is what a cell of the terminal should look like.
func expected(s *Screen, left, top, x, y, cols int) string {
	width, height := s.Size()
	inX, inY := left+x < width, top+y < height
	switch {
	case inX && inY:
		c := s.Cell(left+x, top+y)
		cut := c.Width == 2 && (x+1 >= cols || left+x+1 >= width || !s.cur.row(top+y).at(left+x+1).tail()) ||
			c.Text == "" && c.Width == 0 && (x == 0 || s.Cell(left+x-1, top+y).Width != 2)
		if cut {
			c.Text, c.Width = "", 1
		}
		return look(c, s)
	case inX && top+y == height:
		return look(Cell{Text: "─", Width: 1, style: style{bg: attrDim}}, s)
	case left+x == width && inY:
		return look(Cell{Text: "│", Width: 1, style: style{bg: attrDim}}, s)
	case left+x == width && top+y == height:
		return look(Cell{Text: "┘", Width: 1, style: style{bg: attrDim}}, s)
	}
	return look(Cell{Width: 1}, s)
}

// look is what can be seen of a cell: an empty one and a space are the same.
func look(c Cell, s *Screen) string {
	v := c.style
	v.bg &^= attrProtected
	link := s.links.get(v.link()).uri
	colour := s.ucolors.get(v.ucolor())
	v.ext &= ulineMask
	text := c.Text
	if text == "" && c.Width == 1 {
		text = " "
	}
	return fmt.Sprint(text, c.Width, v, link, colour)
}

func TestBoxFollowsTheCursor(t *testing.T) {
	for name, c := range map[string]struct {
		write string
		rows  []string
		at    Cursor
	}{
		"as it lies":        {"0123456789\r\nabc\r\nd\x1b[2;4H", []string{"01234", "abc"}, Cursor{X: 3, Y: 1, Visible: true}},
		"down":              {"one\r\ntwo\r\nthree\x1b[3;3H", []string{"two", "three"}, Cursor{X: 2, Y: 1, Visible: true}},
		"down and right":    {"one\r\ntwo\r\nthree", []string{"wo", "hree"}, Cursor{X: 4, Y: 1, Visible: true}},
		"right":             {"01234567\b", []string{"34567", ""}, Cursor{X: 4, Visible: true}},
		"on a wide one":     {"012世界\x1b[6G", []string{"2世界", ""}, Cursor{X: 3, Visible: true}},
		"a wide one is cut": {"0123世\r", []string{"0123", ""}, Cursor{Visible: true}},
		"hidden, anywhere":  {"one\r\ntwo\r\nthree\x1b[?25l", []string{"one", "two"}, Cursor{X: 4, Y: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(20, 6)
			s.Write([]byte(c.write))
			there := New(5, 2)
			there.Write(NewBox(5, 2).Draw(s))
			if got := there.Text(); !slices.Equal(got, c.rows) {
				t.Errorf("shown is %q and not %q", got, c.rows)
			}
			if got := there.Cursor(); got != c.at {
				t.Errorf("the cursor is at %+v and not %+v", got, c.at)
			}
		})
	}
}

func TestBoxLeavesTheMouseAlone(t *testing.T) {
	s, b := New(20, 6), NewBox(10, 3)
	there := New(10, 3)
	there.Write([]byte("\x1b[?1003;1006h\x1b[?6h\x1b[4h\x1b[2;3r"))
	s.Write([]byte("\x1b[?1002;1006;1;2004;1004h\x1b=\x1b[?6h\x1b[4h\x1b]2;title\x07\x1b[4 q\x1b[>5u"))
	there.Write(b.Draw(s))
	want := Modes{CursorKeys: true, Keypad: true, Wrap: true, BracketedPaste: true, Focus: true}
	if got := there.Modes(); got != want || there.Title() != "title" || there.Cursor().Style != 4 || there.cur.keys.flags != 5 {
		t.Errorf("it has %+v, the title %q, %+v, keyboard %d", got, there.Title(), there.Cursor(), there.cur.keys.flags)
	}
	s.Write([]byte("\x1b[?1;2004;1004l\x1b>\x1b]2;other\x07\x1b[0 q\x1b[<u"))
	there.Write(b.Draw(s))
	if got, want := there.Modes(), (Modes{Wrap: true}); got != want || there.Title() != "other" || there.Cursor().Style != 0 || there.cur.keys.flags != 0 {
		t.Errorf("it has %+v, the title %q, %+v, keyboard %d", got, there.Title(), there.Cursor(), there.cur.keys.flags)
	}
}

// TestBoxIsLeftBehind: what a box did to a terminal a redraw undoes.
func TestBoxIsLeftBehind(t *testing.T) {
	for seed := range uint64(500) {
		q := randomQuestion(seed, tokens, false)
		s := q.replay().settled()
		there := New(q.Cols, q.Rows)
		there.Write(NewBox(q.Cols+1, q.Rows).Draw(s))
		there.Write(s.Redraw())
		fresh := New(q.Cols, q.Rows)
		fresh.Write(s.Redraw())
		if d := differences(there.describe(), fresh.describe()); d != "" {
			t.Fatalf("stream %d, %v, differs:%s", seed, q, d)
		}
	}
}

func TestBoxSendsWhatChanged(t *testing.T) {
	s, b := New(80, 24), NewBox(70, 20)
	s.Write([]byte("\x1b[H" + strings.Repeat("some line of text that is there\r\n", 19)))
	whole := len(b.Draw(s))
	if again := len(b.Draw(s)); again > 40 {
		t.Errorf("a picture of nothing new has %d bytes, the first one %d", again, whole)
	}
	s.Write([]byte("x"))
	if one := b.Draw(s); len(one) > 80 || !bytes.Contains(one, []byte("x")) {
		t.Errorf("a picture of one character has %d bytes: %q", len(one), one)
	}
}

func TestBoxAsksNothing(t *testing.T) {
	for seed := range uint64(300) {
		s := randomQuestion(seed, slices.Concat(tokens, quirks, asking), true).replay()
		if found := questions(NewBox(7, 4).Draw(s)); len(found) > 0 {
			t.Errorf("after stream %d the picture asks %q", seed, found)
		}
	}
}

func TestBoxesOfAbsurdSizes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {0, 0}, {65535, 65535}, {1, 65535}, {65535, 1}} {
		s := New(80, 24)
		s.Write([]byte("世界\x1b[10;40H世"))
		if shot := NewBox(size[0], size[1]).Draw(s); len(shot) > 8<<10 {
			t.Errorf("%v: %d bytes", size, len(shot))
		}
	}
}

func BenchmarkBox(b *testing.B) {
	s := New(200, 50)
	s.Write([]byte(strings.Repeat("some line of \x1b[31mtext\x1b[m that is there and \x1b[1mthere\x1b[m\r\n", 60)))
	for b.Loop() {
		NewBox(180, 40).Draw(s)
	}
}
