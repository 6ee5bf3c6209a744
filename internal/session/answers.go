package session

import (
	"bytes"
	"regexp"
	"strconv"
	"sync"
)

// A program that asks the terminal something asks every viewer's terminal, and
// all of them answer. Only the controller's answer is typed: the program asked
// once. said matches what terminals say by themselves and no key does: where the
// cursor is, what they are, their modes, size and colours.
// Few sessions need it, so it is made when one does.
var said = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\x1b\[(?:` +
		`\d+;\d+R` + // cursor position
		`|\?\d+(?:;\d+)*[Rcnu]` + // the same, attributes, status, keyboard
		`|[>=][\d;]*c` + // secondary and tertiary attributes
		`|[03]n` + // status
		`|\??\d+;\d+\$y` + // a mode
		`|\d+(?:;\d+)*t` + // the window
		`)|\x1bP[^\x1b]*\x1b\\` + // settings, version
		`|\x1b\]\d+;[^\x07\x1b]*(?:\x07|\x1b\\)`) // colours, clipboard
})

// aKey says that a is F3 with Shift, Alt, Control or some of them, which looks like
// a cursor in the first row: ESC [ 1 ; 2 R to ESC [ 1 ; 16 R.
func aKey(a []byte) bool {
	n, found := bytes.CutPrefix(a, []byte("\x1b[1;"))
	n, isR := bytes.CutSuffix(n, []byte("R"))
	with, err := strconv.Atoi(string(n))
	return found && isR && err == nil && with >= 2 && with <= 16
}

// withoutAnswers is p without what a terminal says by itself. Such an answer comes
// in one piece; one that was torn apart on its way is taken for keys.
func withoutAnswers(p []byte) []byte {
	if bytes.IndexByte(p, 0x1b) < 0 {
		return p
	}
	return said().ReplaceAllFunc(p, func(a []byte) []byte {
		if aKey(a) {
			return a
		}
		return nil
	})
}
