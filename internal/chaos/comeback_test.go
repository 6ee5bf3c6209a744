//go:build linux

package chaos

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vsay/internal/agent"
	"vsay/internal/wire"
)

var agentsFlag = flag.Int("agents", 0, "how many come back at once in TestComeback; 0: the short form")

// What security.md asks for, and how the machines are spread.
const (
	backAll      = 60 * time.Second
	loginWithin  = 2 * time.Second // 99 in 100
	steepest     = 3               // times the mean rate, in any second
	comebackAway = 5 * time.Second
	owners       = 20
)

// comeback is a server that thousands of machines come back to.
type comeback struct {
	t      *testing.T
	stack  *stack
	owners [owners]struct{ email, key, token string }
	fleet  []*light
	online atomic.Int64 // links that are up

	mu    sync.Mutex
	back  time.Time // the server is; zero: nothing is counted
	comes []time.Duration
	tries []time.Duration
}

// TestComeback kills the server under many agents, which then all knock at once. They
// run the agent's own loop, with its pauses.
func TestComeback(t *testing.T) {
	count := *agentsFlag
	short := count == 0
	if short {
		count = 300
	}
	mayOpen(t, uint64(count+500))
	n := newNews()
	c := &comeback{t: t, stack: newBare(t, n)}
	c.enrollAll(count)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, l := range c.fleet {
		running.Go(func() {
			err := agent.Keep(ctx, slog.New(slog.DiscardHandler), func(ctx context.Context) error { return c.serve(ctx, l) })
			if err != nil {
				t.Errorf("%s was refused for good: %v", l.name, err)
			}
		})
	}
	defer running.Wait()
	defer stop()
	c.await(3 * backAll)
	c.stack.server.stop(syscall.SIGKILL)
	<-time.After(comebackAway)
	must(t, c.stack.server.start())
	c.mu.Lock()
	c.back = time.Now()
	c.mu.Unlock()
	probing, enough := context.WithCancel(ctx)
	logins := c.probe(probing)
	took := c.await(2 * backAll)
	if !short { // a few more, when nobody comes any more
		c.await(10 * time.Second)
	}
	enough()
	c.tell(took, <-logins, short)
}

// mayOpen raises the limit of open files, and says when it is too low for good.
func mayOpen(t *testing.T, files uint64) {
	t.Helper()
	var l syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l))
	if l.Max < files {
		t.Skipf("%d open files are allowed and %d are needed: raise the limit with ulimit -n", l.Max, files)
	}
	l.Cur = l.Max
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l))
}

// enrollAll gives each owner as many machines. They dial several addresses of
// loopback: to one of them there are not enough ports.
func (c *comeback) enrollAll(count int) {
	a := newAsker(c.stack.url("127.0.0.1"))
	var eps []*wire.Endpoint
	for i := range 8 {
		u, err := wire.ParseHost(c.stack.url(fmt.Sprintf("127.0.0.%d", i+1)), false)
		must(c.t, err)
		ep, err := wire.NewEndpoint(u, wire.Trust{})
		must(c.t, err)
		eps = append(eps, ep)
	}
	for i := range c.owners {
		o := &c.owners[i]
		o.email = fmt.Sprintf("owner%d@example.com", i)
		status, err := a.ask(c.t.Context(), "POST", "/api/signup", "", wire.Signup{Username: fmt.Sprintf("owner%d", i), Email: o.email, Password: "correct horse"}, nil)
		must(c.t, err)
		var signed wire.Signed
		again, err := a.ask(c.t.Context(), "POST", "/api/login", "", wire.Login{Email: o.email, Password: "correct horse"}, &signed)
		must(c.t, err)
		if status != 201 || again != 200 {
			c.t.Fatalf("signup %d, login %d", status, again)
		}
		o.key, o.token = signed.User.APIKey, signed.Token
	}
	for i := range count {
		c.fleet = append(c.fleet, newLight(eps[i%len(eps)], fmt.Sprintf("m%d", i)))
	}
	var enrolling sync.WaitGroup
	turn := make(chan struct{}, 32)
	for i, l := range c.fleet {
		turn <- struct{}{}
		enrolling.Go(func() {
			defer func() { <-turn }()
			if err := l.enroll(c.t.Context(), c.owners[i%owners].key); err != nil {
				c.t.Error(err)
			}
		})
	}
	enrolling.Wait()
}

// serve is one link, as the agent keeps it.
func (c *comeback) serve(ctx context.Context, l *light) error {
	c.note(&c.tries)
	dialling, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := l.link(dialling)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer conn.CloseNow()
	c.note(&c.comes)
	c.online.Add(1)
	defer c.online.Add(-1)
	go conn.KeepAlive(ctx)
	go func() {
		tick := time.NewTicker(wire.BeatEvery)
		defer tick.Stop()
		for ctx.Err() == nil {
			select {
			case <-tick.C:
				_ = conn.Write(ctx, wire.Frame{Kind: wire.KindBeat, Payload: wire.Encode(wire.Facts{Uptime: 1})})
			case <-ctx.Done():
			}
		}
	}()
	for {
		if _, err := conn.Read(ctx); err != nil {
			return wire.ErrLinkLost
		}
	}
}

func (c *comeback) note(times *[]time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.back.IsZero() {
		*times = append(*times, time.Since(c.back))
	}
}

// await waits until every machine is online, by the server's own word, and says how
// long after the server was back.
func (c *comeback) await(most time.Duration) time.Duration {
	c.t.Helper()
	began := time.Now()
	for {
		if c.online.Load() == int64(len(c.fleet)) {
			all, at := 0, time.Now()
			for i := range c.owners {
				all += c.count(i)
			}
			if all == len(c.fleet) {
				c.mu.Lock()
				defer c.mu.Unlock()
				return at.Sub(c.back)
			}
		}
		if time.Since(began) > most {
			c.t.Fatalf("after %s %d of %d machines are online", most, c.online.Load(), len(c.fleet))
		}
		<-time.After(50 * time.Millisecond)
	}
}

func (c *comeback) count(owner int) int {
	var said struct {
		Online int `json:"online_count"`
	}
	a := newAsker(c.stack.url("127.0.0.1"))
	status, err := a.ask(c.t.Context(), "GET", "/api/dashboard/stats", c.owners[owner].token, nil, &said)
	if err != nil || status != 200 {
		c.t.Fatalf("stats: %d, %v", status, err)
	}
	return said.Online
}

// probe signs in, again and again, and hands over how long it took.
func (c *comeback) probe(ctx context.Context) <-chan []time.Duration {
	all := make(chan []time.Duration, 1)
	go func() {
		var took []time.Duration
		a := newAsker(c.stack.url("127.0.0.1"))
		for i := 0; ctx.Err() == nil; i++ {
			began := time.Now()
			status, err := a.ask(ctx, "POST", "/api/login", "", wire.Login{Email: c.owners[i%owners].email, Password: "correct horse"}, nil)
			if ctx.Err() != nil {
				break
			}
			if err != nil || status != 200 {
				c.t.Errorf("a login meanwhile: %d, %v", status, err)
			}
			took = append(took, time.Since(began))
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		all <- took
	}()
	return all
}

func (c *comeback) tell(took time.Duration, logins []time.Duration, short bool) {
	out := c.t.Output()
	c.mu.Lock()
	defer c.mu.Unlock()
	rate := perSecond(c.comes)
	mean := float64(len(c.comes)) / max(took.Seconds(), 1)
	fmt.Fprintf(out, "%d agents, the server killed and away for %s: all of them online %s after it was back\n", len(c.fleet), comebackAway, took.Round(10*time.Millisecond))
	fmt.Fprintf(out, "links a second: %v; mean %.0f, most %d\n", rate, mean, slices.Max(rate))
	fmt.Fprintf(out, "knocks a second: %v\n", perSecond(c.tries))
	fmt.Fprintf(out, "%d logins meanwhile: median %s, 99%% %s, at most %s\n", len(logins), part(logins, 50), part(logins, 99), part(logins, 100))
	if took > backAll {
		c.t.Errorf("it took %s until all were back, not %s", took, backAll)
	}
	if p := part(logins, 99); p > loginWithin && !short {
		c.t.Errorf("99%% of the logins took up to %s, not %s", p, loginWithin)
	}
	if most := slices.Max(rate); float64(most) > steepest*mean && !short {
		c.t.Errorf("one second had %d, more than %d times the mean of %.0f", most, steepest, mean)
	}
}

// perSecond counts by the second.
func perSecond(times []time.Duration) []int {
	rate := make([]int, 1)
	for _, at := range times {
		for len(rate) <= int(at.Seconds()) {
			rate = append(rate, 0)
		}
		rate[int(at.Seconds())]++
	}
	return rate
}

// part is the time within which so many percent of all were.
func part(times []time.Duration, percent int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	times = slices.Sorted(slices.Values(times))
	return times[(len(times)*percent+99)/100-1].Round(time.Millisecond)
}
