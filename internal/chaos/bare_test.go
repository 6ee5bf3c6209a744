//go:build linux

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// newBare is a stack of a server alone, on all of loopback, with more flags.
func newBare(t *testing.T, n *news, flags ...string) *stack {
	t.Helper()
	dir, err := os.MkdirTemp("", "vsay-chaos-")
	must(t, err)
	s := &stack{dir: dir, news: n}
	t.Cleanup(func() {
		s.kill()
		if !t.Failed() && os.Getenv("VSAY_CHAOS_KEEP") == "" {
			_ = os.RemoveAll(dir)
		}
	})
	for _, sub := range []string{"home", "log"} {
		must(t, os.Mkdir(filepath.Join(dir, sub), 0o700))
	}
	n.log, err = os.Create(filepath.Join(dir, "log", "events"))
	must(t, err)
	s.builds[0] = build(t, dir)
	s.builds[1] = s.builds[0]
	port := lowPort(t)
	s.port = port
	args := []string{
		"serve", "--listen", fmt.Sprintf("0.0.0.0:%d", port), "--insecure-http",
		"--data-dir", filepath.Join(dir, "data"),
	}
	s.server = &service{name: "server", stack: s, args: append(args, flags...)}
	s.server.ready = func(ctx context.Context) error { return soonReady(ctx, s.url("127.0.0.1")) }
	if err := s.server.start(); err != nil {
		t.Fatalf("%v: %s", err, s.tail("server"))
	}
	return s
}

// lowPort is one that no outgoing connection takes, of which there are thousands
// while the server is away.
func lowPort(t *testing.T) int {
	for range 100 {
		port := 20000 + rand.N(12000)
		if ln, err := net.Listen("tcp", fmt.Sprintf("0.0.0.0:%d", port)); err == nil {
			ln.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// build makes the program, or takes the one that VSAY_CHAOS_BINARY names.
func build(t *testing.T, dir string) string {
	if given, _, _ := strings.Cut(os.Getenv("VSAY_CHAOS_BINARY"), ":"); given != "" {
		return given
	}
	mustSee(t, "../../cmd", "../../internal")
	file := filepath.Join(dir, "vsay")
	cmd := exec.Command("go", "build", "-o", file, "./cmd/vsay")
	cmd.Dir = "../.."
	perform(t, cmd)
	return file
}

// url is the server as one of loopback's addresses has it.
func (s *stack) url(ip string) string { return fmt.Sprintf("http://%s:%d", ip, s.port) }

// soonReady is ready, for those who measure how soon.
func soonReady(ctx context.Context, url string) error {
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for ctx.Err() == nil {
		if resp, err := c.Get(url + "/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return fmt.Errorf("the server does not get ready: %w", ctx.Err())
}

// asker sends requests to a server, each over a connection of its own, which comes
// from some address of loopback: what an address is allowed is not what is tested.
type asker struct {
	url  string
	http *http.Client
}

func newAsker(url string) asker {
	return asker{url: url, http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			from := net.IPv4(127, byte(1+rand.N(250)), byte(rand.N(250)), byte(1+rand.N(250)))
			d := net.Dialer{Timeout: 20 * time.Second, LocalAddr: &net.TCPAddr{IP: from}}
			return d.DialContext(ctx, network, addr)
		},
	}}}
}

// ask is one request. An error says that there was no answer.
func (a asker) ask(ctx context.Context, method, path, token string, body, into any) (status int, err error) {
	resp, err := a.send(ctx, method, path, token, body)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 && into != nil {
		return resp.StatusCode, wire.DecodeFrom(resp.Body, into)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func (a asker) send(ctx context.Context, method, path, token string, body any) (*http.Response, error) {
	var content []byte
	if body != nil {
		content = wire.Encode(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return a.http.Do(req)
}

// holding is a connection that somebody opens and does nothing with.
type holding struct{ conn net.Conn }

func hold(t *testing.T, address string) *holding {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	must(t, err)
	return &holding{conn}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return strings.TrimSpace(string(b))
}

// whole is all that a process has said.
func (s *stack) whole(name string) string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log", name))
	return string(b)
}
