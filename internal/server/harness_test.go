package server

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

const goodPassword = "correct horse"

// world is a server on a real socket with a real store, and a clock that only
// the test moves.
type world struct {
	t    *testing.T
	s    *Server
	url  string
	dir  string
	log  *safeBuffer
	stop func()

	mu     sync.Mutex
	clock  time.Time
	passed time.Duration // since the test began; a clock that is set back takes nothing off it
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "data"), log: &safeBuffer{}, clock: time.Now().Truncate(time.Second)}
	w.start(change...)
	return w
}

// start opens the data folder; a server that has it is stopped first.
func (w *world) start(change ...func(*Config)) {
	w.t.Helper()
	if w.stop != nil {
		w.stop()
	}
	cfg := Config{DataDir: w.dir}
	for _, f := range change {
		f(&cfg)
	}
	s, err := New(w.t.Context(), cfg, slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		w.t.Fatal(err)
	}
	began, after := w.now(), w.elapsed()
	s.now, s.began, s.uptime = w.now, began, func() time.Duration { return w.elapsed() - after }
	s.passwords = newPasswords(cost{memory: 64, time: 1, threads: 1}) // as weak as it is quick
	web := httptest.NewServer(s.Handler())
	w.s, w.url = s, web.URL
	w.stop = sync.OnceFunc(func() {
		web.Close()
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(w.stop)
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
	w.passed += max(d, 0)
}

func (w *world) elapsed() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.passed
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := wire.Decode([]byte(r.body), v); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
}

// refused checks the shape that every failure has.
func (r reply) refused(t *testing.T, want *wire.Error) {
	t.Helper()
	var body wire.ErrorBody
	if err := wire.Decode([]byte(r.body), &body); err != nil || body.Error == "" {
		t.Errorf("no error in the body: %d %q", r.status, r.body)
	}
	if r.status != want.Status || r.header.Get(wire.ErrorHeader) != want.Code {
		t.Errorf("%d %s %s, want %d %s", r.status, r.header.Get(wire.ErrorHeader), r.body, want.Status, want.Code)
	}
	if r.header.Get("Content-Type") != "application/json" {
		t.Errorf("an error as %q", r.header.Get("Content-Type"))
	}
}

// do sends a request. A string body goes as it is, anything else as JSON; an
// option is "Name: value" of a header.
func (w *world) do(method, path string, body any, options ...string) reply {
	w.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		r = bytes.NewReader(wire.Encode(b))
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, r)
	if err != nil {
		w.t.Error(err)
		return reply{}
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, o := range options {
		name, value, _ := strings.Cut(o, ": ")
		switch {
		case name == "Host":
			req.Host = value
		case value == "":
			req.Header.Del(name)
		default:
			req.Header.Add(name, value)
		}
	}
	resp, err := noRedirects.Do(req)
	if err != nil {
		w.t.Error(err)
		return reply{}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Error(err)
	}
	return reply{resp.StatusCode, resp.Header, string(b)}
}

var noRedirects = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func bearer(token string) string { return "Authorization: Bearer " + token }

// account is somebody who signed up and in.
type account struct {
	id, email, token, apiKey string
}

func (w *world) account(name string) account {
	w.t.Helper()
	r := w.do("POST", "/api/signup", wire.Signup{Username: name, Email: name + "@example.com", Password: goodPassword})
	if r.status != http.StatusCreated {
		w.t.Fatalf("signup: %d %s", r.status, r.body)
	}
	return w.signIn(name + "@example.com")
}

func (w *world) signIn(email string) account {
	w.t.Helper()
	r := w.do("POST", "/api/login", wire.Login{Email: email, Password: goodPassword})
	var in wire.Signed
	if r.status != http.StatusOK {
		w.t.Fatalf("login: %d %s", r.status, r.body)
	}
	r.into(w.t, &in)
	return account{in.User.ID, email, in.Token, in.User.APIKey}
}

// box is a machine: the half of the key that never leaves it, and its counter.
type box struct {
	w       *world
	private ed25519.PrivateKey
	id      string
	counter uint64
}

func newBox(w *world) *box {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &box{w: w, private: private}
}

func (b *box) host() string { return strings.TrimPrefix(b.w.url, "http://") }

func (b *box) public() ed25519.PublicKey { return b.private.Public().(ed25519.PublicKey) }

func (b *box) enrollment(apiKey, name string) wire.Enroll {
	keyID := ""
	if parts := strings.Split(apiKey, "_"); len(parts) == 4 {
		keyID = parts[2]
	}
	return wire.Enroll{
		APIKey: apiKey, PublicKey: b.public(), Signature: ed25519.Sign(b.private, wire.EnrollText(b.host(), b.public(), keyID)),
		Hello: wire.Hello{Name: name, OS: "linux", Arch: "amd64"},
	}
}

func (b *box) enroll(apiKey, name string) wire.Enrolled {
	b.w.t.Helper()
	r := b.w.do("POST", "/api/agent/enroll", b.enrollment(apiKey, name))
	if r.status != http.StatusOK {
		b.w.t.Fatalf("enroll: %d %s", r.status, r.body)
	}
	var done wire.Enrolled
	r.into(b.w.t, &done)
	b.id = done.AgentID
	return done
}

func (b *box) nonce() string {
	b.w.t.Helper()
	var c wire.Challenged
	b.w.do("POST", "/api/agent/challenge", wire.Challenge{AgentID: b.id}).into(b.w.t, &c)
	return c.Nonce
}

func (b *box) credential(nonce string, counter uint64) string {
	sig := ed25519.Sign(b.private, wire.ChallengeText(b.host(), b.id, nonce, counter))
	return fmt.Sprintf("Vsay-Machine %s.%d.%s.%s", b.id, counter, nonce, base64.RawURLEncoding.EncodeToString(sig))
}

// calls has the server check a credential, as the control link does.
func (b *box) calls(credential string) error {
	r := httptest.NewRequest("GET", b.w.url+"/api/agent/ws", nil)
	r.Header.Set("Authorization", credential)
	_, err := b.w.s.machineOf(r)
	return err
}

// dial is the next control link of an honest machine.
func (b *box) dial() error {
	b.counter++
	return b.calls(b.credential(b.nonce(), b.counter))
}

// watched is a connection that somebody has open.
type watched struct {
	w     *world
	who   relay.Who
	ended chan *wire.Error
}

func (w *world) watch(who relay.Who) watched {
	x := watched{w, who, make(chan *wire.Error, 1)}
	w.s.relay.Watch("session", who, wire.Viewer{}, func(why *wire.Error) { x.ended <- why })
	return x
}

// cut waits for the reason the connection ended for.
func (x watched) cut() *wire.Error {
	x.w.t.Helper()
	select {
	case why := <-x.ended:
		return why
	case <-time.After(5 * time.Second):
		x.w.t.Error("the connection stayed open")
		return wire.ErrInternal
	}
}

// open makes sure that nothing ended the connection so far, and ends it: what it
// then hears is only ours when it was the first.
func (x watched) open() {
	x.w.t.Helper()
	x.w.s.relay.Cut(wire.ErrStolen, func(who relay.Who) bool { return who == x.who })
	if why := x.cut(); why.Code != wire.ErrStolen.Code {
		x.w.t.Errorf("the connection was cut: %v", why)
	}
}
