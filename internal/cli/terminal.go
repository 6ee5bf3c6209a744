package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
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
	escape   byte
	tty      *os.File             // the terminal that is made raw; nil: bytes go through as they are
	input    bool                 // stdin goes to the session
	readOnly bool                 // which takes none of it
	endKey   bool                 // the end of stdin is typed, as a terminal's
	left     string               // what to say when it is left
	farewell func(*window) string // or this, if it takes a moment to know
}

// window is an attachment as it is shown here.
type window struct {
	a       *app
	att     *client.Attachment
	v       viewing
	out     *clocked // the session's stdout
	screen  *display // the same, where it is a terminal's screen
	trouble trouble
	over    chan struct{} // closed when it is
	blot    blot
	taken   struct {
		sync.Mutex
		over bool // the terminal was restored
	}
}

// view connects the streams to an attachment until either is done, and gives
// the exit code of the remote program as an error. The function that sets the
// terminal raw restores it, on every way out.
func (a *app) view(ctx context.Context, att *client.Attachment, v viewing) error {
	w := &window{a: a, att: att, v: v, out: &clocked{Writer: a.Out}, over: make(chan struct{})}
	w.trouble.w, w.blot.att = w, att
	defer close(w.over)
	if v.tty != nil {
		restore, err := w.takeTerminal()
		if err != nil {
			return err
		}
		defer restore()
	}
	w.trouble.watch()
	if v.input {
		go w.typeInto()
	}
	exit, err := w.follow(ctx)
	if v.tty != nil {
		w.giveBack()
	}
	return w.viewed(exit, err)
}

// takeTerminal makes the terminal raw, until restore.
func (w *window) takeTerminal() (restore func(), err error) {
	fd := int(w.v.tty.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return nil, failed("the terminal cannot be used: %s", err)
	}
	if isTerminal(w.a.Out) {
		w.screen = &display{modes: modes{w: w.a.Out}}
		w.out.Writer = w.screen
	}
	w.a.raw = true
	stop := watchSize(w.v.tty, w.att.Resize)
	ignore := whenResumed(w.retakeTerminal)
	return func() {
		stop()
		ignore()
		w.taken.Lock()
		defer w.taken.Unlock()
		w.a.raw, w.taken.over = false, true
		if inFront(w.v.tty) { // or it has what another program wants
			_ = term.Restore(fd, old)
		}
	}, nil
}

// retakeTerminal makes the terminal raw again after vsay was stopped: whoever had
// it meanwhile made it his own, and drew on it.
func (w *window) retakeTerminal() {
	w.taken.Lock()
	ours := !w.taken.over && inFront(w.v.tty) // if it is not, the next fg resumes us once more
	if ours {
		_, _ = term.MakeRaw(int(w.v.tty.Fd())) // what is restored in the end is of before
	}
	w.taken.Unlock()
	if !ours {
		return
	}
	w.att.Redraw()
	w.att.Resize(screenSize(w.v.tty))
}

// stuckFor is how long a terminal that takes no output is waited for when vsay
// is to end.
const stuckFor = time.Second

// follow is the attachment's Run. When ctx ends it does not wait for a terminal
// that takes no output: that has to be restored all the same.
func (w *window) follow(ctx context.Context) (wire.Exit, error) {
	type ending struct {
		exit wire.Exit
		err  error
	}
	done := make(chan ending, 1)
	go func() {
		exit, err := w.att.Run(ctx, w.out, w.a.Err)
		done <- ending{exit, err}
	}()
	var stuck <-chan time.Time
	for told := ctx.Done(); ; {
		select {
		case e := <-done:
			return e.exit, e.err
		case <-told:
			told, stuck = nil, time.After(stuckFor)
		case <-stuck:
			return wire.Exit{}, ctx.Err()
		}
	}
}

// giveBack leaves the terminal's screen as the session found it, if it takes that.
func (w *window) giveBack() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.trouble.end()
		if w.screen != nil {
			w.screen.restore()
		}
	}()
	select {
	case <-done:
	case <-time.After(stuckFor):
	}
}

// viewed says how it ended.
func (w *window) viewed(exit wire.Exit, err error) error {
	a := w.a
	switch {
	case errors.Is(err, client.ErrLeft):
		text := w.v.left
		if w.v.farewell != nil {
			text = w.v.farewell(w)
		}
		a.note("%s", text)
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

// note is a note in between what the session shows.
func (w *window) note(format string, args ...any) {
	if w.screen == nil {
		w.a.note(format, args...)
		return
	}
	w.screen.apart(func() { w.a.note(format, args...) })
	if w.screen.full() && !w.a.Quiet {
		w.blot.made()
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
func (a *app) makeRoom() {
	if tty := a.terminal(); tty != nil && isTerminal(a.Out) {
		_, rows := screenSize(tty)
		_, _ = io.WriteString(a.Out, "\x1b[999;1H"+strings.Repeat("\n", int(rows)))
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
