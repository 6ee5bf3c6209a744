//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"vsay/internal/wire"
)

// exec starts `vsay exec` in the background. script says "runs WORD" on stderr,
// and WORD is given back once it has come through.
func (s *stage) exec(script string, flags ...string) (client *running, word string) {
	s.t.Helper()
	args := append(append([]string{"exec", "-w", s.site.dir}, flags...), "box", "--", "sh", "-c", script)
	client, err := launch(s.site.command("vsay", args...), regexp.MustCompile(`^runs (.*)$`))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { client.end(os.Kill) })
	if word, err = client.says(); err != nil {
		s.t.Fatal(err)
	}
	return client, word
}

// gone says that a process has ended, or is a zombie of somebody's.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	return err != nil || strings.HasPrefix(after, "Z")
}

// A client that was killed said nothing, and may be a network that is away. The
// command is kept for as long as was asked for, and not longer.
func TestKilledClientOfACommand(t *testing.T) {
	s := newStage(t)
	client, word := s.exec(`trap 'echo >hup; exit 7' HUP; echo >&2 runs $$; while :; do sleep 1000 & wait; done`, "--keep", "2s")
	pid, err := strconv.Atoi(word)
	if err != nil {
		t.Fatal(err)
	}
	client.end(os.Kill)
	killed := time.Now()
	if err := until("the command runs on", func() bool { return gone(pid) }); err != nil {
		t.Fatal(err)
	}
	if after := time.Since(killed); after < 1500*time.Millisecond {
		t.Errorf("it was ended after %v already", after)
	}
	if _, err := os.Stat(filepath.Join(s.site.dir, "hup")); err != nil {
		t.Errorf("it was not told to hang up: %v", err)
	}
	var list wire.Sessions
	if err := until("its end is not written down", func() bool {
		s.get("/api/terminal/sessions?all=true", s.token, &list)
		return list.Sessions[0].ExitCode != nil
	}); err != nil {
		t.Fatal(err)
	}
	if code := *list.Sessions[0].ExitCode; code != 7 {
		t.Errorf("it ended with %d", code)
	}
}

// A signal that cannot reach the command waits; a second one gives the prompt back.
func TestInterruptWithoutANetwork(t *testing.T) {
	s := newStage(t)
	r, _ := s.exec("echo >&2 runs it; exec sleep 1000")
	s.server.end(os.Kill)
	tick := time.NewTicker(500 * time.Millisecond) // when vsay has noticed, nothing tells
	defer tick.Stop()
	for signals := 0; ; signals++ {
		if signals == 20 {
			t.Fatal("vsay does not heed signals")
		}
		_ = r.process.Signal(os.Interrupt)
		select {
		case <-tick.C:
			continue
		case <-r.ended:
		}
		break
	}
	if code, err := r.ends(); err != nil || code != 130 {
		t.Errorf("it ended with %d, %v: %s", code, err, &r.log)
	}
	if log := r.log.String(); !strings.Contains(log, "it ends in 2h0m0s") {
		t.Errorf("it says %q", log)
	}
}

// Whoever is stopped, or behind a link that is dead, does not keep the server.
func TestServerLeavesWhoDoesNotAnswer(t *testing.T) {
	for _, stopped := range []string{"client", "agent"} {
		t.Run(stopped, func(t *testing.T) {
			s := newStage(t)
			client, _ := s.exec("echo >&2 runs it; exec yes")
			who := client.process
			if stopped == "agent" {
				who = s.box.process
			}
			_ = who.Signal(syscall.SIGSTOP)
			defer func() { _ = who.Signal(syscall.SIGCONT) }()
			began := time.Now()
			s.server.end(syscall.SIGTERM)
			if took := time.Since(began); took > 3*time.Second || s.server.err != nil {
				t.Errorf("it took %v and ended with %v: %s", took, s.server.err, &s.server.log)
			}
		})
	}
}

// A session can be ended while its machine is away: it hears of it when it is back,
// from another server process, if need be.
func TestKillOfASessionThatIsAway(t *testing.T) {
	s := newStage(t)
	client, word := s.exec("echo >&2 runs $$ $PPID; exec sleep 1000", "--keep", "1h")
	var pid, holder int
	if _, err := fmt.Sscan(word, &pid, &holder); err != nil {
		t.Fatal(err)
	}
	client.end(os.Kill)
	s.box.end(os.Kill)
	_ = syscall.Kill(holder, syscall.SIGSTOP) // or it would dial by itself
	defer func() { _ = syscall.Kill(holder, syscall.SIGCONT) }()
	s.restart()
	var list wire.Sessions
	s.get("/api/terminal/sessions", s.token, &list)
	id := list.Sessions[0].SessionID
	out, err := s.site.command("vsay", "kill", id).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "box is offline: the session ends as soon as it is back") {
		t.Errorf("%v: %s", err, out)
	}
	if s.status(id) != "" || gone(pid) {
		t.Errorf("it is %q, and its process is gone: %v", s.status(id), gone(pid))
	}
	s.restart()
	_ = syscall.Kill(holder, syscall.SIGCONT)
	if s.box, err = s.site.agent("box"); err != nil {
		t.Fatal(err)
	}
	if err := until("the command runs on", func() bool { return gone(pid) }); err != nil {
		t.Error(err)
	}
}

// restart has another server process in place of the one there is, which is killed.
func (s *stage) restart() {
	s.t.Helper()
	s.server.end(os.Kill)
	var err error
	if s.server, _, err = s.site.serve("HOST", strings.TrimPrefix(s.url, "http://")); err != nil {
		s.t.Fatal(err)
	}
}

// One whose agent alone is away hears of it over its own link, and who watches sees the end.
func TestKillOfASessionWhoseAgentIsAway(t *testing.T) {
	s := newStage(t)
	client, word := s.exec("echo >&2 runs $$; exec sleep 1000", "--keep", "1h")
	pid, err := strconv.Atoi(word)
	if err != nil {
		t.Fatal(err)
	}
	s.box.end(os.Kill)
	var list wire.Sessions
	s.get("/api/terminal/sessions", s.token, &list)
	out, err := s.site.command("vsay", "kill", list.Sessions[0].SessionID).CombinedOutput()
	if err != nil || !gone(pid) {
		t.Errorf("%v: %s; its process is gone: %v", err, out, gone(pid))
	}
	if code, err := client.ends(); code != 129 || err != nil {
		t.Errorf("who watches is told %d, %v: %s", code, err, &client.log)
	}
}

// Who hangs up and leaves at once leaves no shell behind, whatever runs in it.
func TestHangUpAndLeave(t *testing.T) {
	s := newStage(t)
	v := s.view(wire.Open{New: true, Cols: 80, Rows: 24})
	v.types([]byte("sh -c 'echo in fro\"\"nt; exec sleep 1000'\r"))
	v.must("in front\r\n")
	v.sends(wire.Frame{Kind: wire.KindSignal, Payload: []byte("HUP")})
	v.sends(wire.Frame{Kind: wire.KindClose})
	v.link.Close(nil)
	if err := until("the shell stays", func() bool { return s.status(v.opened.Session) == "" }); err != nil {
		t.Error(err)
	}
}

// Opened and closed in great number, sessions leave nothing: no process, no file,
// no goroutine. VSAY_SESSIONS says how many.
func TestManySessionsLeaveNothing(t *testing.T) {
	s := newStage(t)
	many, err := strconv.Atoi(cmp.Or(os.Getenv("VSAY_SESSIONS"), "200"))
	if err != nil {
		t.Fatal(err)
	}
	s.openAndClose(8) // whatever is made once
	server, agent := files(t, s.server), files(t, s.box)
	began := time.Now()
	s.openAndClose(many)
	t.Logf("%d sessions in %v", many, time.Since(began))
	if err := until("files are left open", func() bool {
		return files(t, s.server) <= server+10 && files(t, s.box) <= agent+10 // idle connections; a leak would be hundreds
	}); err != nil {
		t.Errorf("%v: the server has %d, had %d; the agent %d, had %d", err, files(t, s.server), server, files(t, s.box), agent)
	}
	for name, r := range map[string]*running{"server": s.server, "agent": s.box} {
		if err := until("zombies", func() bool { return children(r.process.Pid) == "" }); err != nil {
			t.Errorf("the %s has children: %s", name, children(r.process.Pid))
		}
		r.end(syscall.SIGABRT) // which has a Go program tell what its goroutines do
		if n := strings.Count(r.log.String(), "\ngoroutine "); n == 0 || n > 40 {
			t.Errorf("the %s has %d goroutines: %s", name, n, &r.log)
		} else {
			t.Logf("the %s has %d goroutines, and %d files", name, n, map[string]int{"server": server, "agent": agent}[name])
		}
	}
}

// openAndClose has so many terminals, some at a time, each used and closed.
func (s *stage) openAndClose(many int) {
	s.t.Helper()
	var g errgroup.Group
	g.SetLimit(4)
	for range many {
		g.Go(func() error { return s.openOne() })
	}
	if err := g.Wait(); err != nil {
		s.t.Fatal(err)
	}
	if err := until("sessions run on", func() bool {
		var list wire.Sessions
		s.get("/api/terminal/sessions", s.token, &list)
		left, _ := filepath.Glob(filepath.Join(s.site.stateDir("box"), "s", "*"))
		return len(list.Sessions)+len(left) == 0
	}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) openOne() error {
	ws, _, err := websocket.Dial(s.t.Context(), s.terminalURL(s.token), nil)
	if err != nil {
		return err
	}
	if _, _, err := ws.Read(s.t.Context()); err != nil {
		return err
	}
	return ws.Close(websocket.StatusNormalClosure, "")
}

func files(t *testing.T, r *running) int {
	t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.process.Pid))
	if errors.Is(err, fs.ErrPermission) && os.Getuid() != 0 {
		cannot(t, "only root can look into a server: run this test as root")
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// children of a process, zombies too.
func children(pid int) (all string) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		all += string(text)
	}
	return all
}
