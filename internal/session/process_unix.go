//go:build unix

package session

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"vsay/internal/wire"
)

// process is the program of a session and its ends of the pipes.
type process struct {
	cmd    *exec.Cmd
	tty    *os.File   // the master of its terminal, or nil
	stdin  *os.File   // of a command without a terminal
	outs   []*os.File // what it puts out: the terminal, or stdout and stderr
	exited chan struct{}
	exit   wire.Exit
}

// start runs the program. One that cannot be started is an exit, as in a shell:
// 127 when there is none of that name, 126 when it may not run.
func start(c Config) (*process, wire.Exit) {
	cmd, err := command(c)
	if err != nil {
		return nil, failedStart(c, err)
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	if c.Run.TTY {
		err = p.startTerminal(c.Run.Cols, c.Run.Rows)
	} else {
		err = p.startPipes()
	}
	if err != nil {
		return nil, failedStart(c, err)
	}
	go p.wait()
	return p, wire.Exit{}
}

func command(c Config) (*exec.Cmd, error) {
	argv := c.Run.Command
	shell := c.Run.Kind == wire.KindShell
	if shell {
		argv = []string{c.Shell}
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, fs.ErrNotExist
	}
	for _, kv := range c.Env { // a program is looked for where the session would
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			os.Setenv("PATH", path)
		}
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	if cmd.Err != nil && !errors.Is(cmd.Err, exec.ErrDot) {
		return nil, cmd.Err
	}
	if shell {
		cmd.Args[0] = "-" + filepath.Base(c.Shell) // a login shell
	}
	cmd.Env, cmd.Dir = c.Env, c.Dir
	if c.Run.Dir != "" {
		cmd.Dir = c.Run.Dir
		if !filepath.IsAbs(cmd.Dir) {
			cmd.Dir = filepath.Join(c.Dir, cmd.Dir)
		}
	}
	if info, err := os.Stat(cmd.Dir); err != nil || !info.IsDir() {
		if c.Run.Dir != "" {
			return nil, wire.ErrBadRequest.With("there is no folder %s", cmd.Dir)
		}
		cmd.Dir = "/"
	}
	return cmd, nil
}

func failedStart(c Config, err error) wire.Exit {
	name := c.Shell
	if len(c.Run.Command) > 0 {
		name = c.Run.Command[0]
	}
	var e *wire.Error
	switch {
	case errors.As(err, &e):
		return wire.Exit{Code: 126, Error: e.Message}
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return wire.Exit{Code: 127, Error: name + ": command not found"}
	case errors.Is(err, fs.ErrPermission):
		return wire.Exit{Code: 126, Error: name + ": permission denied"}
	case errors.Is(err, syscall.EISDIR):
		return wire.Exit{Code: 126, Error: name + ": is a folder"}
	}
	return wire.Exit{Code: 126, Error: name + ": cannot be run: " + err.Error()}
}

func (p *process) startTerminal(cols, rows uint16) error {
	if cols == 0 || rows == 0 {
		cols, rows = 80, 24
	}
	master, err := pty.StartWithSize(p.cmd, &pty.Winsize{Cols: cols, Rows: rows})
	if err != nil {
		return err
	}
	defer master.Close()
	// The library leaves it blocking: a read could then never be joined or hurried.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		return err
	}
	tty := os.NewFile(uintptr(fd), "terminal")
	setUTF8(tty) // or Backspace removes half a letter
	p.tty, p.stdin, p.outs = tty, tty, []*os.File{tty}
	return nil
}

func (p *process) startPipes() error {
	var near, far [3]*os.File
	defer func() { closeAll(far[:]) }()
	for i := range near {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(near[:])
			return err
		}
		near[i], far[i] = r, w
		if i == 0 {
			near[i], far[i] = w, r
		}
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = far[0], far[1], far[2]
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := p.cmd.Start(); err != nil {
		closeAll(near[:])
		return err
	}
	p.stdin, p.outs = near[0], near[1:]
	return nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

func (p *process) wait() {
	_ = p.cmd.Wait() // what it says is in ProcessState
	status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	p.exit = wire.Exit{Code: status.ExitStatus()}
	if status.Signaled() {
		p.exit = wire.Exit{Code: 128 + int(status.Signal()), Signal: strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")}
	}
	close(p.exited)
}

func (p *process) resize(cols, rows uint16) {
	if p.tty != nil && cols > 0 && rows > 0 {
		control(p.tty, func(fd int) {
			_ = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: cols, Row: rows})
		})
	}
}

// signal goes to the foreground program, as if its user had pressed the key. One that
// ends programs and has no key is meant for what waits behind that one as well: when
// a terminal hangs up, its shell hears of it, whatever runs in it.
func (p *process) signal(name string) {
	sig := unix.SignalNum("SIG" + name)
	if sig == 0 || p.hasExited() {
		return
	}
	own, front := p.cmd.Process.Pid, p.front()
	_ = syscall.Kill(-front, sig)
	if front != own && (sig == syscall.SIGHUP || sig == syscall.SIGTERM || sig == syscall.SIGKILL) {
		_ = syscall.Kill(-own, sig)
	}
}

// front is the process group that the terminal is at, or that of a command without one.
func (p *process) front() (group int) {
	group = p.cmd.Process.Pid
	if p.tty != nil {
		control(p.tty, func(fd int) {
			if fg, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && fg > 0 {
				group = fg
			}
		})
	}
	return group
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// keepToOurselves keeps every open file from the program: this process may have
// been started by one that was careless.
func keepToOurselves() {
	dir := "/dev/fd"
	files, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, f := range files {
		if fd, err := strconv.Atoi(f.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}

// control hands out the descriptor without File.Fd, which would make it blocking.
func control(f *os.File, do func(fd int)) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}

// typeSome writes what the program takes at once. One that reads no more takes
// everything.
func (p *process) typeSome(keys []byte) (n int) {
	raw, err := p.stdin.SyscallConn()
	if err != nil {
		return len(keys)
	}
	failed := syscall.EBADF // it is closed, and what follows is not called
	_ = raw.Write(func(fd uintptr) bool {
		n, failed = writeOnce(int(fd), keys)
		return true
	})
	switch failed {
	case 0:
		return n
	case syscall.EAGAIN:
		return 0
	}
	return len(keys)
}

func writeOnce(fd int, b []byte) (n int, errno syscall.Errno) {
	for {
		n, err := syscall.Write(fd, b)
		switch {
		case err == nil:
			return n, 0
		case errors.Is(err, syscall.EINTR):
		case errors.As(err, &errno):
			return 0, errno
		default:
			return 0, syscall.EIO
		}
	}
}

// endInput is the end of what is typed: of a pipe it is closed; a terminal
// stays open, since it is the program's screen as well.
func (p *process) endInput() {
	if p.tty == nil {
		p.stdin.Close()
	}
}

func (p *process) close() {
	p.stdin.Close()
	closeAll(p.outs)
}

// LoginShell is the shell of this process's user.
func LoginShell() string {
	u, err := user.Current()
	if err == nil {
		passwd, _ := os.ReadFile("/etc/passwd")
		for line := range strings.Lines(string(passwd)) {
			if f := strings.Split(strings.TrimSpace(line), ":"); len(f) == 7 && f[2] == u.Uid && f[6] != "" {
				return f[6]
			}
		}
	}
	if s := os.Getenv("SHELL"); s != "" {
		return s
	}
	return "/bin/sh"
}
