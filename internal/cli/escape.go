package cli

// escape finds what the user says to vsay, not to the session, among the keys:
// after Enter, the escape character and one more, as ssh users' hands know it.
// In what is pasted there is none: a text with ~. in it must not be left halfway.
type escape struct {
	char   byte // 0: there is none
	start  bool // the next key is the first of a line
	held   bool // the escape character was typed and kept back
	pasted bool // what comes is pasted, as far as the terminal says so
	mark   int  // so many bytes of the next mark of a paste have come
}

// The marks that a terminal puts around what is pasted, if the program asks for them.
const (
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
)

// parseEscape reads the flag: one character, ^X, or none.
func parseEscape(s string) (byte, error) {
	switch {
	case s == "none":
		return 0, nil
	case len(s) == 1:
		return s[0], nil
	case len(s) == 2 && s[0] == '^':
		return s[1] & 0x1f, nil
	}
	return 0, usage("--escape is one character, ^X, or none; not %q", s)
}

// escapeName is an escape character as a person types it.
func escapeName(char byte) string {
	if char < 0x20 {
		return "^" + string(rune(char|0x40))
	}
	return string(rune(char))
}

// filter passes the keys that are meant for the session on to send, and calls do
// with each key that is meant for vsay, when all before it was sent: what do does
// not know (it returns false) is sent with its escape character.
func (e *escape) filter(keys []byte, send func([]byte), do func(key byte) bool) {
	if e.char == 0 {
		send(keys)
		return
	}
	out := make([]byte, 0, len(keys)+1)
	for _, k := range keys {
		switch {
		case e.held:
			e.held = false
			if k != e.char {
				send(out)
				out = out[:0]
				if do(k) {
					e.start = true
					continue
				}
			}
			out = append(out, e.char)
			e.passed(e.char)
			if k == e.char {
				continue
			}
		case e.start && k == e.char:
			e.held = true
			continue
		}
		out = append(out, k)
		e.passed(k)
	}
	send(out)
}

// passed notes a key that goes to the session.
func (e *escape) passed(k byte) {
	mark := pasteBegins
	if e.pasted {
		mark = pasteEnds
	}
	switch {
	case k == mark[e.mark]:
		e.mark++
	case k == mark[0]:
		e.mark = 1
	default:
		e.mark = 0
	}
	if e.mark == len(mark) {
		e.pasted, e.mark = !e.pasted, 0
	}
	e.start = !e.pasted && (k == '\r' || k == '\n')
}
