//go:build unix

package chaos

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// service is a process that is killed and started again.
type service struct {
	name  string
	stack *stack
	args  []string
	under []string                    // a program that it runs under and that may be its end; nil: none
	ready func(context.Context) error // nil: it is not waited for
	build int

	busy   sync.Mutex // from a death to the next start
	cmd    *exec.Cmd
	ended  chan struct{}
	ending atomic.Bool // it is to end
}

// start starts the build that is its turn.
func (v *service) start() error {
	log, err := os.OpenFile(filepath.Join(v.stack.dir, "log", v.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	words := slices.Concat(v.under, []string{v.stack.builds[v.build]}, v.args)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env = v.stack.dir, v.stack.environ()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return err
	}
	alive, dead := context.WithCancel(context.Background())
	ended := make(chan struct{})
	v.cmd, v.ended = cmd, ended
	v.ending.Store(false)
	go func() {
		err := cmd.Wait()
		if !v.ending.Load() && v.under == nil {
			v.stack.news.wrong("the %s ended by itself: %v", v.name, err)
		}
		dead()
		close(ended)
	}()
	if v.ready == nil {
		return nil
	}
	return v.ready(alive)
}

// leaveWithin is what security.md gives a server that was asked to leave.
const leaveWithin = 30 * time.Second

// stop ends it, and waits until it is gone.
func (v *service) stop(sig syscall.Signal) {
	v.ending.Store(true)
	_ = v.cmd.Process.Signal(sig) // it may be gone
	select {
	case <-v.ended:
	case <-time.After(leaveWithin):
		v.stack.news.wrong("the %s is still there %s after %s", v.name, leaveWithin, sig)
		_ = v.cmd.Process.Kill()
		<-v.ended
	}
	if code := v.cmd.ProcessState.ExitCode(); sig == syscall.SIGTERM && code != 0 {
		v.stack.news.wrong("the %s ended with %d after SIGTERM", v.name, code)
	}
}
