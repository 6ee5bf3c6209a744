package wire

import (
	"bytes"
	"slices"
	"strings"
)

// Unasked takes out of output what terminals answer by typing: whoever shows output
// before Opened.Missed passes it through here, for nobody waits for those answers, and
// they would be typed into whatever runs now. The output comes in pieces: a sequence
// that is not whole yet is held back. The zero value is ready.
type Unasked struct {
	held []byte
}

// mostHeld bounds it, in bytes. No question is that long.
const mostHeld = 4 << 10

// Rest is what was held back, for what follows is not filtered.
func (u *Unasked) Rest() []byte {
	rest := u.held
	u.held = nil
	return rest
}

// Filter gives what of the next piece is to be shown.
func (u *Unasked) Filter(p []byte) []byte {
	p = append(u.Rest(), p...)
	kept := make([]byte, 0, len(p))
	for len(p) > 0 {
		n, whole := 1, true
		if p[0] == 0x1b || p[0] == 0xc2 {
			n, whole = sequence(p)
		}
		if !whole && n < mostHeld {
			u.held = slices.Clone(p)
			break
		}
		if p[0] != 0x05 && !asks(p[:n]) { // ENQ is a question by itself
			kept = append(kept, p[:n]...)
		}
		p = p[n:]
	}
	return kept
}

// sequence is how long the one that p begins with is, and whether it is whole. C1
// controls, which UTF-8 has as two bytes, begin one as their ESC does.
func sequence(p []byte) (n int, whole bool) {
	if len(p) < 2 {
		return len(p), false
	}
	switch opener(p) {
	case '[':
		return until(p, func(b byte) bool { return b >= 0x40 && b <= 0x7e })
	case ']':
		return until(p, func(b byte) bool { return b == 0x07 })
	case 'P', 'X', '^', '_':
		return until(p, func(byte) bool { return false })
	}
	if p[0] == 0x1b && p[1] == 0x1b {
		return 1, true
	}
	return 2, true
}

// opener is the second byte of a sequence in its form with ESC; 0: it is none.
func opener(p []byte) byte {
	if p[0] == 0x1b {
		return p[1]
	}
	if p[1] >= 0x80 && p[1] < 0xa0 {
		return p[1] - 0x40
	}
	return 0
}

// until finds the end of a sequence. Whatever it is, it ends as well with ST, with
// CAN and SUB, and where another one begins.
func until(p []byte, last func(byte) bool) (n int, whole bool) {
	for n = 2; n < len(p); n++ {
		switch {
		case last(p[n]), p[n] == 0x18, p[n] == 0x1a:
			return n + 1, true
		case p[n] == 0x1b && n+1 == len(p):
			return len(p), false
		case p[n] == 0x1b && p[n+1] == '\\':
			return n + 2, true
		case p[n] == 0x9c && p[n-1] == 0xc2:
			return n + 1, true
		case p[n] == 0x1b:
			return n, true
		}
	}
	return n, false
}

// asks tells whether some terminal answers a sequence.
func asks(seq []byte) bool {
	if len(seq) < 2 || seq[0] != 0x1b && seq[0] != 0xc2 {
		return false
	}
	body := seq[2:]
	switch opener(seq) {
	case 'Z':
		return true
	case '[':
		return len(body) > 0 && csiAsks(string(body[:len(body)-1]), body[len(body)-1])
	case ']':
		text := strings.TrimRight(string(body), "\a\x1b\\\xc2\x9c")
		return slices.Contains(strings.Split(text, ";"), "?")
	case 'P':
		return bytes.HasPrefix(body, []byte("$q")) || bytes.HasPrefix(body, []byte("+q"))
	case '_':
		return bytes.HasPrefix(body, []byte("G")) // pictures: a terminal says whether it got them
	}
	return false
}

// csiAsks is asks for a control sequence: device attributes, status, terminal
// parameters; modes, version, keyboard, checksums, presentation; the window.
func csiAsks(params string, final byte) bool {
	switch final {
	case 'c', 'x':
		return !strings.ContainsAny(params, "$*")
	case 'n':
		return !strings.HasPrefix(params, ">") // which sets a mode of the keyboard
	case 'p', 'w':
		return strings.HasSuffix(params, "$")
	case 'q':
		return strings.HasPrefix(params, ">")
	case 'u':
		return strings.HasPrefix(params, "?") || strings.HasSuffix(params, "$") || strings.HasSuffix(params, "&")
	case 'm', 'S', 'g':
		return strings.HasPrefix(params, "?")
	case 'y':
		return strings.HasSuffix(params, "*")
	case 't':
		first, _, _ := strings.Cut(params, ";")
		return slices.Contains([]string{"11", "13", "14", "15", "16", "18", "19", "20", "21"}, first)
	}
	return false
}
