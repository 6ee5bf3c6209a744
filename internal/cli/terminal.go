package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"vsay/internal/client"
	"vsay/internal/wire"
)

// screenSize is the size of a terminal in cells. One that says 0 has not been
// told, and is taken for 80 by 24.
func screenSize(f *os.File) (cols, rows uint16) {
	w, h, err := term.GetSize(int(f.Fd()))
	if err != nil || w <= 0 || h <= 0 {
		return 80, 24
	}
	return uint16(min(w, 65535)), uint16(min(h, 65535))
}

// viewing is how an attachment is shown.
type viewing struct {
	escape byte
	tty    *os.File // the terminal that is made raw; nil: bytes go through as they are
	input  bool     // stdin goes to the session
	left   string   // what to say when it is left
}

// view connects the streams to an attachment until either is done, and gives
// the exit code of the remote program as an error. The function that sets the
// terminal raw restores it, on every way out.
func (a *app) view(ctx context.Context, att *client.Attachment, v viewing) error {
	out := &modes{w: a.Out}
	if v.tty != nil {
		old, err := term.MakeRaw(int(v.tty.Fd()))
		if err != nil {
			return failed("the terminal cannot be used: %s", err)
		}
		defer term.Restore(int(v.tty.Fd()), old)
		defer out.restore()
		a.raw = true
		defer func() { a.raw = false }()
		stop := watchSize(v.tty, att.Resize)
		defer stop()
	}
	a.tellTrouble(att)
	if v.input {
		go a.typeInto(att, v)
	}
	exit, err := att.Run(ctx, out, a.Err)
	if v.tty != nil {
		out.restore()
	}
	return a.viewed(exit, err, v)
}

// viewed says how it ended.
func (a *app) viewed(exit wire.Exit, err error, v viewing) error {
	switch {
	case errors.Is(err, client.ErrLeft):
		a.note("%s", v.left)
		return nil
	case err != nil:
		if a.raw {
			_, _ = io.WriteString(a.Err, "\r\n")
		}
		return err
	case exit.Error != "":
		a.note("%s", exit.Error)
	}
	return remoteExit(exit.Code)
}

// remoteExit is a remote exit code as an error, nil for 0. What is none of this
// system's 0 to 255 must not be cut down to a success.
func remoteExit(code int) error {
	switch {
	case code == 0:
		return nil
	case code < 0 || code > 255:
		return exitError(255)
	}
	return exitError(code)
}

// typeInto copies stdin to the session. A blocked read of stdin cannot be
// cancelled: this is the one goroutine that is left behind.
func (a *app) typeInto(att *client.Attachment, v viewing) {
	esc := &escape{char: v.escape, start: true}
	if v.tty == nil {
		esc.char = 0 // a file that holds ~. is not talking to us
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := a.In.Read(buf)
		var over error
		send := func(keys []byte) {
			if len(keys) > 0 && over == nil {
				_, over = att.Write(keys)
			}
		}
		esc.filter(buf[:n], send, func(key byte) bool { return a.command(att, key, v) })
		if over != nil {
			return
		}
		if err != nil {
			att.CloseInput() // EOF ends the keys, not the session
			return
		}
	}
}

// command does what an escape asks for, and tells whether it is one.
func (a *app) command(att *client.Attachment, key byte, v viewing) bool {
	switch key {
	case '.':
		att.Leave()
	case '?':
		c := string(rune(v.escape))
		a.note("escapes, after Enter: %s. leaves (the session runs on)   %s? this help   %s%s types %s", c, c, c, c, c)
	default:
		return false
	}
	return true
}

// tellTrouble says when the link is away for long enough to be noticed, and
// when it is back.
func (a *app) tellTrouble(att *client.Attachment) {
	var timer *time.Timer
	told := make(chan struct{}, 1)
	att.Lost = func(error) {
		timer = time.AfterFunc(2*time.Second, func() {
			told <- struct{}{}
			a.note("the link broke: reconnecting; what you type is kept")
		})
	}
	att.Back = func() {
		timer.Stop()
		select {
		case <-told:
			a.note("connected again")
		default:
		}
	}
	att.Gap = func(g wire.Gap) {
		if g.To <= g.From {
			return // nothing that a machine of ours says
		}
		a.note("%d KB of output were skipped: the machine keeps the last 8 MB", (g.To-g.From)/1000)
	}
}

// note is say, on a line of its own even where the terminal is raw.
func (a *app) note(format string, args ...any) {
	if a.Quiet {
		return
	}
	if a.raw {
		_, _ = io.WriteString(a.Err, "\r\n")
		defer func() { _, _ = io.WriteString(a.Err, "\r") }()
	}
	a.say("vsay: "+format, args...)
}

// makeRoom moves what a terminal shows up into its history, before a session's
// screen is drawn over it.
func (a *app) makeRoom(tty *os.File) {
	if tty == nil {
		return
	}
	_, rows := screenSize(tty)
	_, _ = io.WriteString(a.Out, "\x1b[999;1H"+strings.Repeat("\n", int(rows)))
}

// untilHangup ends with ctx, and when the terminal is closed.
func untilHangup(ctx context.Context) (context.Context, context.CancelFunc) {
	if signal.Ignored(syscall.SIGHUP) {
		return context.WithCancel(ctx)
	}
	return signal.NotifyContext(ctx, syscall.SIGHUP)
}
