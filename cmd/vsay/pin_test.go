//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/tls"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// renewed is a server whose certificate and key are replaced while it runs.
type renewed struct {
	t         *testing.T
	ca        *authority
	cert, key string
	site      site
	url       string
}

func startRenewed(t *testing.T, key *ecdsa.PrivateKey) *renewed {
	t.Helper()
	s := newSite(t)
	r := &renewed{t: t, ca: newAuthority(t, s.dir), cert: filepath.Join(s.dir, "cert.pem"), key: filepath.Join(s.dir, "key.pem")}
	r.ca.write(r.ca.sign(key), r.cert, r.key)
	s.env = append(s.env, "VSAY_TLS_CA="+r.ca.file, "VSAY_PASSWORD=correct horse")
	server, url, err := s.serve("HOST", "127.0.0.1:0", "--tls-cert", r.cert, "--tls-key", r.key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.end(os.Kill) })
	r.site, r.url = s, url
	r.site.env = append(s.env, "VSAY_HOST="+url)
	if out, err := r.site.command("vsay", "signup", "--username", "ann", "--email", "ann@example.com").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// renew replaces certificate and key and waits until new connections see them.
func (r *renewed) renew(key *ecdsa.PrivateKey) {
	r.t.Helper()
	next := r.ca.sign(key)
	r.ca.write(next, r.cert, r.key)
	err := until("the new certificate is not shown", func() bool {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(r.url, "https://"), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return false
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Equal(next.Leaf)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// exec runs a command on the box, which has to say hello.
func (r *renewed) exec() {
	r.t.Helper()
	out, err := r.site.command("vsay", "exec", "box", "--", "echo", "hello").CombinedOutput()
	if err != nil || string(out) != "hello\n" {
		r.t.Errorf("vsay exec: %v: %s", err, out)
	}
}

func (r *renewed) agent(flags ...string) *running {
	r.t.Helper()
	box, err := r.site.agent("box", flags...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { box.end(os.Kill) })
	return box
}

// refused starts an agent that must not come online.
func (r *renewed) refused(flags ...string) {
	r.t.Helper()
	args := append([]string{"agent", "--name", "box", "--state-dir", r.site.stateDir("box")}, flags...)
	box, err := launch(r.site.command("vsay", args...), regexp.MustCompile(`msg="?(no link to the server.*its key is not the one that is pinned|online)`))
	if err != nil {
		r.t.Fatal(err)
	}
	defer box.end(os.Kill)
	if said, err := box.says(); err != nil || said == "online" {
		r.t.Errorf("vsay agent %s: %q, %v", strings.Join(flags, " "), said, err)
	}
}

func TestPinnedAgent(t *testing.T) {
	mine, next, others := newKey(t), newKey(t), newKey(t)
	r := startRenewed(t, mine)
	pin := func(key *ecdsa.PrivateKey) string { return wire.PinOf(r.ca.sign(key).Leaf) }
	t.Cleanup(func() {
		if err := endSessions(r.site.stateDir("box")); err != nil {
			t.Error(err)
		}
	})

	box := r.agent("--pin", pin(mine)+","+pin(next))
	r.exec()
	live := r.site.command("vsay", "exec", "box", "--", "cat")
	stdin, err := live.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	live.Stdout = &said
	if err := live.Start(); err != nil {
		t.Fatal(err)
	}
	r.renew(mine) // the same key, another certificate
	r.exec()      // a new holder dials
	r.renew(next) // the second pin
	r.exec()
	if _, err := stdin.Write([]byte("still here\n")); err != nil {
		t.Error(err)
	}
	stdin.Close()
	if err := live.Wait(); err != nil || said.String() != "still here\n" {
		t.Errorf("the command that ran all the time: %v, %q", err, said.String())
	}

	r.renew(others) // as good for everybody else
	late, err := launch(r.site.command("sh", "-c", "exec vsay exec box -- echo hello >&2"), regexp.MustCompile("hello"))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-late.said:
		t.Error("a holder took a key that its agent does not")
	case <-late.ended:
	case <-time.After(3 * time.Second): // others are there in less than one
	}
	late.end(os.Kill)
	box.end(os.Kill)
	r.refused("--pin", pin(mine)+","+pin(next))
	r.agent("--pin", pin(others))
	r.exec()
}

func TestLearntPin(t *testing.T) {
	mine, others := newKey(t), newKey(t)
	r := startRenewed(t, mine)
	r.agent("--pin", "learn").end(os.Kill)
	r.renew(others)
	r.refused()
	r.refused("--pin", "learn")
	r.agent("--pin", "off").end(os.Kill)
	r.agent().end(os.Kill)
}

func TestPinsThatAreNone(t *testing.T) {
	s := newSite(t)
	for _, pin := range []string{"sha256/AAAA", "sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "learn,off", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} {
		out, err := s.command("vsay", "agent", "--host", "https://127.0.0.1:1", "--pin", pin).CombinedOutput()
		if code(err) != 2 || !strings.Contains(string(out), "--pin") {
			t.Errorf("%s: %v: %s", pin, err, out)
		}
	}
	out, err := s.command("vsay", "agent", "--host", "http://127.0.0.1:1", "--pin", "learn").CombinedOutput()
	if code(err) != 2 || !strings.Contains(string(out), "plain HTTP") {
		t.Errorf("over plain HTTP: %v: %s", err, out)
	}
}
