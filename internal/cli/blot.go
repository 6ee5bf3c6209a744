package cli

import (
	"sync"
	"time"
)

// readWithin is how long a note stays on a program's screen at least, if nothing
// is typed.
const readWithin = 5 * time.Second

// blot is a note of vsay's own on the screen of a program that draws all of it and
// does not know of the note. A shell's would scroll away. It stays until it was
// read: till the next key, or a while. Then the screen is to be drawn anew.
type blot struct {
	att interface{ Redraw() }

	mu    sync.Mutex
	timer *time.Timer // nil: there is none
}

// made says that there is one.
func (b *blot) made() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
	}
	b.timer = time.AfterFunc(readWithin, b.read)
}

// read says that it was read.
func (b *blot) read() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer == nil {
		return
	}
	b.timer.Stop()
	b.timer = nil
	b.att.Redraw()
}
