package screen

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestWidthsAreTheLibrarys: of all characters, but for those of which terminals
// know better.
func TestWidthsAreTheLibrarys(t *testing.T) {
	s := New(80, 24)
	for r := rune(0xa0); r < 0x110000; r++ {
		hangul := r >= 0x1160 && r < 0x1200 // joins the consonant before it
		if hangul || r == 0xad || r >= 0xd800 && r < 0xe000 {
			continue
		}
		if got, want := s.width(r), ansi.StringWidthWc(string(r)); got != want {
			t.Errorf("%U takes %d columns instead of %d", r, got, want)
		}
	}
}
