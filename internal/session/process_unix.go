//go:build unix

package session

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

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
	// A program inherits what its parent ignores. Caught signals it gets as new.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE)
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
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	tty := os.NewFile(uintptr(fd), "terminal")
	setUTF8(tty) // or Backspace removes half a letter
	p.tty, p.stdin, p.outs = tty, tty, []*os.File{tty}
	return nil
}

func (p *process) startPipes() error {
	var near, far [3]*os.File
	for i := range near {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		near[i], far[i] = r, w
		if i == 0 {
			near[i], far[i] = w, r
		}
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = far[0], far[1], far[2]
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err := p.cmd.Start()
	for _, f := range far {
		f.Close()
	}
	p.stdin, p.outs = near[0], []*os.File{near[1], near[2]}
	return err
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

// read fills b with what the program has put out by now, waiting for the first
// byte only. A terminal gives 4 KB at a time: several are joined.
func (p *process) read(f *os.File, b []byte) (n int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var readErr error
	err = raw.Read(func(fd uintptr) bool {
		for n < len(b) {
			m, err := syscall.Read(int(fd), b[n:])
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if errors.Is(err, syscall.EAGAIN) {
				return n > 0
			}
			if m <= 0 {
				readErr = io.EOF // of a terminal it is EIO
				return true
			}
			n += m
		}
		return true
	})
	if errors.Is(err, os.ErrDeadlineExceeded) { // which keeps Read from even trying
		control(f, func(fd int) { n, _ = syscall.Read(fd, b) })
	}
	if n > 0 {
		return n, nil
	}
	return 0, errors.Join(io.EOF, err, readErr)
}

// hurry makes reads end soon: with what is there, or with nothing. The program
// has ended, but something it started may hold its terminal open.
func (p *process) hurry(d time.Duration) {
	for _, f := range p.outs {
		_ = f.SetReadDeadline(time.Now().Add(d))
	}
}

func (p *process) resize(cols, rows uint16) {
	if p.tty != nil && cols > 0 && rows > 0 {
		control(p.tty, func(fd int) {
			_ = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: cols, Row: rows})
		})
	}
}

// signal goes to the foreground program, as if its user had pressed the key.
func (p *process) signal(name string) {
	sig := unix.SignalNum("SIG" + name)
	if sig == 0 {
		return
	}
	group := -p.cmd.Process.Pid
	if p.tty != nil {
		control(p.tty, func(fd int) {
			if fg, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil && fg > 0 {
				group = -fg
			}
		})
	}
	_ = syscall.Kill(group, sig)
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

// endInput is the end of what is typed: of a pipe it is closed; a terminal
// stays open, since it is the program's screen as well.
func (p *process) endInput() {
	if p.tty == nil {
		p.stdin.Close()
	}
}

func (p *process) close() {
	p.stdin.Close()
	for _, f := range p.outs {
		f.Close()
	}
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
