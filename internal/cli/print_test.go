package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"vsay/internal/wire"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"box-1 日本 ünï":               "box-1 日本 ünï",
		"👩\u200d💻 می\u200cخواهم":     "👩\u200d💻 می\u200cخواهم",
		"\x1b[31mred":                `\x1b[31mred`,
		"\x1b]52;c;aGk=\a":           `\x1b]52;c;aGk=\x07`,
		"a\r\nb\tc":                  `a\x0d\x0ab\x09c`,
		"\u009b31m":                  `\x9b31m`,
		"\x9b31m":                    `\x9b31m`,
		"\x7f":                       `\x7f`,
		"user\u202egpj.exe":          `user\u202egpj.exe`,
		"a\u2066b\u2069":             `a\u2066b\u2069`,
		"line\u2028line":             `line\u2028line`,
		"half a rune \xe6\x97":       `half a rune \xe6\x97`,
		"\U000e0041tag":              `\U000e0041tag`,
		"already \ufffd replaced ok": "already \ufffd replaced ok",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[31m\u009b\x9b\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }) {
			t.Errorf("clean(%q) = %q", s, got)
		}
		if clean(got) != got {
			t.Errorf("clean(%q) is not clean itself", s)
		}
	})
}

// What JSON shows is what was meant, with no byte that a terminal obeys.
func TestEncode(t *testing.T) {
	in := wire.Machine{Name: "\x1b]0;x\a \u009b \x7f \u202e \u2028 \U000e0041 ünï 👩\u200d💻 \\u202e \"q\""}
	b := encode(in)
	if s := strings.TrimSuffix(string(b), "\n"); strings.ContainsFunc(s, wire.Unsafe) {
		t.Errorf("raw control characters in %q", s)
	}
	var out wire.Machine
	if err := json.Unmarshal(b, &out); err != nil || out.Name != in.Name {
		t.Errorf("%q came back as %q, %v", in.Name, out.Name, err)
	}
}

func TestTableIsClean(t *testing.T) {
	var b strings.Builder
	table(&b, [][]string{{"NAME", "OS"}, {"evil\x1b[2J\tx", "a\nb"}})
	if want := "NAME              OS\nevil\\x1b[2J\\x09x  a\\x0ab\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
