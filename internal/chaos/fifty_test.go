//go:build unix

package chaos

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

var fiftyFlag = flag.Bool("fifty", false, "the server is killed under fifty sessions, and stays away for five seconds")

// What security.md asks for.
const (
	fiftySessions = 50
	awayFor       = 5 * time.Second
	backWithin    = 5 * time.Second
)

// TestFifty kills the server under fifty sessions that stream both ways, and
// measures how soon each of them goes on once it is back.
func TestFifty(t *testing.T) {
	if !*fiftyFlag {
		t.Skip("heavy: make fifty runs it")
	}
	n := newNews()
	s := newStack(t, *seedFlag, n)
	r := &run{seed: *seedFlag, stack: s, news: n}
	for i := 1; i <= fiftySessions; i++ {
		x := newStream(s, i, "exec", *seedFlag)
		if i%2 == 0 {
			x.what = "shell"
		}
		r.all = append(r.all, &attached{stream: x, shell: i%2 == 0})
	}
	times, ok := r.fifty()
	if !ok {
		r.abandon()
	}
	s.close(r.awaited)
	faults, _ := n.read()
	for _, f := range faults {
		t.Error(f)
	}
	times.tell(t, r.all)
	if !t.Failed() && os.Getenv("VSAY_CHAOS_KEEP") == "" {
		_ = os.RemoveAll(s.dir)
	}
}

// resumed is how long after the server was back sessions went on.
type resumed struct{ heard, typed []time.Duration }

func (r *run) fifty() (at resumed, ok bool) {
	if !r.startAll() || !r.calm() {
		return at, false
	}
	server := r.stack.server
	server.stop(syscall.SIGKILL)
	<-time.After(awayFor)
	if err := server.start(); err != nil {
		r.news.wrong("the server does not start: %v", err)
		return at, false
	}
	if at, ok = r.resume(); !ok {
		return at, false
	}
	return at, r.finishAll()
}

// startAll starts a few at a time: each is a process or two.
func (r *run) startAll() bool {
	var starting sync.WaitGroup
	turn := make(chan struct{}, 4)
	for _, x := range r.all {
		starting.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			if err := x.start(); err != nil {
				r.news.wrong("%v", err)
			}
		})
	}
	starting.Wait()
	return r.unbroken()
}

func (r *run) unbroken() bool {
	select {
	case <-r.news.broken:
		return false
	default:
		return true
	}
}

// resume waits, from now, until each session has put out something new, and has
// read all that was typed by now.
func (r *run) resume() (at resumed, ok bool) {
	back := time.Now()
	marks := make([]mark, len(r.all))
	for i, x := range r.all {
		marks[i] = x.book().mark()
	}
	at.heard, at.typed = make([]time.Duration, len(r.all)), make([]time.Duration, len(r.all))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for waiting := len(r.all); waiting > 0; {
		select {
		case now := <-tick.C:
			waiting = r.progress(&at, marks, now.Sub(back))
		case <-r.news.broken:
			return at, false
		}
		if time.Since(back) > patience {
			r.news.wrong("%d sessions do not go on", waiting)
			return at, false
		}
	}
	return at, true
}

// progress notes who goes on, and says how many do not yet.
func (r *run) progress(at *resumed, marks []mark, now time.Duration) (waiting int) {
	for i, x := range r.all {
		s := x.book()
		if at.heard[i] == 0 && s.mark().heard > marks[i].heard {
			at.heard[i] = now
		}
		if at.typed[i] == 0 && s.past(marks[i]) {
			at.typed[i] = now
		}
		if at.heard[i] == 0 || at.typed[i] == 0 {
			waiting++
		}
	}
	return waiting
}

func (r *run) finishAll() bool {
	var ending sync.WaitGroup
	for _, x := range r.all {
		ending.Go(func() {
			ended := make(chan error, 1)
			go func() { ended <- x.finish() }()
			if err := x.book().within(ended); err != nil {
				r.news.wrong("%v", err)
			}
		})
	}
	ending.Wait()
	if !r.unbroken() {
		return false
	}
	for _, x := range r.all {
		x.check()
	}
	return r.unbroken()
}

// tell prints the distribution, and what was too late.
func (at resumed) tell(t *testing.T, all []runner) {
	out := t.Output()
	if len(at.heard) == 0 {
		return
	}
	fmt.Fprintf(out, "%d sessions, the server killed and away for %s; how long after it was back they went on:\n", len(all), awayFor)
	at.line(out, "output", at.heard)
	at.line(out, "typing", at.typed)
	for i, took := range at.typed {
		if took = max(took, at.heard[i]); took > backWithin {
			t.Errorf("%s went on %s after the server was back, not within %s", all[i].book(), took.Round(time.Millisecond), backWithin)
		}
	}
	var sent, typed uint64
	for _, x := range all {
		sent, typed = sent+x.book().out.n+x.book().errs.n, typed+x.book().typed.n
	}
	fmt.Fprintf(out, "%d bytes of output, %d bytes typed\n", sent, typed)
}

func (resumed) line(w io.Writer, what string, times []time.Duration) {
	times = slices.Sorted(slices.Values(times))
	at := func(percent int) time.Duration {
		return times[(len(times)-1)*percent/100].Round(10 * time.Millisecond)
	}
	fmt.Fprintf(w, "%s  min %-6s  median %-6s  90%% %-6s  99%% %-6s  max %s\n", what, at(0), at(50), at(90), at(99), at(100))
}
