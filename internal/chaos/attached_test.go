//go:build unix

package chaos

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"vsay/internal/client"
	"vsay/internal/wire"
)

// runner is a session and whatever is its client.
type runner interface {
	book() *stream
	start() error  // returns when the first output has come
	finish() error // types the last record, and returns when the program and its client have ended
	check()        // compares both ends, when all is over
	abandon()      // lets go of everything, in the middle of it
}

// attached is a session whose client is an Attachment in this process, which
// sees every byte.
type attached struct {
	*stream
	shell bool

	att  *client.Attachment
	quit context.CancelFunc // of the attachment
	mute context.CancelFunc // of who types
	live sync.WaitGroup
	done chan error // how Run ended
}

// exitOf is what a session's program is told to exit with. All differ.
func exitOf(number int) int { return 40 + number }

func pipeCommand(s *stream) []string {
	return []string{s.stack.shell, "pipe", strconv.Itoa(s.number), strconv.Itoa(exitOf(s.number))}
}

// shellOf asks for a new shell, on a terminal.
func shellOf(name string) wire.Open {
	return wire.Open{
		New: true, Name: name, Source: "chaos", Cols: 80, Rows: 24,
		Spec: wire.Spec{Kind: wire.KindShell, TTY: true, Term: "xterm-256color"},
	}
}

func (a *attached) book() *stream { return a.stream }

func (a *attached) start() (err error) {
	o := shellOf("")
	if !a.shell {
		o.Spec = wire.Spec{Kind: wire.KindExec, Command: pipeCommand(a.stream)}
	}
	ctx, quit := context.WithCancel(context.Background())
	a.quit, a.binary, a.own = quit, true, true
	opening, opened := context.WithTimeout(ctx, patience)
	defer opened()
	if a.att, err = a.stack.api.Attach(opening, a.stack.box, o); err != nil {
		return err
	}
	a.attaches++
	a.listen(a.att)
	a.done = make(chan error, 1)
	go func() {
		exit, err := a.att.Run(ctx, sink{a.stream}, errSink{a.stream})
		want := 0
		if !a.shell {
			want = exitOf(a.number)
		}
		if err == nil && exit.Code != want {
			err = errors.New("the program ended with " + exit.String() + " " + exit.Error)
		}
		if err != nil && ctx.Err() == nil {
			a.stack.news.wrong("%s: the attachment ended: %v", a, err)
		}
		a.done <- err
	}()
	if err := a.begun(); err != nil {
		return err
	}
	typing, mute := context.WithCancel(ctx)
	a.mute = mute
	a.live.Go(func() { a.typing(typing, a.att) })
	return nil
}

// listen has an attachment say what becomes of it.
func (s *stream) listen(att *client.Attachment) {
	att.Lost = func(err error) { s.stack.news.lost(s, wire.AsError(err).Code) }
	att.Back = func() {
		s.stack.news.add("%s has a link again", s)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.redials++
	}
	att.Gap = func(g wire.Gap) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.gaps += g.To - g.From
	}
}

func (a *attached) finish() error {
	a.mute()
	a.live.Wait()
	a.put(a.att, a.next(true))
	a.att.CloseInput()
	return <-a.done
}

func (a *attached) abandon() {
	if a.quit != nil {
		a.quit()
	}
}
