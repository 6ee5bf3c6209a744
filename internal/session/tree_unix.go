//go:build unix && !linux

package session

import (
	"os"
	"syscall"
	"time"
)

func adoptOrphans() {}

func reap(*process) {}

// endTree ends the program's process group: SIGHUP, then SIGKILL after grace.
func endTree(p *process, grace time.Duration) {
	if p == nil {
		return
	}
	group := -p.cmd.Process.Pid
	if syscall.Kill(group, syscall.SIGHUP) != nil {
		return // nothing is left
	}
	for deadline := time.Now().Add(grace); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if syscall.Kill(group, 0) != nil {
			return
		}
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
}

func setUTF8(*os.File) {}
