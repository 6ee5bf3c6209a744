package cli

import (
	"strings"
	"testing"
)

func TestEscapeAfterEnterOnly(t *testing.T) {
	for _, c := range []struct{ typed, sent, heard string }{
		{"ls\r", "ls\r", ""},
		{"~.", "", "."},
		{"a~.", "a~.", ""},
		{"ls\r~?x", "ls\rx", "?"},
		{"\r~~.", "\r~.", ""},
		{"~~~.", "~~.", ""},
		{"~x", "~x", ""},
		{"~.~?", "", ".?"},
		{"~\r~.", "~\r", "."},
		{"\x1b[200~a\r~.b\r~?\x1b[201~", "\x1b[200~a\r~.b\r~?\x1b[201~", ""}, // what is pasted says nothing to vsay
		{"\x1b[200~~.\x1b[201~", "\x1b[200~~.\x1b[201~", ""},
		{"\x1b[200~a\r\x1b[201~~.\r~.", "\x1b[200~a\r\x1b[201~~.\r", "."}, // what is typed after it does, after Enter
		{"~\x1b[200~\r~.\x1b[201~\r~?", "~\x1b[200~\r~.\x1b[201~\r", "?"},
		{"\x1b[200~\x1b[20\x1b[201\r~.\x1b[201~\r~.", "\x1b[200~\x1b[20\x1b[201\r~.\x1b[201~\r", "."},
		{"\x1b\x1b[200~\r~.", "\x1b\x1b[200~\r~.", ""},
		{"\x1b[20\r~.", "\x1b[20\r", "."}, // another key
	} {
		for _, chunk := range []int{1, len(c.typed)} { // split anywhere, it is the same
			e := escape{char: '~', start: true}
			var sent, heard, both strings.Builder
			send := func(keys []byte) {
				sent.Write(keys)
				both.Write(keys)
			}
			for i := 0; i < len(c.typed); i += chunk {
				e.filter([]byte(c.typed[i:i+chunk]), send, func(k byte) bool {
					known := strings.IndexByte(".?", k) >= 0
					if known {
						heard.WriteByte(k)
						both.WriteString("<" + string(k) + ">")
					}
					return known
				})
			}
			if sent.String() != c.sent || heard.String() != c.heard {
				t.Errorf("%q in pieces of %d: sent %q, heard %q; want %q, %q", c.typed, chunk, sent.String(), heard.String(), c.sent, c.heard)
			}
			if c.typed == "ls\r~?x" && both.String() != "ls\r<?>x" { // what was typed before ~. is not lost with it
				t.Errorf("in pieces of %d, %q came in the order %q", chunk, c.typed, both.String())
			}
		}
	}
}

func TestEscapeCanBeAnotherOrNone(t *testing.T) {
	for flag, want := range map[string]byte{"~": '~', "^]": 0x1d, "none": 0, "%": '%'} {
		if got, err := parseEscape(flag); err != nil || got != want {
			t.Errorf("--escape %s is %q, %v", flag, got, err)
		}
	}
	if _, err := parseEscape("~~"); err == nil {
		t.Error("--escape took two characters")
	}
	e := escape{start: true}
	var got []byte
	e.filter([]byte("~."), func(keys []byte) { got = append(got, keys...) }, func(byte) bool { t.Error("heard something"); return true })
	if string(got) != "~." {
		t.Errorf("with none, %q was sent", got)
	}
}
