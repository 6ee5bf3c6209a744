//go:build unix

package main

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// What must not reach a server that is not the right one. The key and the token
// have the form of real ones, or they would not be sent at all.
const (
	canaryPassword = "canary-password"
	canaryKey      = "vsay_ak_CANARYKEY0_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA000000"
	canaryToken    = "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOiJ0b2tlbiIsImV4cCI6NDEwMjQ0NDgwMH0.Y2FuYXJ5LXRva2Vu"
)

// ear is a server that writes down all it is told.
type ear struct {
	*httptest.Server
	mu    sync.Mutex
	heard strings.Builder
}

// listenTo starts an ear; a nil certificate is plain HTTP.
func listenTo(t *testing.T, cert *tls.Certificate, answer http.HandlerFunc) *ear {
	t.Helper()
	e := &ear{}
	e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		e.mu.Lock()
		_ = r.Header.Write(&e.heard)
		e.heard.WriteString(r.Method + " " + r.URL.String() + "\n" + string(body) + "\n")
		e.mu.Unlock()
		answer(w, r)
	}))
	e.Config.ErrorLog = log.New(io.Discard, "", 0)
	if cert == nil {
		e.Start()
	} else {
		e.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}}
		e.StartTLS()
	}
	t.Cleanup(e.Close)
	return e
}

func (e *ear) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.String()
}

// Everybody who has a secret checks first whom it goes to: agent and client, each
// against each kind of wrong server.
func TestSecretsGoToTheRightServerOnly(t *testing.T) {
	s := newSite(t)
	ca := newAuthority(t, s.dir)
	ok := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"status":"ok"}`) }
	selfMade := selfMadeCertificate(t)
	name := ca.sign(newKey(t), func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"vsay.example.com"} })
	expired := ca.sign(newKey(t), func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	good := ca.sign(newKey(t))
	plain := listenTo(t, nil, ok)
	other := listenTo(t, &good, ok)
	to := func(e *ear) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, e.URL+r.URL.Path, http.StatusTemporaryRedirect)
		}
	}
	for _, c := range []struct {
		name   string
		server *ear
		says   string // of the client and of the agent
		cannot bool   // hear anything at all
	}{
		{"self-signed", listenTo(t, &selfMade, ok), "its certificate is not to be trusted", true},
		{"wrong name", listenTo(t, &name, ok), "not to be trusted: it is for another name", true},
		{"expired", listenTo(t, &expired, ok), "not to be trusted: it has expired", true},
		{"redirect to another host", listenTo(t, &good, to(other)), "the server sends us elsewhere", false},
		{"downgrade by a redirect", listenTo(t, &good, to(plain)), "the server sends us elsewhere", false},
		{"http where https was meant", &ear{Server: &httptest.Server{URL: "https://" + plain.Listener.Addr().String()}}, "it speaks http, not https", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := s
			site.env = append(s.env[:len(s.env):len(s.env)], "VSAY_TLS_CA="+ca.file, "VSAY_HOST="+c.server.URL)
			refusedAll(t, site, c.says)
			for _, e := range []*ear{c.server, other, plain} {
				if heard := e.text(); e != c.server && heard != "" || c.cannot && heard != "" {
					t.Errorf("%s was told:\n%s", e.URL, heard)
				}
			}
			if strings.Contains(c.server.text(), canaryKey) {
				t.Error("the agent showed its key to a server that sends it elsewhere")
			}
		})
	}
}

// refusedAll has client and agent try with their secrets; each has to say why not.
func refusedAll(t *testing.T, s site, says string) {
	t.Helper()
	try := func(stdin, env string, args ...string) {
		t.Helper()
		cmd := s.command("vsay", args...)
		cmd.Env, cmd.Stdin = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], env), strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), says) {
			t.Errorf("vsay %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	try(canaryPassword, "A=", "login", "--email", "ann@example.com", "--password-stdin")
	try(canaryPassword, "A=", "signup", "--username", "ann", "--email", "ann@example.com", "--password-stdin")
	try("", "VSAY_TOKEN="+canaryToken, "ls")
	try("", "VSAY_TOKEN="+canaryToken, "attach", "box")
	try(canaryKey, "A=", "agent", "enroll", "--token-file", "-", "--state-dir", filepath.Join(s.dir, t.Name(), "enroll"))

	key := filepath.Join(s.dir, "canary.key")
	if err := os.WriteFile(key, []byte(canaryKey), 0o600); err != nil {
		t.Fatal(err)
	}
	agent := s.command("vsay", "agent", "--token-file", key, "--state-dir", filepath.Join(s.dir, t.Name(), "agent"))
	r, err := launch(agent, regexp.MustCompile(`no link to the server.*(`+regexp.QuoteMeta(says)+`)`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.end(os.Kill)
	if _, err := r.says(); err != nil {
		t.Errorf("vsay agent: %v", err)
	}
}

// Plain HTTP goes to this machine alone, unless somebody insists.
func TestPlainHTTPOffLoopback(t *testing.T) {
	s := newSite(t)
	ear := listenTo(t, nil, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"machines":[]}`) })
	// Nobody resolves this name: a proxy would carry it to the ear.
	s.env = append(s.env, "HTTP_PROXY="+ear.URL, "VSAY_HOST=http://vsay.example.com")
	for _, args := range [][]string{
		{"login", "--email", "ann@example.com", "--password-stdin"},
		{"ls"},
		{"attach", "box"},
		{"exec", "box", "--", "true"},
		{"agent", "--token-file", "-"},
		{"agent", "enroll", "--token-file", "-"},
	} {
		cmd := s.command("vsay", args...)
		cmd.Env, cmd.Stdin = append(cmd.Env, "VSAY_TOKEN="+canaryToken), strings.NewReader(canaryKey)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--insecure-http") {
			t.Errorf("vsay %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	if heard := ear.text(); heard != "" {
		t.Errorf("something was sent:\n%s", heard)
	}
	cmd := s.command("vsay", "ls", "--insecure-http")
	cmd.Env = append(cmd.Env, "VSAY_TOKEN="+canaryToken)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(ear.text(), canaryToken) {
		t.Errorf("with --insecure-http: %v: %s", err, out)
	}
}

// A token of https:// is none of http:// on the same host.
func TestTokenStaysWithItsScheme(t *testing.T) {
	s, url := startTLS(t)
	s.env = append(s.env, "VSAY_PASSWORD=correct horse")
	if out, err := s.command("vsay", "signup", url, "--username", "ann", "--email", "ann@example.com").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	plain := "http" + strings.TrimPrefix(url, "https")
	out, err := s.command("vsay", "ls", "--host", plain).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "not signed in to "+plain) {
		t.Errorf("%v: %s", err, out)
	}
}

// The server stays on this machine, unless it speaks TLS or is told otherwise.
func TestServerOffLoopbackWantsTLS(t *testing.T) {
	s := newSite(t)
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0", "192.0.2.1:0", "vsay.example.com:0", "localhost.example.com:0", "0:0"} {
		out, err := s.command("vsay", "serve", "--listen", address).CombinedOutput()
		if code(err) != 2 || !strings.Contains(string(out), "--insecure-http") {
			t.Errorf("%s: %v: %s", address, err, out)
		}
	}
	cmd := s.command("vsay", "serve", "--listen", "0.0.0.0:0", "--data-dir", filepath.Join(s.dir, "data"), "--insecure-http")
	r, err := launch(cmd, regexp.MustCompile(`listening on http://.*:([0-9]+)`))
	if err != nil {
		t.Fatal(err)
	}
	defer r.end(os.Kill)
	port, err := r.says()
	if err != nil {
		t.Fatal(err)
	}
	if err := untilReady("http://127.0.0.1:" + port); err != nil {
		t.Error(err)
	}
}

func code(err error) int {
	if failed, ok := err.(*exec.ExitError); ok { //nolint:errorlint // of a command that was run right here
		return failed.ExitCode()
	}
	return 0
}

func selfMadeCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key := newKey(t)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
