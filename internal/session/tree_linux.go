package session

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// adoptOrphans makes this process the parent of what its children leave behind,
// so that a session's whole tree can be found when it ends.
func adoptOrphans() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// descendants of this process, parents before their children.
func descendants() []int { return below(os.Getpid()) }

// below are the descendants of a process, parents before their children.
func below(pid int) (all []int) {
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		next := children(queue[0])
		queue, all = append(queue, next...), append(all, next...)
	}
	return all
}

func children(pid int) (all []int) {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, t := range tasks {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		for f := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(f); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// reap collects orphans that ended; the program itself is p.wait's.
func reap(p *process) {
	for _, pid := range children(os.Getpid()) {
		if p == nil || pid != p.cmd.Process.Pid {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// endTree ends whatever the program left running: SIGHUP, then SIGKILL after
// grace. It returns when nothing is left.
func endTree(p *process, grace time.Duration) {
	left := func(sig syscall.Signal) bool {
		reap(p)
		all := descendants()
		for _, pid := range all {
			_ = syscall.Kill(pid, sig)
			_ = syscall.Kill(pid, syscall.SIGCONT) // a stopped one would never hear it
		}
		return len(all) > 0
	}
	deadline := time.Now().Add(grace)
	if !left(syscall.SIGHUP) {
		return
	}
	for time.Now().Before(deadline) && left(0) {
		time.Sleep(20 * time.Millisecond)
	}
	for wait := time.Millisecond; left(syscall.SIGKILL); wait = min(2*wait, time.Second) {
		time.Sleep(wait) // ever longer: of another user, or stuck in the kernel, it may stay
	}
}

func setUTF8(tty *os.File) {
	control(tty, func(fd int) {
		if t, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
			t.Iflag |= unix.IUTF8
			_ = unix.IoctlSetTermios(fd, unix.TCSETS, t)
		}
	})
}
