package cli

import (
	"fmt"
	"strings"
	"sync"

	"vsay/internal/wire"
)

// display is the terminal's screen: what the session shows there and, while
// something is wrong, one line of vsay's own on the bottom row. Nothing is
// written there while a sequence of the session's output is incomplete.
type display struct {
	mu      sync.Mutex
	modes   modes
	unasked wire.Unasked
	line    int // the row of the line; 0: there is none
}

// Write shows output of the session. The line goes first: it was in the way.
func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	if rest := d.unasked.Rest(); len(rest) > 0 {
		if _, err := d.modes.Write(rest); err != nil {
			return 0, err
		}
	}
	return d.modes.Write(p)
}

// Replay shows output of before. What it asks the terminal is left out: nobody
// waits for the answer, and it would be typed into whatever runs now.
func (d *display) Replay(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	if _, err := d.modes.Write(d.unasked.Filter(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// To get to the bottom row and back: the cursor is saved with its colours, its
// charset and what its row counts from, and all of that is plain in between.
const (
	aside   = "\x1b7\x1b[?6l\x1b(B\x0f\x1b[%d;1H\x1b[0m"
	andBack = "\x1b8"
)

// tell draws the line, on a terminal of that size, in place of an earlier one.
func (d *display) tell(text string, cols, rows int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.modes.between() {
		return
	}
	if d.line != rows {
		d.erase()
	}
	width := max(cols-1, 0) // the last column would make some terminals scroll
	text = text[:min(len(text), width)]
	text += strings.Repeat(" ", width-len(text))
	_, _ = fmt.Fprintf(d.modes.w, aside+"\x1b[7m%s"+andBack, rows, text)
	d.line = rows
}

// clear takes the line away.
func (d *display) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
}

func (d *display) erase() {
	if d.line > 0 {
		_, _ = fmt.Fprintf(d.modes.w, aside+"\x1b[2K"+andBack, d.line)
		d.line = 0
	}
}

// restore leaves the terminal as the session found it.
func (d *display) restore() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	d.modes.restore()
}

// apart writes something of vsay's own where the cursor is.
func (d *display) apart(write func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	write()
}

// full tells whether the session's program has the whole screen for itself.
func (d *display) full() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.modes.alternate()
}
