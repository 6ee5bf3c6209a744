package client

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// issuer is a server that knows tokens and nothing else. What it issues is good
// for life; with strict, only the last one it issued is good.
type issuer struct {
	life   time.Duration
	strict bool
	down   atomic.Bool
	count  atomic.Int64 // of refreshes that succeeded
	mu     sync.Mutex
	last   string
	seen   []string // tokens that came in
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.seen = append(s.seen, token)
	switch {
	case s.down.Load():
		w.Header().Set(wire.ErrorHeader, wire.ErrUnavailable.Code)
		w.WriteHeader(http.StatusServiceUnavailable)
	case s.strict && token != s.last:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/api/auth/refresh":
		s.last = jwt(time.Now(), s.life, fmt.Sprint(s.count.Add(1)))
		fmt.Fprintf(w, `{"token":%q}`, s.last)
	default:
		fmt.Fprint(w, `{"machines":[]}`)
	}
}

// jwt is a token as the client reads it; n makes it one of its own.
func jwt(issued time.Time, life time.Duration, n string) string {
	claims := fmt.Sprintf(`{"sub":"ann","sid":"login","jti":%q,"iat":%d,"exp":%d}`, n, issued.Unix(), issued.Add(life).Unix())
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func serve(t *testing.T, s *issuer) *Client {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return New(endpoint(t, srv.URL), nil)
}

// cached is a client whose token is in the cache in dir.
func cached(t *testing.T, s *issuer, dir, token string) *Client {
	t.Helper()
	c := serve(t, s)
	s.last = token
	claims, err := ReadToken(token)
	if err != nil {
		t.Fatal(err)
	}
	a := store.Account{
		Host: c.Endpoint.URL.String(), UserID: "ann", Login: claims.Login,
		Token: token, Issued: claims.Issued, Expires: claims.Expires,
	}
	cache := openCache(t, dir)
	if err := cache.SignedIn(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	c.Tokens = CachedToken(c, cache, a)
	return c
}

func openCache(t *testing.T, dir string) *store.Cache {
	t.Helper()
	cache, err := store.OpenCache(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	return cache
}

// sources makes both kinds of Tokens of one token.
func sources(t *testing.T, s *issuer, token string) map[string]func() Tokens {
	return map[string]func() Tokens{
		"cached": func() Tokens { return cached(t, s, t.TempDir(), token).Tokens.(Tokens) },
		"given":  func() Tokens { s.last = token; return GivenToken(serve(t, s), token) },
	}
}

func TestAtLeast(t *testing.T) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		age, minTTL time.Duration
		down        bool
		refreshed   bool
		fails       error
	}{
		"young":                   {age: time.Hour},
		"just over half is left":  {age: 11 * time.Hour},
		"just under half is left": {age: 13 * time.Hour, refreshed: true},
		"young, server down":      {age: time.Hour, down: true},
		"old, server down":        {age: 13 * time.Hour, down: true},
		"enough for minTTL":       {age: time.Hour, minTTL: 22 * time.Hour},
		"too little for minTTL":   {age: 2 * time.Hour, minTTL: 23 * time.Hour, refreshed: true},
		"more than any token has": {age: time.Hour, minTTL: 25 * time.Hour, refreshed: true, fails: wire.ErrUnauthed},
		"too little, server down": {age: 2 * time.Hour, minTTL: 23 * time.Hour, down: true, fails: wire.ErrUnavailable},
		"ended, server down":      {age: 25 * time.Hour, down: true, fails: wire.ErrUnauthed},
		"ended by our clock only": {age: 25 * time.Hour, refreshed: true},
		"ended by it, and minTTL": {age: 25 * time.Hour, minTTL: time.Hour, refreshed: true},
	} {
		for kind := range sources(t, &issuer{}, "") {
			t.Run(name+", "+kind, func(t *testing.T) {
				s := &issuer{life: day}
				old := jwt(time.Now().Add(-tc.age), day, "old")
				tokens := sources(t, s, old)[kind]()
				s.down.Store(tc.down)
				got, err := tokens.AtLeast(t.Context(), tc.minTTL)
				if (err != nil || tc.fails != nil) && !errors.Is(err, tc.fails) {
					t.Fatalf("%v, want %v", err, tc.fails)
				}
				if refreshed := s.count.Load() > 0; refreshed != tc.refreshed {
					t.Errorf("refreshed: %v, want %v", refreshed, tc.refreshed)
				}
				if want := map[bool]string{true: s.last, false: old}[tc.refreshed]; tc.fails == nil && got != want {
					t.Errorf("the wrong token")
				}
			})
		}
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	for _, revoked := range []bool{false, true} {
		s := &issuer{life: time.Hour}
		c := cached(t, s, t.TempDir(), jwt(time.Now(), time.Hour, "old"))
		refused := &refuseFirst{next: s, all: revoked}
		srv := httptest.NewServer(refused)
		c.Endpoint = endpoint(t, srv.URL)
		_, err := c.Machines(t.Context())
		if revoked != errors.Is(err, wire.ErrUnauthed) || (!revoked && err != nil) {
			t.Errorf("revoked %v: %v", revoked, err)
		}
		if want := map[bool]int{false: 3, true: 2}[revoked]; refused.requests != want {
			t.Errorf("revoked %v: %d requests, want %d", revoked, refused.requests, want)
		}
		srv.Close()
	}
}

// refuseFirst answers 401 to the first request, or to all.
type refuseFirst struct {
	next     http.Handler
	all      bool
	requests int
}

func (h *refuseFirst) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.requests++
	if h.all || h.requests == 1 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	h.next.ServeHTTP(w, r)
}

// A strict server takes a token once. Twenty that refresh at one time, each
// with a cache handle of its own as a process has, must make one exchange.
func TestTwentyRefreshesMakeOneExchange(t *testing.T) {
	s := &issuer{life: time.Hour, strict: true}
	dir := t.TempDir()
	first := cached(t, s, dir, jwt(time.Now(), time.Hour, "old"))
	host := first.Endpoint.URL.String()
	old, err := first.Tokens.(Tokens).Peek(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var g sync.WaitGroup
	got := make([]string, 20)
	for i := range got {
		tokens := CachedToken(New(endpoint(t, host), nil), openCache(t, dir), store.Account{Host: host, UserID: "ann"})
		g.Go(func() {
			var err error
			if got[i], err = tokens.replace(t.Context(), old, needed, true); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	for _, token := range got {
		if token != s.last {
			t.Errorf("somebody got a token that is no longer good")
		}
	}
	if n := s.count.Load(); n != 1 {
		t.Errorf("%d exchanges, want 1", n)
	}
}

func TestFailedRefreshFreesTheClaim(t *testing.T) {
	s := &issuer{life: time.Hour}
	tokens := cached(t, s, t.TempDir(), jwt(time.Now(), time.Hour, "old")).Tokens.(Tokens)
	s.down.Store(true)
	if _, err := tokens.Refresh(t.Context()); err == nil {
		t.Fatal("a refresh without a server")
	}
	s.down.Store(false)
	if _, err := tokens.Refresh(t.Context()); err != nil {
		t.Errorf("the next refresh: %v", err)
	}
}

// A token is bound to the host that issued it: the same account elsewhere is
// signed out.
func TestTokenStaysAtItsHost(t *testing.T) {
	a, b := &issuer{life: time.Hour}, &issuer{life: time.Hour}
	dir := t.TempDir()
	cached(t, a, dir, jwt(time.Now(), time.Hour, "of a"))
	other := serve(t, b)
	other.Tokens = CachedToken(other, openCache(t, dir), store.Account{Host: other.Endpoint.URL.String(), UserID: "ann"})
	if _, err := other.Machines(t.Context()); !errors.Is(err, wire.ErrUnauthed) {
		t.Errorf("%v, want ErrUnauthed", err)
	}
	if len(b.seen) != 0 {
		t.Errorf("host B was sent %d requests", len(b.seen))
	}
}

func TestReadToken(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	c, err := ReadToken(jwt(now, time.Hour, "x"))
	if err != nil || !c.Issued.Equal(now) || !c.Expires.Equal(now.Add(time.Hour)) || c.User != "ann" || c.Login != "login" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"", "x", "a.b", "a.b.c", "a.e30.c", jwt(now, time.Hour, "x") + "\nX-Evil: 1", jwt(now, time.Hour, "x") + "\x1b[31m", jwt(now, time.Hour, "x") + " ", "a." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":"soon"}`)) + ".c"} {
		if _, err := ReadToken(bad); !errors.Is(err, wire.ErrUnauthed) {
			t.Errorf("%q is no token: %v", bad, err)
		}
	}
}

func FuzzReadToken(f *testing.F) {
	f.Add(jwt(time.Now(), time.Hour, "x"))
	f.Add("a.e30.c")
	f.Fuzz(func(t *testing.T, token string) {
		if c, err := ReadToken(token); err == nil && c.Expires.Before(c.Issued) {
			t.Errorf("%q ended before it began", token)
		}
	})
}
