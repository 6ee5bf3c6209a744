package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// modes watches output for the modes a program sets in the terminal, so that
// they can be put back when the program is left behind.
type modes struct {
	w     io.Writer
	state int
	param []byte
	set   []int // private modes that differ from a fresh terminal
	app   bool  // application keypad
}

// States of the little parser: plain text, after ESC, after ESC [, after ESC [ ?.
const (
	plainText = iota
	afterESC
	afterCSI
	inPrivate
)

// watched modes: cursor keys, mouse, focus, alternate screens, bracketed paste.
var watched = []int{1, 9, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004}

const cursorShown = 25 // set in a fresh terminal, unlike the others

func (m *modes) Write(p []byte) (int, error) {
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
	return m.w.Write(p)
}

func (m *modes) step(c byte) {
	switch {
	case c == 0x1b:
		m.state = afterESC
	case m.state == plainText:
	case m.state == afterESC:
		m.escape(c)
	case m.state == afterCSI && c == '?':
		m.state, m.param = inPrivate, m.param[:0]
	case m.state == inPrivate && (c >= '0' && c <= '9' || c == ';') && len(m.param) < 64:
		m.param = append(m.param, c)
	case m.state == inPrivate && (c == 'h' || c == 'l'):
		for s := range strings.SplitSeq(string(m.param), ";") {
			if n, err := strconv.Atoi(s); err == nil {
				m.change(n, c == 'h')
			}
		}
		m.state = plainText
	default:
		m.state = plainText
	}
}

func (m *modes) escape(c byte) {
	m.state = plainText
	switch c {
	case '[':
		m.state = afterCSI
	case '=':
		m.app = true
	case '>':
		m.app = false
	case 'c': // a full reset
		m.set, m.app = nil, false
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
