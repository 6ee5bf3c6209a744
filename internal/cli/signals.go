package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"vsay/internal/client"
	"vsay/internal/wire"
)

// killAfter is how long a command has to heed SIGTERM, in a timeout.
const killAfter = 5 * time.Second

// startGrace is how long a start may still take once vsay was told to end: a
// command that runs by then has to be told as well, or it is left behind.
const startGrace = 5 * time.Second

// begin starts a command. From then on the signals that end vsay are the
// command's, even those that came while it was being started. finish says what
// the exit code is, after all.
func (a *app) begin(ctx context.Context, api *client.Client, agentID string, ask wire.Open, limit time.Duration) (*client.Attachment, func(error) error, error) {
	signals := make(chan os.Signal, 4)
	for _, s := range passedOn {
		if !signal.Ignored(s) { // as under nohup, or behind the & of a script
			signal.Notify(signals, s)
		}
	}
	signal.Ignore(syscall.SIGPIPE) // it would end vsay before it has ended the command
	starting, cancel := context.WithCancel(withoutSignals(ctx))
	defer cancel()
	told := context.AfterFunc(ctx, func() { time.AfterFunc(startGrace, cancel) })
	defer told()
	att, err := api.Attach(starting, agentID, ask)
	if err != nil {
		signal.Stop(signals)
		if len(signals) > 0 {
			err = endedBy(<-signals)
		}
		return nil, nil, err
	}
	return att, a.govern(att, signals, limit), nil
}

// endedBy is the exit code of a program that a signal ended.
func endedBy(s os.Signal) error {
	number, _ := s.(syscall.Signal)
	return exitError(128 + int(number))
}

// govern passes signals on to the command and ends it when its time is over.
func (a *app) govern(att *client.Attachment, signals chan os.Signal, limit time.Duration) (finish func(error) error) {
	g := governor{a: a, att: att, done: make(chan struct{})}
	var wg sync.WaitGroup
	wg.Go(func() { g.run(signals, limit) })
	return func(err error) error {
		signal.Stop(signals)
		close(g.done)
		wg.Wait()
		switch {
		case g.late:
			a.note("the command took longer than %s", limit.String())
			return exitError(124)
		case g.left != nil:
			return endedBy(g.left)
		}
		return err
	}
}

// governor is what stands over a command that runs.
type governor struct {
	a    *app
	att  *client.Attachment
	done chan struct{} // closed when it has ended
	kept bool          // a signal waits for the machine
	late bool          // its time is over
	left os.Signal     // vsay left it because of that
}

func (g *governor) run(signals <-chan os.Signal, limit time.Duration) {
	var over, kill <-chan time.Time
	if limit > 0 {
		over = time.After(limit)
	}
	for {
		select {
		case s := <-signals:
			g.pass(s)
		case <-over:
			g.late, over = true, nil
			kill = time.After(killAfter)
			g.att.Signal("TERM")
		case <-kill:
			g.att.Signal("KILL")
		case <-g.done:
			return
		}
	}
}

// pass has a signal reach the command. While that cannot be, somebody may want to
// have his prompt back.
func (g *governor) pass(s os.Signal) {
	away := !g.att.Silent().IsZero()
	if away && g.kept && g.left == nil {
		g.left = s
		g.att.Leave()
		return
	}
	g.kept = away
	if away {
		g.a.note("the machine cannot be reached: the signal is kept; another one leaves the command")
	}
	g.att.Signal(signalName(s))
}

// passedOn are the signals that end a program, and that it may want to hear of.
var passedOn = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

func signalName(s os.Signal) string {
	switch s {
	case syscall.SIGTERM:
		return "TERM"
	case os.Interrupt:
		return "INT"
	case syscall.SIGQUIT:
		return "QUIT"
	}
	return "HUP"
}

// untilSignal ends with ctx, and with the first signal that ends a program; a
// second one then does so at once. ended gives the exit code of that, where
// nothing else has one.
func untilSignal(ctx context.Context) (_ context.Context, ended func(error) error) {
	ctx, cancel := context.WithCancel(ctx)
	came := make(chan os.Signal, 1)
	for _, s := range passedOn {
		if !signal.Ignored(s) {
			signal.Notify(came, s)
		}
	}
	first := make(chan os.Signal, 1)
	go func() {
		defer close(first)
		select {
		case s := <-came:
			first <- s
			signal.Stop(came)
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func(err error) error {
		signal.Stop(came)
		cancel()
		s, ok := <-first
		if !ok && len(came) > 0 { // what ended ctx was told of it first
			s, ok = <-came
		}
		var remote exitError
		if ok && !errors.As(err, &remote) {
			return endedBy(s)
		}
		return err
	}
}

// untilHangup ends with ctx, and when the terminal is closed. It ends as well with
// the signal that would end vsay while the terminal is raw.
func untilHangup(ctx context.Context) (context.Context, context.CancelFunc) {
	if signal.Ignored(syscall.SIGHUP) {
		return signal.NotifyContext(ctx, syscall.SIGQUIT)
	}
	return signal.NotifyContext(ctx, syscall.SIGHUP, syscall.SIGQUIT)
}
