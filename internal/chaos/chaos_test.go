//go:build unix

// Package chaos breaks whatever can break between a viewer and a session, in an
// order that a seed decides, and then counts: every byte of output once and in
// order, every typed byte once and in order, no process left behind.
//
// `go test ./internal/chaos` runs a short form. `make chaos SEED=7 FOR=15m` runs
// as long as wanted and prints a table. docs/reliability.md says what is claimed.
package chaos

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	seedFlag     = flag.Uint64("seed", 1, "of the faults")
	forFlag      = flag.Duration("for", 0, "how long faults go on; 0: the short form")
	sessionsFlag = flag.Int("sessions", 4, "sessions of all kinds")
)

func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv(reportsVariable); ok {
		os.Exit(runNumbers(os.Args[1:])) //nolint:forbidigo // it is a program of its own
	}
	m.Run()
}

func TestChaos(t *testing.T) {
	f := shortForm
	if *forFlag > 0 {
		f = longForm
		f.length = *forFlag
	}
	n := newNews()
	s := newStack(t, *seedFlag, n)
	all := s.cast(*sessionsFlag, *seedFlag)
	for _, r := range all {
		if _, ok := r.(*visited); ok {
			f.clients++
		}
	}
	run := &run{seed: *seedFlag, plan: newPlan(*seedFlag, f), stack: s, news: n, all: all}
	run.perform()
	run.tell(t)
	if !t.Failed() && os.Getenv("VSAY_CHAOS_KEEP") == "" {
		_ = os.RemoveAll(s.dir)
	}
}

// cast gives the sessions, of each kind in turn.
func (s *stack) cast(n int, seed uint64) (all []runner) {
	for i := 1; i <= n; i++ {
		of := func(what string) *stream { return newStream(s, i, what, seed) }
		switch i % 4 {
		case 1:
			all = append(all, &attached{stream: of("shell, attachment"), shell: true})
		case 2:
			all = append(all, &visited{stream: of("shell, vsay attach")})
		case 3:
			all = append(all, &executed{stream: of("exec, vsay exec")})
		case 0:
			all = append(all, &attached{stream: of("exec, attachment")})
		}
	}
	return all
}

// run is one run of the plan.
type run struct {
	seed  uint64
	plan  plan
	stack *stack
	news  *news
	all   []runner

	done    [kinds]int
	rounds  int
	calmest time.Duration // the longest that all sessions together took to move on
	slowest time.Duration // the longest that the end of a program took to be told
	effects sync.WaitGroup
	took    time.Duration

	abandoned bool
}

// perform is the whole of it, to the end or to the first thing that is wrong.
func (r *run) perform() {
	began := time.Now()
	defer func() { r.took = time.Since(began) }()
	defer r.stack.close(r.awaited)
	r.news.setCalm(true)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)
	go func() {
		if s, ok := <-interrupted; ok {
			r.news.wrong("%s: what was started is ended", s)
		}
	}()
	if !r.begin() {
		r.abandon()
		return
	}
	for i, round := range r.plan {
		if !r.storm(round) || !r.calm() {
			r.abandon()
			return
		}
		r.rounds = i + 1
	}
	if !r.finish() {
		r.abandon()
		return
	}
	for _, x := range r.all {
		x.book().check()
	}
}

// ghostsWithin is how long a half-open connection may be one: somebody pings a
// link every 15 s and gives it up after 30; others time out when idle.
const ghostsWithin = 100 * time.Second

// finish ends the sessions, one by one, when nothing of a fault is left.
func (r *run) finish() bool {
	ctx, stop := context.WithTimeout(context.Background(), ghostsWithin)
	defer stop()
	for r.stack.hops[0].ghosts()+r.stack.hops[1].ghosts() > 0 {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			r.news.wrong("half-open connections live on after %s", ghostsWithin)
			return false
		}
	}
	if !r.calm() {
		return false
	}
	r.news.setQuiet()
	for _, x := range r.all {
		began := time.Now()
		ended := make(chan error, 1)
		go func() { ended <- x.finish() }()
		if err := x.book().within(ended); err != nil {
			r.news.wrong("%v", err)
			return false
		}
		r.slowest = max(r.slowest, time.Since(began))
	}
	return true
}

// begin starts the sessions, one by one: the holder that is new then is theirs.
func (r *run) begin() bool {
	for i, x := range r.all {
		if err := x.start(); err != nil {
			r.news.wrong("%v", err)
			return false
		}
		now := r.stack.sockets()
		if len(now) != i+1 {
			r.news.wrong("%s has started, and there are %d holders", x.book(), len(now))
			return false
		}
		for _, socket := range now {
			if !slices.ContainsFunc(r.all, func(x runner) bool { return x.book().socket == socket }) {
				x.book().socket = socket
			}
		}
	}
	return true
}

// storm is one round of faults, until the last of them is over.
func (r *run) storm(round []fault) bool {
	r.news.setCalm(false)
	defer r.effects.Wait()
	for i, f := range round {
		wait := f.At
		if i > 0 {
			wait -= round[i-1].At
		} else {
			wait = 0
		}
		select {
		case <-time.After(wait):
		case <-r.news.broken:
			return false
		}
		r.news.add("%s", f)
		r.do(f)
		r.done[f.Kind]++
	}
	return true
}

// calm waits until every session has moved on, in both directions.
func (r *run) calm() bool {
	r.news.setCalm(true)
	r.news.add("calm")
	began := time.Now()
	for _, x := range r.all {
		s := x.book()
		at := s.mark()
		tick := time.NewTicker(10 * time.Millisecond)
		for !s.past(at) {
			if time.Since(began) > patience {
				r.news.wrong("%s hangs: nothing moved for %s while no fault was active; %s", s, patience, s.state(at))
				return false
			}
			select {
			case <-tick.C:
			case <-r.news.broken:
				return false
			}
		}
		tick.Stop()
	}
	r.calmest = max(r.calmest, time.Since(began))
	return true
}

// awaited says that a holder may have seen a client break off that was killed
// then. It keeps the end of its program for it, for some minutes.
func (r *run) awaited(socket string) bool {
	return r.abandoned || slices.ContainsFunc(r.all, func(x runner) bool {
		_, ok := x.(*visited)
		return ok && x.book().socket == socket && x.book().attaches > 1
	})
}

// abandon lets go of everything after a failure. What is left then proves nothing.
func (r *run) abandon() {
	r.abandoned = true
	for _, x := range r.all {
		x.abandon()
	}
	r.stack.endSessions()
}
