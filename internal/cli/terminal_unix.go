//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// watchSize tells each new size of a terminal, until stop.
func watchSize(f *os.File, tell func(cols, rows uint16)) (stop func()) {
	return onSignal(syscall.SIGWINCH, func() { tell(screenSize(f)) })
}

// whenResumed does what has to be done after vsay was stopped and goes on, until
// stop.
func whenResumed(do func()) (stop func()) { return onSignal(syscall.SIGCONT, do) }

// onSignal does something each time that a signal comes, until stop, which does not
// wait for the last time.
func onSignal(s os.Signal, do func()) (stop func()) {
	came := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(came, s)
	go func() {
		for {
			select {
			case <-came:
				do()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(came)
		close(done)
	}
}

// inFront tells whether a terminal is ours to change: of a process in its
// background the system would stop whoever tries, and another program has it.
// A terminal that governs no jobs is anybody's.
func inFront(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}
