//go:build !unix

package cli

import (
	"os"
	"time"
)

// watchSize tells each new size of a terminal, until stop. There is no signal
// to wait for here: it looks now and then.
func watchSize(f *os.File, tell func(cols, rows uint16)) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		cols, rows := screenSize(f)
		for {
			select {
			case <-tick.C:
			case <-done:
				return
			}
			if c, r := screenSize(f); c != cols || r != rows {
				cols, rows = c, r
				tell(c, r)
			}
		}
	}()
	return func() { close(done) }
}

// whenResumed does nothing: nobody can stop a program here.
func whenResumed(func()) (stop func()) { return func() {} }

// inFront tells whether a terminal is ours to change: here always.
func inFront(*os.File) bool { return true }
