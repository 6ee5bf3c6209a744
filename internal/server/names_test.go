package server

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCanonicalEmail(t *testing.T) {
	for typed, want := range map[string]string{
		"ann@example.com": "ann@example.com", "Bob@X.io": "bob@x.io", "a.b+c@sub.example.com": "a.b+c@sub.example.com",
		"root@localhost": "root@localhost", "o'hara@example.com": "o'hara@example.com",
	} {
		if got, err := canonicalEmail(typed); got != want || err != nil {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{
		"", "@", "ann", "ann@", "@example.com", "a@b@c", "ann@example.com\r\nBcc: eve@example.com", "ann\x00@example.com",
		"ann@exam\x1bple.com", "ann@example.com\u202e", "a nn@example.com", " ann@example.com", "ann@example.com ",
		"ann@-example.com", "ann@example-.com", "ann@.com", "ann@example..com", "ann.@example.com", ".ann@example.com",
		"\"ann\"@example.com", "ann@[127.0.0.1]", "änn@example.com", "ann@exämple.com", "Ann <ann@example.com>",
		strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("b", 64) + ".com", "a@" + strings.Repeat("b.", 126) + "com",
	} {
		if got, err := canonicalEmail(typed); err == nil {
			t.Errorf("%q passes as %q", typed, got)
		}
	}
}

func TestMachineName(t *testing.T) {
	for wanted, want := range map[string]string{
		"box": "box", "web-1.example.com": "web-1.example.com", "my box": "my-box", "büro": "büro", "": "machine", "...": "machine",
		"a:b": "a-b", "a/b": "a-b", "\x1b[31mred": "31mred", "-rf": "rf", strings.Repeat("é", 40): strings.Repeat("é", 32),
	} {
		if got := machineName(wanted); got != want {
			t.Errorf("%q is called %q, want %q", wanted, got, want)
		}
	}
}

func FuzzMachineName(f *testing.F) {
	f.Add("box")
	f.Add("\xff\x1b]52;c;?\a")
	f.Fuzz(func(t *testing.T, wanted string) {
		name := machineName(wanted)
		if name == "" || len(name) > 64*utf8.UTFMax || !utf8.ValidString(name) || strings.ContainsAny(name, ":/ \x1b\x00") {
			t.Fatalf("%q is called %q", wanted, name)
		}
		if again := machineName(name); again != name {
			t.Fatalf("%q, then %q", name, again)
		}
	})
}
