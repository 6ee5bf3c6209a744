//go:build unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// executed is a session that the real `vsay exec` started, with pipes on its
// stdin, stdout and stderr.
type executed struct {
	*stream
	cmd  *exec.Cmd
	keys io.WriteCloser
	mute context.CancelFunc
	live sync.WaitGroup
	done chan error
}

func (e *executed) book() *stream { return e.stream }

func (e *executed) start() (err error) {
	e.binary = true
	e.cmd = e.stack.command(e.number, append([]string{"exec", "--quiet", "box", "--"}, pipeCommand(e.stream)...)...)
	e.cmd.Stdout, e.cmd.Stderr = sink{e.stream}, errSink{e.stream}
	if e.keys, err = e.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := e.cmd.Start(); err != nil {
		return err
	}
	e.attaches++
	e.done = make(chan error, 1)
	go func() { e.done <- e.wait() }()
	if err := e.begun(); err != nil {
		return err
	}
	typing, mute := context.WithCancel(context.Background())
	e.mute = mute
	e.live.Go(func() { e.typing(typing, e.keys) })
	return nil
}

func (e *executed) wait() error {
	_ = e.cmd.Wait() // its code says more
	if code := e.cmd.ProcessState.ExitCode(); code != exitOf(e.number) && code != -1 {
		e.stack.news.wrong("%s: vsay exec ended with %d, not %d; on stderr at last: %q", e, code, exitOf(e.number), e.errs.buf)
		return errors.New("a wrong exit code")
	}
	return nil
}

func (e *executed) finish() error {
	e.mute()
	e.live.Wait()
	e.put(e.keys, e.next(true))
	e.keys.Close()
	return <-e.done
}

func (e *executed) abandon() {
	if e.cmd != nil && e.cmd.Process != nil {
		_ = e.cmd.Process.Kill()
	}
}

// visited is a shell that one `vsay attach` after the other looks at, each in a
// terminal of its own and killed some day.
type visited struct {
	*stream
	rows *rows

	guard  sync.Mutex
	cmd    *exec.Cmd // of the client that is there
	killed bool      // by us
	ending bool      // the last record was typed, or we let go
	saying bytes.Buffer
	keys   *os.File
	mute   context.CancelFunc
	live   sync.WaitGroup
	done   chan error
}

func (v *visited) book() *stream { return v.stream }

func (v *visited) start() error {
	v.loose = true
	v.rows = &rows{s: v.stream}
	v.done = make(chan error, 1)
	go func() { v.done <- v.lives() }()
	return v.begun()
}

// againAfter is how soon somebody tries again who was told that it does not work now.
const againAfter = 300 * time.Millisecond

// lives is one client after the other, until the program has ended.
func (v *visited) lives() error {
	for {
		code, heard, err := v.visit()
		v.guard.Lock()
		killed, ending, said := v.killed, v.ending, bytes.TrimSpace(v.saying.Bytes())
		v.guard.Unlock()
		switch {
		case err != nil:
			return err
		case ending && (code == 0 || killed):
			return nil
		case killed && heard:
			v.mu.Lock()
			v.life++
			v.numbered = 0
			v.mu.Unlock()
		case killed:
		case heard:
			v.stack.news.wrong("%s: vsay attach gave up with %d: %s", v, code, said)
			return errors.New("the client gave up")
		default:
			v.stack.news.add("%s: attach again: %d %s", v, code, said)
			<-time.After(againAfter)
		}
	}
}

// openTerminal gives both ends of a terminal of 80 by 24, as raw as a client will
// make it: what is typed early is not echoed.
func openTerminal() (screen, line *os.File, err error) {
	master, line, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer master.Close()
	if _, err := term.MakeRaw(int(line.Fd())); err != nil {
		return nil, nil, err
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		return nil, nil, err
	}
	// The library leaves it blocking: who writes to a client that was killed would hang.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), "terminal"), line, nil
}

// visit is one client, from its start to its end. heard: it showed something.
func (v *visited) visit() (code int, heard bool, err error) {
	screen, line, err := openTerminal()
	if err != nil {
		return 0, false, err
	}
	defer screen.Close()
	defer line.Close()
	cmd := v.stack.command(int(v.life), "attach", "--quiet", fmt.Sprintf("box:s%d", v.number))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = line, line, &v.saying
	v.guard.Lock()
	v.saying.Reset()
	err = cmd.Start()
	v.cmd, v.killed, v.keys = cmd, false, screen
	v.guard.Unlock()
	if err != nil {
		return 0, false, err
	}
	line.Close()
	v.mu.Lock()
	v.rows.begin()
	v.mu.Unlock()
	typing, mute := context.WithCancel(context.Background())
	defer mute()
	v.guard.Lock()
	v.mute = mute
	v.guard.Unlock()
	heard = v.watch(typing, screen)
	_ = cmd.Wait() // its code says more
	mute()
	screen.Close()
	v.live.Wait()
	return cmd.ProcessState.ExitCode(), heard, nil
}

// watch reads the client's terminal to its end, and has somebody type once
// there is something to see.
func (v *visited) watch(typing context.Context, screen *os.File) (heard bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := screen.Read(buf)
		if err != nil { // EIO: the client is gone
			return heard
		}
		v.mu.Lock()
		before := v.out.Records
		v.rows.read(buf[:n])
		v.moved(before)
		fresh := v.out.Records > before && !heard
		if fresh {
			v.attaches++
		}
		v.mu.Unlock()
		if fresh {
			heard = true
			v.live.Go(func() { v.typing(typing, screen) })
		}
	}
}

func (v *visited) kill() {
	v.guard.Lock()
	defer v.guard.Unlock()
	v.killed = true
	_ = v.cmd.Process.Kill() // it may have ended
}

func (v *visited) finish() error {
	v.guard.Lock()
	v.mute()
	v.ending = true
	v.guard.Unlock()
	v.live.Wait()
	v.put(v.keys, v.next(true))
	return <-v.done
}

func (v *visited) abandon() {
	v.guard.Lock()
	v.ending = true
	v.guard.Unlock()
	if v.cmd != nil {
		v.kill()
	}
}
