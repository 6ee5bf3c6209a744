package cli

import (
	"bytes"
	"testing"
)

func TestModesArePutBack(t *testing.T) {
	for _, c := range []struct{ output, undo string }{
		{"plain \x1b[31mred\x1b[0m text", ""},
		{"\x1b[?1049h\x1b[?25l\x1b[?2004h", "\x1b[?2004l\x1b[?25h\x1b[?1049l\x1b[0m"},
		{"\x1b[?1049h\x1b[?1049l", ""},
		{"\x1b[?1000;1006h", "\x1b[?1006l\x1b[?1000l\x1b[0m"},
		{"\x1b[?25l\x1b[?25h", ""},
		{"\x1b[?7h\x1b[4h", ""}, // not ours to undo
		{"\x1b=", "\x1b>\x1b[0m"},
		{"\x1b[?1049h\x1bc", ""},
	} {
		for _, chunk := range []int{1, len(c.output)} {
			var screen bytes.Buffer
			m := modes{w: &screen}
			for i := 0; i < len(c.output); i += chunk {
				_, _ = m.Write([]byte(c.output[i : i+chunk]))
			}
			if screen.String() != c.output {
				t.Errorf("%q became %q", c.output, screen.String())
			}
			screen.Reset()
			m.restore()
			if screen.String() != c.undo {
				t.Errorf("after %q, restored with %q, want %q", c.output, screen.String(), c.undo)
			}
		}
	}
}
