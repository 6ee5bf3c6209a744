//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// watchSize tells each new size of a terminal, until stop.
func watchSize(f *os.File, tell func(cols, rows uint16)) (stop func()) {
	changed := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(changed, syscall.SIGWINCH)
	go func() {
		for {
			select {
			case <-changed:
				tell(screenSize(f))
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(changed)
		close(done)
	}
}
