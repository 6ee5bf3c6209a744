package wire

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf16"
)

// Unsafe holds for characters that steer a terminal or turn the order of what is read:
// control characters, C0 and C1, and the invisible ones that reorder text or break
// lines. The two joiners that emoji and many scripts are written with are harmless.
func Unsafe(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// EscapeJSON makes JSON fit to be shown on a terminal, and read in one line: JSON
// itself escapes C0 alone. It says the same as before.
func EscapeJSON(line []byte) []byte {
	if bytes.IndexFunc(line, Unsafe) < 0 {
		return line
	}
	var b bytes.Buffer
	for _, r := range string(line) {
		switch {
		case Unsafe(r) && r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		case Unsafe(r):
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}
