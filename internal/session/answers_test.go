package session

import (
	"testing"

	"vsay/internal/wire"
)

func TestWithoutAnswers(t *testing.T) {
	for typed, want := range map[string]string{
		"ls -l\r":                           "ls -l\r",
		"\x1b[24;80R":                       "",
		"a\x1b[24;80Rb":                     "ab",
		"\x1b[?62;22c\x1b[>41;354;0c":       "",
		"\x1b[0n":                           "",
		"\x1b[?2004;1$y\x1b[4;2$y":          "",
		"\x1b[8;24;80t":                     "",
		"\x1b[?1u":                          "",
		"\x1b]11;rgb:0000/0000/0000\x1b\\x": "x",
		"\x1b]52;c;aGVsbG8=\x07x":           "x",
		// settings and a version, in DCS
		"\x1bP>|XTerm(370)\x1b\\\x1bP1$r0m\x1b\\": "",
		// keys
		"\x1b[A\x1bOA\x1b[1;5C\x1b[15~\x1b[3;5~": "\x1b[A\x1bOA\x1b[1;5C\x1b[15~\x1b[3;5~",
		"\x1b[1;2R\x1b[1;16R":                    "\x1b[1;2R\x1b[1;16R",        // Shift-F3 and its kin
		"\x1b[<0;10;5M\x1b[<0;10;5m":             "\x1b[<0;10;5M\x1b[<0;10;5m", // a mouse
		"\x1b[200~paste\x1b[201~":                "\x1b[200~paste\x1b[201~",
		"\x1b[I\x1b[O\x1b":                       "\x1b[I\x1b[O\x1b",
		"\x1b[97;5u\x1b[27;5;97~":                "\x1b[97;5u\x1b[27;5;97~",
		"\x1b[24;8":                              "\x1b[24;8",
	} {
		if got := string(withoutAnswers([]byte(typed))); got != want {
			t.Errorf("of %q is left %q, want %q", typed, got, want)
		}
	}
}

// Both terminals answer what the program asked; one answer reaches it.
func TestOnlyTheControllerAnswers(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	seat(c, 1, wire.Open{Attachment: "first"})
	seat(c, 2, wire.Open{Attachment: "second"})
	const answer = "\x1b[24;80R"
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte(answer)})
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 2, Payload: []byte(answer)})
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 2, Offset: uint64(len(answer)), Payload: []byte("k")})
	got := ""
	for k, ok := c.Keys(); ok; k, ok = c.Keys() {
		got += string(k.p)
		c.Typed(k)
	}
	if got != answer+"k" {
		t.Errorf("the program got %q", got)
	}
	acked := map[uint32]uint64{}
	for _, f := range all(c) {
		if f.Kind == wire.KindAck {
			acked[f.Stream] = f.Offset
		}
	}
	if n := uint64(len(answer)); acked[1] != n || acked[2] != n+1 {
		t.Errorf("acknowledged was %v", acked)
	}
}
