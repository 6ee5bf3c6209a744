package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// onHangup does something at each SIGHUP, which then does not end the process, until
// stop is called. A process on a terminal ends when that is closed, as ever.
func (a *app) onHangup(do func()) (stop func()) {
	if in, ok := a.In.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		return func() {}
	}
	hung := make(chan os.Signal, 1)
	signal.Notify(hung, syscall.SIGHUP)
	over := make(chan struct{})
	go func() {
		for {
			select {
			case <-hung:
				do()
			case <-over:
				return
			}
		}
	}()
	return func() { signal.Stop(hung); close(over) }
}
