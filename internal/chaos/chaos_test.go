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
	sessionsFlag = flag.Int("sessions", 5, "sessions of all kinds")
	aloneFlag    = flag.Bool("alone", false, "each fault once, by itself")
	oldFlag      = flag.String("old", "", "a git ref: the second build is made of it")
)

func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv(reportsVariable); ok {
		os.Exit(runNumbers(os.Args[1:])) //nolint:forbidigo // it is a program of its own
	}
	m.Run()
}

func TestChaos(t *testing.T) {
	f := shortForm
	if *forFlag > 0 || *aloneFlag {
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
	p := newPlan(*seedFlag, f)
	if *aloneFlag {
		p = newSingles(f)
	}
	run := &run{seed: *seedFlag, plan: p, stack: s, news: n, all: all}
	run.perform()
	run.tell(t)
	if !t.Failed() && os.Getenv("VSAY_CHAOS_KEEP") == "" {
		_ = os.RemoveAll(s.dir)
	}
}

// cast gives the sessions, of each kind in turn, and who else looks at them.
func (s *stack) cast(n int, seed uint64) (all []runner) {
	for i := 1; i <= n; i++ {
		of := func(what string) *stream { return newStream(s, i, what, seed) }
		guest := func(what string, host *stream) *stream {
			g := of(what)
			g.host, g.loose = host, true
			return g
		}
		switch i % 5 {
		case 1:
			x := &attached{stream: of("shell, attachment"), shell: true}
			all = append(all, x,
				newWatching(guest("a second viewer", x.stream), false),
				newBoxed(guest("a viewer of another size", x.stream), i/5))
		case 2:
			x := &visited{stream: of("shell, vsay attach")}
			all = append(all, x)
			if i/5%2 == 0 { // the others have nobody while a client is away
				all = append(all, newWatching(guest("a spoilt second viewer", x.stream), true))
			}
		case 3:
			all = append(all, &executed{stream: of("exec, vsay exec")})
		case 4:
			all = append(all, &attached{stream: of("exec, attachment")})
		case 0:
			all = append(all, &scripted{stream: of("shell, plain WebSocket")})
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
	alone   []single // what faults did by themselves

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
	for _, round := range r.plan {
		if !r.pass(round) {
			r.abandon()
			return
		}
		r.rounds++
	}
	if !r.finish() {
		r.abandon()
		return
	}
	for _, x := range r.all {
		x.check()
	}
}

// pass is one round and the calm after it.
func (r *run) pass(round []fault) bool {
	if len(round) == 1 {
		return r.passAlone(round[0])
	}
	return r.storm(round) && r.calm()
}

// ghostsWithin is how long a half-open connection may be one: somebody pings a
// link every 15 s and gives it up after 30; others time out when idle.
const ghostsWithin = 100 * time.Second

// finish ends the sessions, one by one, when nothing of a fault is left.
func (r *run) finish() bool {
	ctx, stop := context.WithTimeout(context.Background(), ghostsWithin)
	defer stop()
	all, _ := r.stack.ghosts()
	for ; all > 0; all, _ = r.stack.ghosts() {
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
// Half of the holders are of the other build.
func (r *run) begin() bool {
	holders := 0
	for i, x := range r.all {
		if host := x.book().host; host == nil && i > 0 && 2*i >= len(r.all) && r.stack.agent.build == 0 {
			if err := r.stack.swapAgent(); err != nil {
				r.news.wrong("%v", err)
				return false
			}
		}
		if err := x.start(); err != nil {
			r.news.wrong("%v", err)
			return false
		}
		if host := x.book().host; host != nil {
			x.book().socket = host.socket
			continue
		}
		holders++
		x.book().holder = r.stack.agent.build
		now := r.stack.sockets()
		if len(now) != holders {
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
		return x.book().loose && x.book().socket == socket && x.book().attaches > 1
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
