package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// modes watches output for the modes a program sets in the terminal, so that
// they can be put back when the program is left behind, and for whether it
// stopped inside of something that must not be torn apart.
type modes struct {
	w     io.Writer
	state int
	param []byte
	tail  []byte // the last bytes of plain text
	set   []int  // private modes that differ from a fresh terminal
	app   bool   // application keypad
}

// States of the little parser: plain text, after ESC, in a longer escape, after
// ESC [, in the text of an OSC, DCS and the like, after an ESC in it.
const (
	plainText = iota
	afterESC
	inEscape
	inCSI
	inText
	afterTextESC
)

// watched modes: cursor keys, mouse, focus, alternate screens, bracketed paste.
var watched = []int{1, 9, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004}

const cursorShown = 25 // set in a fresh terminal, unlike the others

func (m *modes) Write(p []byte) (int, error) {
	m.watch(p)
	return m.w.Write(p)
}

func (m *modes) watch(p []byte) {
	for i := 0; i < len(p); i++ {
		if m.state == plainText {
			n := bytes.IndexByte(p[i:], 0x1b)
			if n < 0 {
				break
			}
			i += n
		}
		m.step(p[i])
	}
	last := p[max(0, len(p)-utf8.UTFMax):]
	m.tail = append(m.tail, last...)
	m.tail = slices.Delete(m.tail, 0, max(0, len(m.tail)-utf8.UTFMax))
}

// between says that the output stopped neither inside of a sequence nor of a
// character: something else may be written now.
func (m *modes) between() bool {
	if m.state != plainText {
		return false
	}
	for i := len(m.tail) - 1; i >= 0; i-- {
		if utf8.RuneStart(m.tail[i]) {
			return utf8.FullRune(m.tail[i:])
		}
	}
	return true
}

func (m *modes) step(c byte) {
	switch {
	case c == 0x18 || c == 0x1a: // which cancel whatever it is
		m.state = plainText
	case m.state == inText && c == 0x1b:
		m.state = afterTextESC
	case m.state == inText && c == 0x07, m.state == afterTextESC && c == '\\':
		m.state = plainText
	case m.state == inText:
	case c == 0x1b:
		m.state = afterESC
	case m.state == plainText, c < 0x20: // which is done at once, even inside of a sequence
	case m.state == afterESC, m.state == afterTextESC, m.state == inEscape:
		m.escape(c)
	default:
		m.csi(c)
	}
}

func (m *modes) escape(c byte) {
	was := m.state
	m.state = plainText
	switch {
	case c < 0x30:
		m.state = inEscape
	case was == inEscape: // a charset, or the like
	case c == '[':
		m.state, m.param = inCSI, m.param[:0]
	case strings.IndexByte("]PX^_", c) >= 0:
		m.state = inText
	case c == '=':
		m.app = true
	case c == '>':
		m.app = false
	case c == 'c': // a full reset
		m.set, m.app = nil, false
	}
}

func (m *modes) csi(c byte) {
	switch {
	case c < 0x40 && len(m.param) < 64:
		m.param = append(m.param, c)
		return
	case c < 0x40:
		return
	case c == 'h' || c == 'l':
		m.private(string(m.param), c == 'h')
	}
	m.state = plainText
}

// private sets or resets modes, if that is what the parameters are about.
func (m *modes) private(params string, on bool) {
	params, ok := strings.CutPrefix(params, "?")
	if !ok {
		return
	}
	for s := range strings.SplitSeq(params, ";") {
		if n, err := strconv.Atoi(s); err == nil {
			m.change(n, on)
		}
	}
}

func (m *modes) change(n int, on bool) {
	if n == cursorShown {
		on = !on // noted while it differs: hidden
	} else if !slices.Contains(watched, n) {
		return
	}
	m.set = slices.DeleteFunc(m.set, func(x int) bool { return x == n })
	if on {
		m.set = append(m.set, n)
	}
}

// alternate tells whether the alternate screen is shown.
func (m *modes) alternate() bool {
	return slices.ContainsFunc(m.set, func(n int) bool { return n == 47 || n == 1047 || n == 1049 })
}

// restore undoes what is still set. It touches nothing else: a terminal that
// was never changed is written nothing.
func (m *modes) restore() {
	var b strings.Builder
	for _, n := range slices.Backward(m.set) {
		if n == cursorShown {
			b.WriteString("\x1b[?25h")
			continue
		}
		fmt.Fprintf(&b, "\x1b[?%dl", n)
	}
	if m.app {
		b.WriteString("\x1b>")
	}
	if b.Len() > 0 {
		b.WriteString("\x1b[0m")
		_, _ = io.WriteString(m.w, b.String())
	}
	m.set, m.app = nil, false
}
