//go:build linux

package chaos

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vsay/internal/wire"
)

var abuseFlag = flag.Bool("abuse", false, "TestAbuse and TestFewFiles at full strength")

// What security.md asks for.
const (
	echoWithin   = 150 * time.Millisecond // 99 in 100
	listWithin   = 500 * time.Millisecond // 99 in 100
	grownAtMost  = 400 << 20
	slowClosed   = 15 * time.Second
	slowLoginMax = time.Second
)

// abused is a server with one machine, where somebody types, and somebody who is not
// nice to it.
type abused struct {
	*stack
	t     *testing.T
	full  bool
	asker asker
	echo  *echoer
}

// TestAbuse does to a server what strangers do, and measures what the others feel.
func TestAbuse(t *testing.T) {
	mayOpen(t, 5000)
	a := newAbused(t, "")
	t.Run("logins", a.logins)
	ways := []string{"mixed", "reads nothing"} // CI has no time for each by itself
	if a.full {
		ways = []string{"silent", "header", "body", "reads nothing"}
	}
	for _, how := range ways {
		t.Run("slow: "+how, func(t *testing.T) { a.slow(t, how) })
	}
	t.Run("hostile agents", a.hostileAgents)
	a.echo.stop()
}

// newAbused starts server, agent and typist. A wrapper is a shell's line before the
// server's own.
func newAbused(t *testing.T, wrapper string) *abused {
	s := newBare(t, newNews())
	a := &abused{stack: s, t: t, full: *abuseFlag, asker: newAsker(s.url("127.0.0.1"))}
	if wrapper != "" {
		wrapped := filepath.Join(s.dir, "wrapped")
		must(t, os.WriteFile(wrapped, []byte("#!/bin/sh\n"+wrapper+"\nexec "+s.builds[0]+" \"$@\"\n"), 0o700))
		s.server.stop(syscall.SIGKILL)
		s.builds[0] = wrapped
		must(t, s.server.start())
	}
	a.signIn(t)
	must(t, os.WriteFile(filepath.Join(s.dir, "cat"), []byte("#!/bin/sh\nexec cat\n"), 0o700))
	args := []string{
		"agent", "--host", s.url("127.0.0.1"), "--name", "box", "--state-dir", filepath.Join(s.dir, "state"),
		"--shell", filepath.Join(s.dir, "cat"), "--token-file", filepath.Join(s.dir, "key"),
	}
	s.agent = &service{name: "agent", stack: s, args: args, build: 1}
	must(t, s.agent.start())
	a.findBox(t)
	a.echo = newEchoer(t, a)
	t.Cleanup(s.endSessions)
	return a
}

func (a *abused) signIn(t *testing.T) {
	var signed wire.Signed
	_, err := a.asker.ask(t.Context(), "POST", "/api/signup", "", wire.Signup{Username: "owner", Email: "owner@example.com", Password: "correct horse"}, nil)
	must(t, err)
	status, err := a.asker.ask(t.Context(), "POST", "/api/login", "", wire.Login{Email: "owner@example.com", Password: "correct horse"}, &signed)
	if err != nil || status != 200 {
		t.Fatalf("login: %d %v", status, err)
	}
	a.token = signed.Token
	must(t, os.WriteFile(filepath.Join(a.dir, "key"), []byte(signed.User.APIKey), 0o600))
}

func (a *abused) findBox(t *testing.T) {
	must(t, eventually(t.Context(), "the machine does not come online", func() bool {
		var list wire.Machines
		_, err := a.asker.ask(t.Context(), "GET", "/api/machines", a.token, nil, &list)
		if err != nil || len(list.Machines) != 1 {
			return false
		}
		a.box = list.Machines[0].AgentID
		return list.Machines[0].Status == wire.StatusOnline
	}))
}

// echoer types a letter at a time on a terminal, and waits for it to come back.
type echoer struct {
	t     *testing.T
	sock  *socket
	mu    sync.Mutex
	took  []time.Duration
	lost  error
	ended chan struct{}
	leave atomic.Bool
}

func newEchoer(t *testing.T, a *abused) *echoer {
	q := url.Values{"token": {a.token}, "cols": {"80"}, "rows": {"24"}}
	sock, err := dialSocket(fmt.Sprintf("127.0.0.1:%d", a.port), "/api/terminal/"+a.box+"/ws", q)
	must(t, err)
	e := &echoer{t: t, sock: sock, ended: make(chan struct{})}
	seen := make(chan struct{}, 1000)
	go func() {
		defer close(seen)
		for {
			p, err := sock.read()
			if err != nil {
				return
			}
			for range strings.Count(string(p), "e") {
				seen <- struct{}{}
			}
		}
	}()
	go e.typing(seen)
	return e
}

func (e *echoer) typing(seen <-chan struct{}) {
	defer close(e.ended)
	for n := 1; !e.leave.Load(); n++ {
		began := time.Now()
		key := "e"
		if n%60 == 0 {
			key = "e\r" // a line has its end; cat says it again, with its e's
		}
		if _, err := e.sock.Write([]byte(key)); err != nil {
			e.lost = err
			return
		}
		select {
		case _, ok := <-seen:
			if !ok {
				e.lost = errors.New("the terminal was closed: " + e.sock.why)
				return
			}
		case <-time.After(30 * time.Second):
			e.lost = errors.New("a key did not come back within 30 s")
			return
		}
		e.mu.Lock()
		e.took = append(e.took, time.Since(began))
		e.mu.Unlock()
		<-time.After(20 * time.Millisecond)
	drain:
		for { // what cat repeats
			select {
			case <-seen:
			default:
				break drain
			}
		}
	}
}

// since takes what was measured since the last time.
func (e *echoer) since() []time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	took := e.took
	e.took = nil
	return took
}

func (e *echoer) stop() {
	e.leave.Store(true)
	<-e.ended
	if e.lost != nil {
		e.t.Errorf("who typed all the time lost the terminal: %v", e.lost)
	}
}

// every repeats a request until stop is called, and gives how long each took.
func (a *abused) every(t *testing.T, pause time.Duration, once func(ctx context.Context) error) (stop func() []time.Duration) {
	ctx, cancel := context.WithCancel(t.Context())
	all := make(chan []time.Duration, 1)
	go func() {
		var took []time.Duration
		for ctx.Err() == nil {
			began := time.Now()
			if err := once(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("meanwhile: %v", err)
			}
			if ctx.Err() == nil {
				took = append(took, time.Since(began))
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
		all <- took
	}()
	return func() []time.Duration {
		cancel()
		return <-all
	}
}

func (a *abused) list(ctx context.Context) error {
	status, err := a.asker.ask(ctx, "GET", "/api/machines", a.token, nil, nil)
	if err == nil && status != 200 {
		err = fmt.Errorf("the list of machines was answered %d", status)
	}
	return err
}

func (a *abused) login(ctx context.Context) error {
	status, err := a.asker.ask(ctx, "POST", "/api/login", "", wire.Login{Email: "owner@example.com", Password: "correct horse"}, nil)
	if err == nil && status != 200 {
		err = fmt.Errorf("a login was answered %d", status)
	}
	return err
}

// memory is what the server takes, in bytes.
func (a *abused) memory() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.server.cmd.Process.Pid))
	must(a.t, err)
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	var kilobytes int64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		a.t.Fatal(err)
	}
	return kilobytes << 10
}

// logins is many who sign in at once and again and again, over connections they keep.
func (a *abused) logins(t *testing.T) {
	count, long := 40, 4*time.Second
	if a.full {
		count, long = 200, time.Minute
	}
	before := a.memory()
	a.echo.since()
	lists := a.every(t, 20*time.Millisecond, a.list)
	answers := a.flood(t, count, long)
	took := lists()
	echo := a.echo.since()
	grown := a.memory() - before
	out := t.Output()
	fmt.Fprintf(out, "%d who sign in at once for %s: answers %v\n", count, long, answers)
	fmt.Fprintf(out, "echo       median %s, 99%% %s, at most %s\n", part(echo, 50), part(echo, 99), part(echo, 100))
	fmt.Fprintf(out, "machines   median %s, 99%% %s, at most %s\n", part(took, 50), part(took, 99), part(took, 100))
	fmt.Fprintf(out, "the server grew by %d MiB\n", grown>>20)
	if grown > grownAtMost {
		t.Errorf("the server grew by %d MiB", grown>>20)
	}
	if answers[200] == 0 || answers[503] == 0 {
		t.Error("some should have got in, and some been told to come later")
	}
	if a.full && (part(echo, 99) > echoWithin || part(took, 99) > listWithin) {
		t.Errorf("others felt it: 99%% of the echo within %s and of the lists within %s are asked for", echoWithin, listWithin)
	}
}

func (a *abused) flood(t *testing.T, count int, long time.Duration) map[int]int {
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	var mu sync.Mutex
	answers := map[int]int{}
	var all sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: count}}
	defer client.CloseIdleConnections()
	strangers := asker{url: a.url("127.0.0.2"), http: client}
	for range count {
		all.Go(func() {
			for ctx.Err() == nil {
				resp, err := strangers.send(ctx, "POST", "/api/login", "", wire.Login{Email: "owner@example.com", Password: "correct horse"})
				if err != nil {
					if ctx.Err() == nil {
						t.Error(err)
					}
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				refused := resp.StatusCode == 429 || resp.StatusCode == 503
				if refused && resp.Header.Get("Retry-After") == "" {
					t.Errorf("%d without Retry-After", resp.StatusCode)
				}
				mu.Lock()
				answers[resp.StatusCode]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for status := range maps.Keys(answers) {
		if !slices.Contains([]int{200, 429, 503}, status) {
			t.Errorf("a login was answered %d", status)
		}
	}
	return answers
}

// slow is many connections that say, or hear, next to nothing.
func (a *abused) slow(t *testing.T, how string) {
	count := 150
	if a.full {
		count = 2000
	}
	if how == "reads nothing" { // each asks a hundred things at once
		count /= 10
	}
	a.echo.since()
	logins := a.every(t, 100*time.Millisecond, a.login)
	closed := make([]time.Duration, count)
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			how := how
			if how == "mixed" {
				how = []string{"silent", "header", "body"}[i%3]
			}
			closed[i] = a.dawdle(t, how)
		})
	}
	all.Wait()
	took, echo := logins(), a.echo.since()
	out := t.Output()
	fmt.Fprintf(out, "%d connections, each %s: closed after %s to %s\n", count, how, part(closed, 1), part(closed, 100))
	fmt.Fprintf(out, "a login meanwhile: median %s, at most %s; echo 99%% %s\n", part(took, 50), part(took, 100), part(echo, 99))
	if part(closed, 100) > slowClosed {
		t.Errorf("one was closed after %s, not %s", part(closed, 100), slowClosed)
	}
	if a.full && part(took, 100) > slowLoginMax {
		t.Errorf("a login took %s", part(took, 100))
	}
}

// dawdle is one of them. It says how long the server put up with it.
func (a *abused) dawdle(t *testing.T, how string) time.Duration {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.3:%d", a.port), 10*time.Second)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer conn.Close()
	began := time.Now()
	_ = conn.SetDeadline(began.Add(2 * slowClosed))
	drip := func(first, more string) {
		if _, err := io.WriteString(conn, first); err != nil {
			return
		}
		for time.Since(began) < 2*slowClosed {
			<-time.After(time.Second)
			if _, err := io.WriteString(conn, more); err != nil {
				return
			}
		}
	}
	switch how {
	case "header":
		go drip("GET /health HTTP/1.1\r\nHost: x\r\n", "X: y\r\n")
	case "body":
		go drip("POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", " ")
	case "reads nothing":
		return a.ignore(t, conn, began)
	}
	_, err = io.Copy(io.Discard, bufio.NewReader(conn))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection was open for %s", 2*slowClosed)
	}
	return time.Since(began)
}

// ignore asks and asks and reads no answer, until it cannot send any more because the
// server has gone.
func (a *abused) ignore(t *testing.T, conn net.Conn, began time.Time) time.Duration {
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	ask := strings.Repeat("GET /health HTTP/1.1\r\nHost: x\r\n\r\n", 100)
	for {
		if _, err := io.WriteString(conn, ask); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a connection was open for %s", 2*slowClosed)
			}
			return time.Since(began)
		}
	}
}
