package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"vsay/internal/wire"
)

// fort is a server that is attacked, and nothing else.
type fort struct {
	t      *testing.T
	site   site
	flags  []string
	server *running
	url    string
}

func newFort(t *testing.T, flags ...string) *fort {
	t.Helper()
	f := &fort{t: t, site: newSite(t), flags: flags}
	f.start("127.0.0.1:0")
	t.Cleanup(func() { f.server.end(os.Kill) })
	return f
}

func (f *fort) start(address string) {
	f.t.Helper()
	var err error
	if f.server, f.url, err = f.site.serve("HOST", address, f.flags...); err != nil {
		f.t.Fatal(err)
	}
}

// again kills the server, as a power cut would, and starts it on the same port.
func (f *fort) again() {
	f.t.Helper()
	f.server.end(os.Kill)
	f.start(strings.TrimPrefix(f.url, "http://"))
}

// with is the same fort for a part of the test.
func (f fort) with(t *testing.T) *fort {
	f.t = t
	return &f
}

// intruder speaks HTTP from an address of its own, of those that are loopback.
type intruder struct {
	t    *testing.T
	url  string
	road http.RoundTripper
}

func (f *fort) from(address string) intruder { return intruderAt(f.t, f.url, address) }

func intruderAt(t *testing.T, url, address string) intruder {
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: d.DialContext, MaxIdleConnsPerHost: 64, ResponseHeaderTimeout: patience}
	t.Cleanup(transport.CloseIdleConnections)
	return intruder{t, url, transport}
}

// send is ask, from there. It may be called by many at once.
func (i intruder) send(method, path, body string, headers ...string) reply {
	i.t.Helper()
	r, err := ask(i.t, i.road, method, i.url+path, body, headers...)
	if err != nil {
		i.t.Errorf("%s %s: %v", method, path, err)
	}
	return r
}

const rightPassword = "correct horse"

func (i intruder) signUp(name, email, password string) reply {
	i.t.Helper()
	return i.send("POST", "/api/signup", string(wire.Encode(wire.Signup{Username: name, Email: email, Password: password})))
}

func (i intruder) logIn(email, password string) reply {
	i.t.Helper()
	return i.send("POST", "/api/login", string(wire.Encode(wire.Login{Email: email, Password: password})))
}

// account makes one and gives its email.
func (i intruder) account(name string) (email string) {
	i.t.Helper()
	email = name + "@example.com"
	if r := i.signUp(name, email, rightPassword); r.status != http.StatusCreated {
		i.t.Fatalf("signup: %d %s", r.status, r.body)
	}
	return email
}

// signIn gives what login answers.
func (i intruder) signIn(email string) wire.Signed {
	i.t.Helper()
	r := i.logIn(email, rightPassword)
	if r.status != http.StatusOK {
		i.t.Fatalf("login: %d %s", r.status, r.body)
	}
	return signedOf(i.t, r)
}

func signedOf(t *testing.T, r reply) (s wire.Signed) {
	t.Helper()
	if err := wire.Decode([]byte(r.body), &s); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return s
}

// refused wants a status, and one sentence that shows nothing of the inside.
func (r reply) refused(t *testing.T, status int) {
	t.Helper()
	var body wire.ErrorBody
	if err := wire.Decode([]byte(r.body), &body); r.status != status || err != nil || body.Error == "" {
		t.Errorf("%d %.200s, want %d and a sentence", r.status, r.body, status)
	}
	for _, inside := range []string{"SQL", "sqlite", "goroutine", ".go:", "/tmp", "panic"} {
		if strings.Contains(r.body, inside) {
			t.Errorf("an answer shows the inside: %.200s", r.body)
		}
	}
}

// holds looks for a secret in all files below a folder.
func holds(t *testing.T, dir, secret string) (where []string) {
	t.Helper()
	err := filesBelow(dir, func(path string) error {
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(secret)) {
			where = append(where, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}
