//go:build unix

package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const domain = "vsay.test" // nobody resolves it but the test

// pebble is an ACME authority for tests, which validates for real. It is started
// on loopback and knocks at the ports it is told.
type pebble struct {
	directory string // URL
	root      string // file of the certificate its own are to be trusted by
}

func startPebble(t *testing.T, s site, ca *authority, tlsPort, httpPort string) pebble {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "tool", "-modfile=../../tools/pebble/go.mod", "-n", "pebble")
	path, err := build.Output()
	if err != nil {
		needProgram(t, "pebble, the ACME server of tools/pebble", "false")
	}
	cert, key := filepath.Join(s.dir, "pebble.pem"), filepath.Join(s.dir, "pebble.key")
	ca.write(ca.sign(newKey(t)), cert, key)
	address, management := freeAddress(t), freeAddress(t)
	config := filepath.Join(s.dir, "pebble.json")
	text := fmt.Sprintf(`{"pebble": {"listenAddress": %q, "managementListenAddress": %q, "certificate": %q, "privateKey": %q,
		"httpPort": %s, "tlsPort": %s, "retryAfter": {"authz": 1, "order": 1}}}`, address, management, cert, key, httpPort, tlsPort)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := s.command(strings.TrimSpace(string(path)), "-config", config, "-dnsserver", startNames(t))
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], "PEBBLE_VA_NOSLEEP=1")
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p := pebble{"https://" + address + "/dir", filepath.Join(s.dir, "root.pem")}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	err = until("pebble does not answer", func() bool {
		resp, err := client.Get("https://" + management + "/roots/0")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		root, err := io.ReadAll(resp.Body)
		return err == nil && os.WriteFile(p.root, root, 0o600) == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// startNames is a name server, over TCP, for which every name is this machine.
func startNames(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			answerName(conn)
		}
	}()
	return ln.Addr().String()
}

func answerName(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	query := make([]byte, 2)
	if _, err := io.ReadFull(conn, query); err != nil {
		return
	}
	query = make([]byte, binary.BigEndian.Uint16(query))
	if _, err := io.ReadFull(conn, query); err != nil || len(query) < 12 {
		return
	}
	answer := resolved(query)
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}

// resolved answers a question for an IPv4 address (A) with 127.0.0.1, and any other
// with nothing.
func resolved(query []byte) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	if end += 5; end > len(query) {
		return nil
	}
	answers, record := uint16(0), []byte(nil)
	if binary.BigEndian.Uint16(query[end-4:]) == 1 {
		answers, record = 1, []byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1}
	}
	header := append([]byte(nil), query[0], query[1], 0x81, 0x80, 0, 1)
	header = binary.BigEndian.AppendUint16(header, answers)
	return append(append(append(header, 0, 0, 0, 0), query[12:end]...), record...)
}

// freeAddress is one of loopback on which nobody listened a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// startTunnel is a proxy that carries a connection to any name here: clients reach
// the domain through it.
func startTunnel(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		far, err := net.Dial("tcp", "127.0.0.1:"+portOf(r.Host))
		if err != nil || r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			defer near.Close()
			_, _ = io.Copy(near, far)
		}()
		go func() {
			defer far.Close()
			_, _ = io.Copy(far, near)
		}()
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

var ordered = regexp.MustCompile(`a TLS certificate is in use.*pin=(\S+)`)

// orders starts a server that orders its certificate, and gives its pin once it
// has one.
func (s site) orders(t *testing.T, ca *authority, p pebble, listen string, flags ...string) string {
	t.Helper()
	args := append([]string{
		"serve", "--listen", listen, "--data-dir", filepath.Join(s.dir, "data"), "--acme-domain", domain,
		"--acme-directory", p.directory, "--acme-email", "ann@example.com",
	}, flags...)
	cmd := s.command("vsay", args...)
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], "SSL_CERT_FILE="+ca.file)
	r, err := launch(cmd, ordered)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.end(os.Kill) })
	pin, err := r.says()
	if err != nil {
		t.Fatal(err)
	}
	return pin
}

func TestACME(t *testing.T) {
	s := newSite(t)
	ca := newAuthority(t, s.dir)
	listen := freeAddress(t)
	p := startPebble(t, s, ca, portOf(listen), portOf(freeAddress(t)))
	pin := s.orders(t, ca, p, listen)

	t.Run("a client that trusts the authority", func(t *testing.T) {
		site := s
		site.env = append(s.env[:len(s.env):len(s.env)], "VSAY_TLS_CA="+p.root, "HTTPS_PROXY="+startTunnel(t), "VSAY_HOST=https://"+domain+":"+portOf(listen), "VSAY_PASSWORD=correct horse")
		if out, err := site.command("vsay", "signup", "--username", "ann", "--email", "ann@example.com").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		box, err := site.agent("box", "--pin", pin)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			box.end(os.Kill)
			if err := endSessions(site.stateDir("box")); err != nil {
				t.Error(err)
			}
		}()
		attach := site.command("vsay", "attach", "box")
		attach.Stdin = strings.NewReader("echo $((6*7)) of it\nexit 3\n")
		out, err := attach.CombinedOutput()
		if code(err) != 3 || !strings.Contains(string(out), "42 of it") {
			t.Errorf("vsay attach: %v: %s", err, out)
		}
	})
	t.Run("strangers' names", func(t *testing.T) {
		for _, name := range []string{"", "evil.test", "www." + domain, "127.0.0.1"} {
			conn, err := tls.Dial("tcp", listen, &tls.Config{ServerName: name, InsecureSkipVerify: true})
			if err == nil {
				conn.Close()
				t.Errorf("%q was given a certificate", name)
			}
		}
	})
	t.Run("the folder", func(t *testing.T) {
		dir := filepath.Join(s.dir, "data", "acme")
		files, err := os.ReadDir(dir)
		if err != nil || len(files) < 2 { // the account's key, the certificate's
			t.Fatalf("%v %v", files, err)
		}
		modes := map[string]os.FileMode{dir: 0o700}
		for _, f := range files {
			modes[filepath.Join(dir, f.Name())] = 0o600
		}
		for path, mode := range modes {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		}
	})
}

// Where the TLS port cannot be reached from outside, the plain one does.
func TestACMEOverHTTP(t *testing.T) {
	s := newSite(t)
	ca := newAuthority(t, s.dir)
	listen, plain := freeAddress(t), freeAddress(t)
	p := startPebble(t, s, ca, portOf(freeAddress(t)), portOf(plain))
	s.orders(t, ca, p, listen, "--http-listen", plain, "--public-url", "https://"+domain+":8443")
	pool := x509.NewCertPool()
	root, err := os.ReadFile(p.root)
	if err != nil || !pool.AppendCertsFromPEM(root) {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", listen, &tls.Config{ServerName: domain, RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()

	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		method, host, path string
		status             int
		location           string
	}{
		{"GET", domain, "/", http.StatusPermanentRedirect, "https://" + domain + ":8443/"},
		{"GET", domain + ":80", "/some/page", http.StatusPermanentRedirect, "https://" + domain + ":8443/some/page"},
		{"GET", "evil.example", "/", http.StatusNotFound, ""},
		{"GET", domain, "/?token=" + canaryToken, http.StatusBadRequest, ""},
		{"GET", domain, "/api/machines", http.StatusBadRequest, ""},
		{"POST", domain, "/api/login", http.StatusBadRequest, ""},
		{"POST", domain, "/", http.StatusBadRequest, ""},
		{"GET", domain, "/.well-known/acme-challenge/unknown", http.StatusNotFound, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+plain+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.location {
			t.Errorf("%s http://%s%s: %s to %q", c.method, c.host, c.path, resp.Status, resp.Header.Get("Location"))
		}
	}
}
