package server

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// bodiless are routes that look at no body: what they do would only end the fuzz.
var bodiless = []string{
	"POST /api/auth/refresh", "POST /api/auth/logout", "POST /api/admin/rotate-keys",
	"POST /api/admin/users/{id}/disable", "POST /api/admin/users/{id}/enable", "POST /api/admin/users/{id}/revoke-all",
	"POST /api/admin/users/{id}/promote", "POST /api/admin/users/{id}/demote",
}

var pathValue = regexp.MustCompile(`\{(\w+)\}`)

// FuzzBodies sends bodies to every route that reads one, through everything that a
// request passes. There is always an answer, of the shape that answers have.
func FuzzBodies(f *testing.F) {
	s, err := New(f.Context(), Config{DataDir: filepath.Join(f.TempDir(), "data"), Limits: Limits{Arrivals: 1 << 30}}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	s.passwords = newPasswords(cost{memory: 64, time: 1, threads: 1})
	ids, login := furnish(f, s)
	var routes []route
	for _, r := range s.table() {
		method, _, _ := strings.Cut(r.pattern, " ")
		if (method == "POST" || method == "PATCH") && !slices.Contains(bodiless, r.pattern) {
			routes = append(routes, r)
		}
	}
	for i := range routes {
		for _, body := range []string{
			`{"username":"ann","email":"a@example.com","password":"correct horse"}`, `{"keep_machines":true}`,
			`{"current_password":"correct horse","new_password":"another"}`, `{"name":"x"}`, `{"command":"ls","timeout":1}`,
			`{"agent_id":"m","session_id":"x","mode":"view"}`, `{"api_key":"vsay_ak_","public_key":"AA==","signature":"AA==","hello":{"sessions":[],"labels":{"a":"b"}}}`,
			`{"a":1,"a":2}`, `[`, ``, `null`, "\xff", `{"email":1e400}`, strings.Repeat(`{"a":`, 200),
		} {
			f.Add(uint8(i), []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		to := routes[int(which)%len(routes)]
		method, path, _ := strings.Cut(to.pattern, " ")
		if id := ids[path]; id != "" {
			path = pathValue.ReplaceAllString(path, id)
		}
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		if to.who == forUsers || to.who == forAdmins {
			r.Header.Set("Authorization", "Bearer "+login(t))
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		said := w.Result()
		defer said.Body.Close()
		text, err := io.ReadAll(said.Body)
		if err != nil {
			t.Fatal(err)
		}
		offline := said.Header.Get(wire.ErrorHeader) == wire.ErrOffline.Code
		if said.StatusCode >= 500 && !offline {
			t.Fatalf("%s %q: %d %s", to.pattern, body, said.StatusCode, text)
		}
		var failure wire.ErrorBody
		if said.StatusCode >= 400 && (wire.Decode(text, &failure) != nil || failure.Error == "") {
			t.Fatalf("%s %q: %d %q is no answer", to.pattern, body, said.StatusCode, text)
		}
		if kind := said.Header.Get("Content-Type"); kind != "application/json" {
			t.Fatalf("%s %q: %d of type %q", to.pattern, body, said.StatusCode, kind)
		}
	})
}

// furnish makes an administrator with a machine and a session on it, and gives what
// stands for ids in which path, and tokens that are good.
func furnish(f *testing.F, s *Server) (ids map[string]string, login func(*testing.T) string) {
	must := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	ctx := f.Context()
	u := store.User{ID: randomID(), Username: "root", Email: "root@example.com", PasswordHash: s.passwords.hash(goodPassword), CreatedAt: s.now()}
	s.keys.newAPIKey(&u)
	must(s.store.CreateUser(ctx, u))
	other := store.User{ID: randomID(), Username: "bob", Email: "bob@example.com", PasswordHash: s.passwords.decoy, CreatedAt: s.now()}
	s.keys.newAPIKey(&other)
	must(s.store.CreateUser(ctx, other))
	m, err := s.store.EnrollMachine(ctx, store.Machine{
		AgentID: randomID(), UserID: u.ID, Name: "box", OS: "linux", Arch: "amd64", PublicKey: random(32), KeyGen: u.KeyGen, CreatedAt: s.now(),
	})
	must(err)
	x := store.Session{
		ID: strings.ToLower(randomID()), Kind: wire.KindShell, AgentID: m.AgentID, MachineName: m.Name,
		UserID: u.ID, Username: u.Username, StartedAt: s.now(), LastActive: s.now(),
	}
	must(s.store.CreateSession(ctx, &x))
	ids = map[string]string{
		"/api/machines/{agent_id}/command":     m.AgentID,
		"/api/terminal/sessions/{id}":          x.ID,
		"/api/admin/users/{id}/reset-password": other.ID,
	}
	var token string
	return ids, func(t *testing.T) string {
		if _, err := s.identify(t.Context(), token, "192.0.2.1"); err == nil && token != "" {
			return token
		}
		now, err := s.store.UserByID(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		l := store.Login{ID: randomID(), UserID: u.ID, AuthTime: s.now(), IP: "192.0.2.1"}
		if err := s.store.CreateLogin(t.Context(), l, now.PasswordGen); err != nil {
			t.Fatal(err)
		}
		if token, _, err = s.newToken(now, l); err != nil {
			t.Fatal(err)
		}
		return token
	}
}
