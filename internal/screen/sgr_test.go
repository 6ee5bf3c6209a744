package screen

import "testing"

// TestColourIsWrittenInManyWays: all of them mean one colour. The oracle does not
// know the one with colons and no colour space, which tmux writes.
func TestColourIsWrittenInManyWays(t *testing.T) {
	for _, text := range []string{
		"\x1b[38;2;255;1;2mx", "\x1b[38:2::255:1:2mx", "\x1b[38:2:9:255:1:2mx", "\x1b[38:2:255:1:2mx", "\x1b[1;38:2:255:1:2;22mx",
	} {
		s := New(10, 2)
		s.Write([]byte(text))
		if got, want := s.styleState(s.Cell(0, 0).style), "f3:ff0102"; got != want {
			t.Errorf("%q is %s, not %s", text, got, want)
		}
	}
}
