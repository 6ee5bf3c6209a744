//go:build unix

package chaos

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vsay/internal/client"
	"vsay/internal/session"
	"vsay/internal/wire"
)

// stack is a whole vsay on loopback: processes of the built program, with a hop
// on either side of the server.
type stack struct {
	dir    string // all of it lives here; every process has dir/home as its HOME
	builds [2]string
	shell  string // what shells run: our program, see numbers_test.go
	news   *news
	hops   [2]*hop // the clients', the machine's
	server *service
	agent  *service
	token  string
	api    *client.Client // through the clients' hop
	box    string         // the machine's id
	port   int            // of a server without hops

	mu      sync.Mutex
	unheard time.Duration // the longest that half-open connections lived on
}

// patience is how long anything may take in a calm.
const patience = time.Minute

// newStack builds the program and starts everything.
func newStack(t *testing.T, seed uint64, n *news) *stack {
	t.Helper()
	dir, err := os.MkdirTemp("", "vsay-chaos-") // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{dir: dir, news: n}
	t.Cleanup(s.kill)
	for _, sub := range []string{"home", "report", "log"} {
		must(t, os.Mkdir(filepath.Join(dir, sub), 0o700))
	}
	s.builds = builds(t, dir)
	n.log, err = os.Create(filepath.Join(dir, "log", "events"))
	must(t, err)
	self, err := os.Executable()
	must(t, err)
	s.shell = filepath.Join(dir, "numbers")
	script := fmt.Sprintf("#!/bin/sh\nCHAOS_REPORTS='%s' GORACE=atexit_sleep_ms=0 exec '%s' \"$@\"\n", filepath.Join(dir, "report"), self)
	must(t, os.WriteFile(s.shell, []byte(script), 0o700))
	s.startServer(t, seed)
	s.startAgent(t)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *stack) startServer(t *testing.T, seed uint64) {
	port, err := freePort()
	must(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	s.server = &service{name: "server", stack: s, args: []string{"serve", "--listen", address, "--data-dir", filepath.Join(s.dir, "data")}}
	s.server.ready = func(ctx context.Context) error { return ready(ctx, "http://"+address) }
	if err := s.server.start(); err != nil {
		t.Fatalf("%v: %s", err, s.tail("server"))
	}
	for i := range s.hops {
		s.hops[i], err = newHop(address, seedOf(seed, uint64(i)), s.noticed)
		must(t, err)
	}
	ep, err := endpoint(s.hops[0].addr())
	must(t, err)
	s.api = client.New(ep, nil)
	password := rand.Text()
	_, err = s.api.Signup(t.Context(), wire.Signup{Username: "chaos", Email: "chaos@example.com", Password: password})
	must(t, err)
	signed, err := s.api.Login(t.Context(), wire.Login{Email: "chaos@example.com", Password: password})
	must(t, err)
	s.token = signed.Token
	s.api.Tokens = client.GivenToken(s.api, signed.Token)
	must(t, os.WriteFile(filepath.Join(s.dir, "key"), []byte(signed.User.APIKey), 0o600))
}

func endpoint(addr string) (*wire.Endpoint, error) {
	u, err := wire.ParseHost("http://"+addr, false)
	if err != nil {
		return nil, err
	}
	return wire.NewEndpoint(u, wire.Trust{})
}

// freePort is one that nobody listens on now.
func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// ready waits until the server says that it is.
func ready(ctx context.Context, url string) error {
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return eventually(ctx, "the server does not get ready", func() bool {
		resp, err := c.Get(url + "/ready")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// eventually waits for what nobody announces.
func eventually(ctx context.Context, otherwise string, holds func() bool) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New(otherwise)
		}
	}
	return nil
}

func (s *stack) noticed(after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unheard = max(s.unheard, after)
}

// command is vsay in the client's role, of the builds in turn.
func (s *stack) command(turn int, args ...string) *exec.Cmd {
	cmd := exec.Command(s.builds[turn%len(s.builds)], args...)
	cmd.Dir, cmd.Env = s.dir, s.environ("VSAY_TOKEN="+s.token, "VSAY_HOST=http://"+s.hops[0].addr())
	return cmd
}

func (s *stack) environ(more ...string) []string {
	return append([]string{"HOME=" + filepath.Join(s.dir, "home"), "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color"}, more...)
}

// close ends all of it, and says what is left: a process, or a holder. Those
// named in kept may wait for a client that will not come back, and are ended.
func (s *stack) close(kept func(socket string) bool) {
	unasked := func() (all []string) {
		return slices.DeleteFunc(s.sockets(), kept)
	}
	if eventually(context.Background(), "", func() bool { return len(unasked()) == 0 }) != nil {
		for _, socket := range unasked() {
			s.news.wrong("a holder is left that nobody asked to stay: %s", socket)
		}
	}
	s.endSessions()
	if eventually(context.Background(), "", func() bool { return len(s.sockets()) == 0 }) != nil {
		s.news.wrong("holders do not end when told to: %s", s.sockets())
	}
	s.agent.stop(syscall.SIGTERM)
	s.server.stop(syscall.SIGTERM)
	for _, h := range s.hops {
		h.close()
	}
	if eventually(context.Background(), "", func() bool { return len(s.processes()) == 0 }) != nil {
		for pid, line := range s.processes() {
			s.news.wrong("process %d is left: %s", pid, line)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// ghosts is hop.ghosts of both.
func (s *stack) ghosts() (all, links int) {
	for _, h := range s.hops {
		a, l := h.ghosts()
		all, links = all+a, links+l
	}
	return all, links
}

// sockets are those of the holders that live, each named by the beginning of its
// session's id.
func (s *stack) sockets() (all []string) {
	files, _ := os.ReadDir(filepath.Join(s.dir, "state", "s"))
	for _, f := range files {
		all = append(all, f.Name())
	}
	return all
}

func (s *stack) endSessions() {
	for _, socket := range s.sockets() {
		_ = session.End(filepath.Join(s.dir, "state", "s", socket)) // one that is gone already is what we want
	}
}

// kill ends what is left of a run that did not get to its end, holders too: one whose
// server is gone waits for it, to tell how its session ended.
func (s *stack) kill() {
	for _, v := range []*service{s.server, s.agent} {
		if v != nil && v.cmd != nil {
			v.ending.Store(true)
			_ = v.cmd.Process.Kill() // it may have ended
			<-v.ended
		}
	}
	for pid := range s.processes() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// processes are those that have our HOME: whatever we started, or what that
// started. Only Linux shows environments.
func (s *stack) processes() map[int]string {
	found := map[int]string{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		environ, _ := os.ReadFile(filepath.Join(d, "environ")) // empty: it has ended
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(d), "%d", &pid); err != nil || !strings.Contains("\x00"+string(environ), "\x00HOME="+filepath.Join(s.dir, "home")+"\x00") {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(d, "cmdline"))
		found[pid] = strings.ReplaceAll(string(line), "\x00", " ")
	}
	return found
}

// tail is the end of what a process has said.
func (s *stack) tail(name string) string {
	f, err := os.Open(filepath.Join(s.dir, "log", name))
	if err != nil {
		return ""
	}
	defer f.Close()
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, end-3000), io.SeekStart)
	}
	b, _ := io.ReadAll(f)
	return string(b)
}
