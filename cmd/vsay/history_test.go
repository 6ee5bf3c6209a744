//go:build unix

package main

import (
	"bytes"
	"slices"
	"testing"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

// Who joins, in the middle of a flood too, and asks for history gets the last of the
// output, byte for byte, and by that the same terminal as who was there all the time.
func TestWhoJoinsHasHistory(t *testing.T) {
	s := newStage(t)
	size := wire.Open{Name: "past", Cols: 80, Rows: 24, Spec: wire.Spec{Kind: wire.KindShell, TTY: true, Cols: 80, Rows: 24}}
	first := s.view(size)
	first.types([]byte("seq 5000; printf 'as''ked\\033[6n\\n'\r"))
	if err := first.sees([]byte("asked\x1b[6n")); err != nil {
		t.Fatal(err)
	}
	first.types([]byte("while :; do echo a flood; done\r"))
	if err := first.sees([]byte("a flood\r\na flood\r\n")); err != nil {
		t.Fatal(err)
	}
	late := size
	late.History, late.ReadOnly = 128<<10, true
	second := s.view(late)
	if n := second.opened.Missed - second.progress.Position(); n == 0 || n > uint64(late.History) {
		t.Fatalf("from %d up to %d is no history", second.progress.Position(), second.opened.Missed)
	}
	from := second.progress.Position()
	first.types([]byte("\x03"))
	first.types([]byte("printf 'all d''one'; exec cat\r")) // after which nothing comes
	for _, v := range []*viewer{first, second} {
		if err := v.sees([]byte("all done")); err != nil {
			t.Fatal(err)
		}
	}
	history, _, found := bytes.Cut(second.shown, []byte("\x18\x1b\\")) // where the screen begins
	if !found || !bytes.HasPrefix(first.shown[from:], history) || from+uint64(len(history)) != second.opened.Missed {
		t.Errorf("the %d bytes of history from %d up to %d are not what was put out there", len(history), from, second.opened.Missed)
	}
	var quiet wire.Unasked
	if asked := []byte("asked\x1b[6n"); !bytes.Contains(history, asked) || bytes.Contains(quiet.Filter(history), asked) {
		t.Errorf("the question is not in the history, or is asked again")
	}
	was, is := drawnBy(first), drawnBy(second)
	if !slices.Equal(is.Text(), was.Text()) || is.Cursor() != was.Cursor() || !slices.Equal(is.Above(), was.Above()) {
		t.Errorf("who came late sees\n%q\nabove\n%q\nand who was there\n%q\nabove\n%q", is.Above(), is.Text(), was.Above(), was.Text())
	}
}

// drawnBy is the terminal that all that a viewer was sent makes.
func drawnBy(v *viewer) *screen.Screen {
	s := screen.New(80, 24)
	_, _ = s.Write(v.shown)
	return s
}
