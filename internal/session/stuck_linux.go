package session

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"vsay/internal/wire"
)

// killWithin is how long Kill goes on ending what a program starts meanwhile.
const killWithin = time.Second

// Kill ends a holder that does not answer, and all that its program started: the
// holder is their parent, so they are found while it lives. What belongs to another
// user is hung up by the terminal that goes with it. wire.ErrGone: there is no
// holder any more.
func Kill(socket string) error {
	pid, err := listener(socket)
	if err != nil {
		return err
	}
	process, err := unix.PidfdOpen(pid, 0)
	if err == nil {
		defer unix.Close(process)
	}
	// Who listens still is who listened before: the number was nobody else's meanwhile.
	again, gone := listener(socket)
	if gone != nil || again != pid {
		return errors.Join(wire.ErrGone, gone)
	}
	killBelow(pid)
	if err == nil {
		err = unix.PidfdSendSignal(process, unix.SIGKILL, nil, 0)
	} else {
		err = syscall.Kill(pid, syscall.SIGKILL) // a kernel before 5.3
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("the session does not answer and cannot be killed: end process %d yourself: %w", pid, err)
	}
	_ = os.Remove(socket) // of a holder that could not do so itself
	return nil
}

// listener is the process that listens on a control socket, as the kernel knows it.
func listener(socket string) (pid int, err error) {
	conn, err := net.DialTimeout("unix", socket, tellWithin)
	if err != nil {
		return 0, unanswered(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) { peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err = errors.Join(err, failed); err != nil {
		return 0, err
	}
	if peer.Pid <= 1 || int(peer.Pid) == os.Getpid() || int(peer.Uid) != os.Getuid() {
		return 0, wire.ErrForbidden.With("%s is not a session's: remove it", socket)
	}
	return int(peer.Pid), nil
}

// killBelow kills the descendants of a process until there are none, or it has
// taken too long: one that forks all the time may start another meanwhile.
func killBelow(pid int) {
	for deadline := time.Now().Add(killWithin); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		left := false
		for _, child := range below(pid) {
			if !zombie(child) {
				left = syscall.Kill(child, syscall.SIGKILL) == nil || left
			}
		}
		if !left {
			return
		}
	}
}

// zombie says that a process has ended, and that its parent has not noticed.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return err != nil || bytes.HasPrefix(after, []byte("Z"))
}
