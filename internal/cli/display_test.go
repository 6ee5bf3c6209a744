package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestLineIsErasedBeforeOutputGoesOn(t *testing.T) {
	var b bytes.Buffer
	d := display{modes: modes{w: &b}}
	_, _ = d.Write([]byte("one"))
	d.tell("trouble, 1 s", 20, 5)
	d.tell("trouble, 2 s", 10, 4) // in a window that has become smaller
	_, _ = d.Write([]byte("two"))
	d.clear() // there is none any more
	const row5, row4 = "\x1b7\x1b[?6l\x1b(B\x0f\x1b[5;1H\x1b[0m", "\x1b7\x1b[?6l\x1b(B\x0f\x1b[4;1H\x1b[0m"
	want := "one" + row5 + "\x1b[7mtrouble, 1 s       \x1b8" +
		row5 + "\x1b[2K\x1b8" + row4 + "\x1b[7mtrouble, \x1b8" +
		row4 + "\x1b[2K\x1b8" + "two"
	if b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
}

// A sequence or a character of the session's that is not complete is not torn.
func TestNothingIsWrittenInTheMiddle(t *testing.T) {
	for _, whole := range []string{
		"\x1b[1;31m", "\x1b[?25h", "\x1b(0", "\x1b]0;a title\x07", "\x1b]8;;http://x\x1b\\", "\x1bPq#0\x1b\\", "é", "日", "\U0001F600", "\x1bc", "\x1b[3\x18",
	} {
		for _, before := range []string{"", "x", "日"} {
			for n := range len(whole) + 1 {
				for _, chunk := range []int{1, 100} {
					m := modes{w: &bytes.Buffer{}}
					text := before + whole[:n]
					for i := 0; i < len(text); i += chunk {
						_, _ = m.Write([]byte(text[i:min(i+chunk, len(text))]))
					}
					if at := n == 0 || n == len(whole); m.between() != at {
						t.Errorf("after %q in pieces of %d: between is %v", text, chunk, m.between())
					}
				}
			}
		}
	}
	m := modes{w: &bytes.Buffer{}}
	_, _ = m.Write([]byte("\xff\x80\x80\x80\x80")) // no text at all
	if !m.between() {
		t.Error("bytes that are no character are waited for")
	}
}

func TestModesInsideOfATextAreNone(t *testing.T) {
	var b bytes.Buffer
	m := modes{w: &b}
	_, _ = m.Write([]byte("\x1b]0;\x1b\\\x1b[?1049h\x1b]0;[?1000h\x07\x1b[>1h\x1b[1h"))
	b.Reset()
	m.restore()
	if strings.Contains(b.String(), "1000") || !strings.Contains(b.String(), "1049l") {
		t.Errorf("restored with %q", b.String())
	}
}

func TestEscapeCharactersHaveNames(t *testing.T) {
	for char, want := range map[byte]string{'~': "~", 0x1d: "^]", 0x01: "^A"} {
		if got := escapeName(char); got != want {
			t.Errorf("%q is called %q", char, got)
		}
	}
}
