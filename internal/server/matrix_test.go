package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// The columns of the matrix: who asks. The last ones may do what cannot be done
// twice, so they come last.
var columns = []string{"nobody", "expired", "logged out", "disabled", "API key", "ticket", "machine", "stranger", "admin", "owner"}

// matrix says what every route of the server answers to whom. A status in it is
// that of the first refusal: what a route does for those it is for has tests of
// its own. ANN is the owner of a machine and of a session on it, which is
// offline: 503 is how a terminal says so to those who may know. 426 is a
// WebSocket's address that would have answered a handshake.
//
//	nobody, expired, logged out, disabled, API key, ticket, machine; stranger, admin, owner
var matrix = map[string]string{
	"GET /{$}":                 "200 200 200 200 200 200 200  200 200 200",
	"GET /login":               "200 200 200 200 200 200 200  200 200 200",
	"GET /signup":              "200 200 200 200 200 200 200  200 200 200",
	"GET /invite":              "200 200 200 200 200 200 200  200 200 200",
	"GET /machines/{agent_id}": "200 200 200 200 200 200 200  200 200 200", // the page, which asks for the machine
	"GET /terminal":            "200 200 200 200 200 200 200  200 200 200",
	"GET /terminal/{agent_id}": "200 200 200 200 200 200 200  200 200 200",
	"GET /audit":               "200 200 200 200 200 200 200  200 200 200",
	"GET /account":             "200 200 200 200 200 200 200  200 200 200",
	"GET /add":                 "200 200 200 200 200 200 200  200 200 200",
	"GET /admin/users":         "200 200 200 200 200 200 200  200 200 200",
	"GET /admin/invites":       "200 200 200 200 200 200 200  200 200 200",
	"GET /assets/{name...}":    "404 404 404 404 404 404 404  404 404 404", // of that name there is none
	"GET /{name}":              "404 404 404 404 404 404 404  404 404 404",

	"GET /health": "200 200 200 200 200 200 200  200 200 200",
	"GET /ready":  "503 503 503 503 503 503 503  503 503 503", // it is not running yet

	"GET /api/server":        "200 200 200 200 200 200 200  200 200 200",
	"POST /api/signup":       "201 201 201 201 201 201 201  201 201 201",
	"POST /api/login":        "200 200 200 200 200 200 200  200 200 200",
	"POST /api/auth/cookie":  "200 200 200 200 200 200 200  200 200 200",
	"POST /api/auth/refresh": "401 401 401 401 401 401 401  200 200 200",
	"POST /api/auth/logout":  "401 401 401 401 401 401 401  200 200 200",

	"GET /api/auth/logins":         "401 401 401 401 401 401 401  200 200 200",
	"DELETE /api/auth/logins/{id}": "401 401 401 401 401 401 401  404 404 200",

	"GET /api/me":                          "401 401 401 401 401 401 401  200 200 200",
	"GET /api/profile":                     "401 401 401 401 401 401 401  200 200 200",
	"POST /api/profile/regenerate-api-key": "401 401 401 401 401 401 401  200 200 200",
	"POST /api/profile/reset-password":     "401 401 401 401 401 401 401  200 200 200",

	"GET /api/machines":                     "401 401 401 401 401 401 401  200 200 200",
	"GET /api/machines/{agent_id}":          "401 401 401 401 401 401 401  404 404 200",
	"PATCH /api/machines/{agent_id}":        "401 401 401 401 401 401 401  404 404 200",
	"DELETE /api/machines/{agent_id}":       "401 401 401 401 401 401 401  404 404 200",
	"POST /api/machines/{agent_id}/approve": "401 401 401 401 401 401 401  404 404 200",
	"POST /api/machines/{agent_id}/command": "401 401 401 401 401 401 401  404 404 503",
	"GET /api/machines/{agent_id}/logs":     "401 401 401 401 401 401 401  404 404 200",
	"GET /api/dashboard/stats":              "401 401 401 401 401 401 401  200 200 200",

	"GET /api/admin/users":                      "401 401 401 401 401 401 401  403 200 403",
	"DELETE /api/admin/users/{id}":              "401 401 401 401 401 401 401  403 200 403",
	"POST /api/admin/users/{id}/disable":        "401 401 401 401 401 401 401  403 200 403",
	"POST /api/admin/users/{id}/enable":         "401 401 401 401 401 401 401  403 200 403",
	"POST /api/admin/users/{id}/revoke-all":     "401 401 401 401 401 401 401  403 200 403",
	"POST /api/admin/users/{id}/promote":        "401 401 401 401 401 401 401  403 200 403",
	"POST /api/admin/users/{id}/demote":         "401 401 401 401 401 401 401  403 200 403",
	"POST /api/admin/users/{id}/reset-password": "401 401 401 401 401 401 401  403 200 403",
	"GET /api/admin/invites":                    "401 401 401 401 401 401 401  403 200 403",
	"POST /api/admin/invites":                   "401 401 401 401 401 401 401  403 201 403",
	"DELETE /api/admin/invites/{id}":            "401 401 401 401 401 401 401  403 404 403",

	"GET /api/terminal/{agent_id}/ws":      "401 401 401 401 401 401 401  404 404 503",
	"POST /api/terminal/tickets":           "401 401 401 401 401 401 401  404 404 503",
	"GET /api/terminal/sessions":           "401 401 401 401 401 401 401  200 200 200",
	"GET /api/terminal/sessions/{id}/wait": "401 401 401 401 401 401 401  404 404 200",
	"PATCH /api/terminal/sessions/{id}":    "401 401 401 401 401 401 401  404 404 200",
	"DELETE /api/terminal/sessions/{id}":   "401 401 401 401 401 401 401  404 404 503",

	"POST /api/admin/rotate-keys": "401 401 401 401 401 401 401  403 200 403",
	"GET /api/audit":              "401 401 401 401 401 401 401  200 200 200",
	"GET /api/audit/verify":       "401 401 401 401 401 401 401  403 200 403",

	"POST /api/agent/enroll":    "401 401 401 401 401 401 401  401 401 401", // the key is in the body, and here it is none
	"POST /api/agent/challenge": "200 200 200 200 200 200 200  200 200 200", // of a machine that may exist or not
	"GET /api/agent/ws":         "401 401 401 401 401 401 426  401 401 401",
	"GET /api/hold/ws":          "401 401 401 401 401 401 401  401 401 401",
}

// bodies are what is sent to the routes that want something: MACHINE, SESSION and
// VICTIM stand for ids, WHO for whoever asks.
var bodies = map[string]string{
	"POST /api/signup":                      `{"username":"new-WHO","email":"new-WHO@example.com","password":"correct horse"}`,
	"POST /api/login":                       `{"email":"ann@example.com","password":"correct horse"}`,
	"POST /api/auth/cookie":                 `{"email":"ann@example.com","password":"correct horse"}`,
	"POST /api/profile/reset-password":      `{"current_password":"correct horse","new_password":"battery staple"}`,
	"PATCH /api/machines/{agent_id}":        `{"name":"another"}`,
	"POST /api/machines/{agent_id}/command": `{"command":"true"}`,
	"POST /api/terminal/tickets":            `{"agent_id":"MACHINE","session_id":"SESSION","mode":"control"}`,
	"PATCH /api/terminal/sessions/{id}":     `{"name":"another"}`,
	"POST /api/agent/enroll":                `{"api_key":"vsay_ak_none","public_key":"","signature":"","hello":{}}`,
	"POST /api/agent/challenge":             `{"agent_id":"MACHINE"}`,
}

const howToAdd = `%s is in no row of the matrix. Add to the map "matrix" in matrix_test.go:
	%q: "401 401 401 401 401 401 401  404 404 200",
with the status that each of these gets, in this order: %s.
If it takes a JSON body, add that to the map "bodies" (ids in it: MACHINE, SESSION, VICTIM). The names {agent_id}
and {id} stand for the owner's machine and session; below /api/admin/ an {id} is an account named victim, and below
/api/auth/logins/ another login of the owner.`

// TestMatrix asks every route as everybody.
func TestMatrix(t *testing.T) {
	known := map[string]bool{}
	for _, r := range new(Server).table() {
		known[r.pattern] = true
		want := strings.Fields(matrix[r.pattern])
		if len(want) != len(columns) {
			t.Errorf(howToAdd, r.pattern, r.pattern, strings.Join(columns, ", "))
			continue
		}
		t.Run(r.pattern, func(t *testing.T) {
			t.Parallel()
			m := newMatrixWorld(t)
			for i, who := range columns {
				got := m.ask(r.pattern, who, m.ids)
				if strconv.Itoa(got.status) != want[i] {
					t.Errorf("%s gets %d, want %s: %s", who, got.status, want[i], got.body)
				}
				if got.status == http.StatusUnauthorized {
					got.refused(t, wire.ErrUnauthed)
				}
			}
		})
	}
	for pattern := range matrix {
		if !known[pattern] {
			t.Errorf("%s is in the matrix, and not a route any more: take the row out", pattern)
		}
	}
}

// TestForeignIsUnknownEverywhere asks every route that names a thing for somebody
// else's and for one that does not exist: the answers differ in nothing.
func TestForeignIsUnknownEverywhere(t *testing.T) {
	asked := 0
	for _, r := range new(Server).table() {
		if r.who == forAgents || r.who == forPages || !names(r.pattern) {
			continue // a machine's challenge is as random for one that exists; a page asks for its machine like any program
		}
		asked++
		t.Run(r.pattern, func(t *testing.T) {
			t.Parallel()
			m := newMatrixWorld(t)
			unknown := ids{machine: randomID(), session: randomID(), victim: randomID(), login: randomID()}
			for _, who := range []string{"stranger", "admin"} {
				if r.who == forAdmins && who == "admin" {
					continue
				}
				alike(t, who, m.ask(r.pattern, who, m.ids), m.ask(r.pattern, who, unknown))
			}
		})
	}
	if asked < 8 {
		t.Errorf("only %d routes were asked", asked)
	}
}

// TestForeignMachineOverTheTerminal does the same as a WebSocket client.
func TestForeignMachineOverTheTerminal(t *testing.T) {
	m := newMatrixWorld(t)
	for _, protocol := range []string{"", "Sec-WebSocket-Protocol: " + wire.ViewerProtocol} {
		handshake := func(agentID string) reply {
			options := []string{
				"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", bearer(m.stranger.token),
			}
			if protocol != "" {
				options = append(options, protocol)
			}
			return m.do("GET", "/api/terminal/"+agentID+"/ws?session_id="+m.ids.session, nil, options...)
		}
		foreign := handshake(m.ids.machine)
		foreign.refused(t, wire.ErrNotFound)
		alike(t, "stranger", foreign, handshake(randomID()))
	}
}

// names tells whether a request of that route is about some thing.
func names(pattern string) bool {
	_, path := ids{"A", "B", "C", "D"}.fill(pattern)
	_, other := ids{"E", "F", "G", "H"}.fill(pattern)
	body := bodies[pattern]
	return path != other || strings.Contains(body, "MACHINE") || strings.Contains(body, "SESSION") || strings.Contains(body, "VICTIM")
}

func alike(t *testing.T, who string, foreign, unknown reply) {
	t.Helper()
	for _, r := range []reply{foreign, unknown} {
		r.header.Del("Date")
		r.header.Del("X-Request-Id")
	}
	if diff := cmp.Diff(unknown.header, foreign.header); foreign.status != unknown.status || foreign.body != unknown.body || diff != "" {
		t.Errorf("%s can tell what is somebody's from what is nobody's: %d %s and %d %s\n%s",
			who, foreign.status, foreign.body, unknown.status, unknown.body, diff)
	}
}

// TestATokenInTheAddressIsRefused walks every route with a good token in its
// address, where only the terminal takes one.
func TestATokenInTheAddressIsRefused(t *testing.T) {
	m := newMatrixWorld(t)
	for _, r := range m.s.table() {
		method, path := m.ids.fill(r.pattern)
		got := m.do(method, path+"?token="+m.owner.token, m.body(r.pattern, "url", m.ids))
		if r.who == forViewer {
			if got.status != http.StatusServiceUnavailable { // the machine is offline
				t.Errorf("%s: %d %s", r.pattern, got.status, got.body)
			}
			continue
		}
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s takes a token in its address: %d %s", r.pattern, got.status, got.body)
		}
	}
}

// ids are the things that a request can be about.
type ids struct{ machine, session, victim, login string }

// fill makes a request's method and path of a route's pattern.
func (x ids) fill(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	id := x.session
	switch {
	case strings.HasPrefix(path, "/api/admin/"):
		id = x.victim
	case strings.HasPrefix(path, "/api/auth/logins/"):
		id = x.login
	}
	path = strings.NewReplacer("{$}", "", "{agent_id}", x.machine, "{id}", id).Replace(path)
	return method, strings.NewReplacer("{", "", "}", "").Replace(path)
}

// matrixWorld is a server with somebody for each column.
type matrixWorld struct {
	*world
	admin, owner, stranger, disabled, loggedOut, expired account
	box                                                  *box
	ids                                                  ids
	ticket                                               string
}

func newMatrixWorld(t *testing.T) *matrixWorld {
	t.Helper()
	m := &matrixWorld{world: newWorld(t, func(c *Config) { c.Limits.FailuresPerIP = 1000 })}
	m.admin, m.owner = m.account("root"), m.account("ann") // the first account runs the installation
	m.expired = m.owner
	m.pass(24*time.Hour + tokenLeeway + time.Second)
	m.stranger, m.disabled, m.loggedOut = m.account("eve"), m.account("off"), m.signIn(m.owner.email)
	m.admin, m.owner = m.signIn(m.admin.email), m.signIn(m.owner.email)
	m.ids.victim = m.account("victim").id
	disable(t, m.world, m.disabled.email)
	if r := m.do("POST", "/api/auth/logout", nil, bearer(m.loggedOut.token)); r.status != http.StatusOK {
		t.Fatalf("logout: %d %s", r.status, r.body)
	}
	m.box = newBox(m.world)
	m.ids.machine = m.box.enroll(m.owner.apiKey, "box").AgentID
	m.ids.session = m.session()
	m.ids.login = m.loginOf(m.signIn(m.owner.email).token)
	m.ticket = m.newTicket()
	return m
}

// session is a command of the owner's that has been running since a while.
func (m *matrixWorld) session() string {
	m.t.Helper()
	x := store.Session{
		ID: randomID(), Kind: wire.KindShell, Name: "work", AgentID: m.ids.machine, UserID: m.owner.id, Username: "ann",
		MachineName: "box", StartedAt: m.now().Add(-time.Hour), LastActive: m.now(),
	}
	if err := m.s.store.CreateSession(m.t.Context(), &x); err != nil {
		m.t.Fatal(err)
	}
	return x.ID
}

// loginOf is the id of the login that a token belongs to.
func (w *world) loginOf(token string) string {
	w.t.Helper()
	me, err := w.s.identify(w.t.Context(), token, "192.0.2.1")
	if err != nil {
		w.t.Fatal(err)
	}
	return me.Login
}

// newTicket is one of the owner's for a terminal.
func (m *matrixWorld) newTicket() string {
	m.t.Helper()
	me, err := m.s.identify(m.t.Context(), m.owner.token, "192.0.2.1")
	if err != nil {
		m.t.Fatal(err)
	}
	// Not by the route: that gives none for a machine that is offline.
	given := m.s.newViewerTicket()
	err = m.s.keepViewerTicket(m.t.Context(), given, me, wire.AskTicket{AgentID: m.ids.machine, Mode: wire.ModeControl}, "")
	if err != nil {
		m.t.Fatal(err)
	}
	return given.Ticket
}

// ask sends a request of the pattern as somebody, about some things.
func (m *matrixWorld) ask(pattern, who string, about ids) reply {
	m.t.Helper()
	method, path := about.fill(pattern)
	if strings.HasSuffix(path, "/wait") && about == m.ids && who == "owner" {
		if _, err := m.s.store.EndSession(m.t.Context(), m.ids.session, m.now(), nil); err != nil { // else it is waited for
			m.t.Fatal(err)
		}
	}
	var options []string
	if credential := m.credential(who); credential != "" {
		options = append(options, credential)
	}
	return m.do(method, path, m.body(pattern, who, about), options...)
}

func (m *matrixWorld) body(pattern, who string, about ids) any {
	text := bodies[pattern]
	if text == "" {
		return nil
	}
	return strings.NewReplacer("MACHINE", about.machine, "SESSION", about.session, "VICTIM", about.victim,
		"WHO", strings.ReplaceAll(who, " ", "-")).Replace(text)
}

func (m *matrixWorld) credential(who string) string {
	switch who {
	case "nobody", "url":
		return ""
	case "API key":
		return bearer(m.owner.apiKey)
	case "ticket":
		return bearer(m.ticket)
	case "machine":
		m.box.counter++
		return "Authorization: " + m.box.credential(m.box.nonce(), m.box.counter)
	}
	a, ok := map[string]account{
		"admin": m.admin, "owner": m.owner, "stranger": m.stranger,
		"disabled": m.disabled, "logged out": m.loggedOut, "expired": m.expired,
	}[who]
	if !ok {
		panic(fmt.Sprintf("nobody is called %q", who))
	}
	return bearer(a.token)
}

// TestAdminRoutes is for what s.admin makes, whoever uses it.
func TestAdminRoutes(t *testing.T) {
	m := newMatrixWorld(t)
	h := m.s.admin("GET /x", func(w http.ResponseWriter, _ *http.Request, _ caller) error { return m.s.health(w, nil) }).handler
	for who, want := range map[string]int{"nobody": 401, "disabled": 401, "owner": 403, "admin": 200} {
		r := httptest.NewRequest("GET", "/x", nil)
		if _, credential, ok := strings.Cut(m.credential(who), ": "); ok {
			r.Header.Set("Authorization", credential)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", who, w.Code, w.Body)
		}
	}
}
