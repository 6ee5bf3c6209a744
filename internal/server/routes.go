package server

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// caller is who asks, on a route for those who are signed in.
type caller struct {
	User     store.User
	Login    string // its id
	AuthTime time.Time
	Expires  time.Time // of the token
	cookie   time.Time // when the page's cookie was made; zero: a token or ticket said who asks
	IP       string
	only     bounds // of a ticket
	Request  string // its id
	TokenID  string
}

// handler answers, or says why not.
type handler func(w http.ResponseWriter, r *http.Request) error

// signedInHandler is a handler that was told who asks.
type signedInHandler func(w http.ResponseWriter, r *http.Request, me caller) error

// access is who may use a route at all; what is whose is for its handler.
type access string

const (
	forAll    access = "all"    // nobody has to say who he is
	forUsers  access = "users"  // with a token in the Authorization header, or a page's cookie
	forAdmins access = "admins" // users who run this installation
	forViewer access = "viewer" // users too; the token may be in the address
	forAgents access = "agents" // machines and holders, with credentials of their own
	forPages  access = "pages"  // the web terminal, which is no part of the API: nobody has to say who he is
)

// route is one address of the server, as http.ServeMux spells it.
type route struct {
	pattern string
	who     access
	handler http.Handler
}

// table is every address of the server.
func (s *Server) table() []route {
	return []route{
		s.page("GET /{$}"),
		s.page("GET /login"),
		s.page("GET /signup"),
		s.page("GET /invite"), // the code is in the fragment, which no browser sends
		s.page("GET /machines/{agent_id}"),
		s.page("GET /terminal"),
		s.page("GET /terminal/{agent_id}"),
		s.page("GET /audit"),
		s.page("GET /account"),
		s.page("GET /add"),
		s.page("GET /admin/users"),
		s.page("GET /admin/invites"),
		s.file("GET /assets/{name...}"),
		s.file("GET /{name}"),

		s.open("GET /health", s.health),
		s.open("GET /ready", s.readiness),

		s.open("GET /api/server", s.serverInfo),
		s.open("POST /api/signup", s.signup),
		s.open("POST /api/login", s.login),
		s.open("POST /api/auth/cookie", s.cookieLogin),
		s.signedIn("POST /api/auth/refresh", s.refresh),
		s.signedIn("POST /api/auth/logout", s.logout),

		s.signedIn("GET /api/auth/logins", s.listLogins),
		s.signedIn("DELETE /api/auth/logins/{id}", s.deleteLogin),

		s.signedIn("GET /api/me", s.me),
		s.signedIn("GET /api/profile", s.profile),
		s.signedIn("POST /api/profile/regenerate-api-key", s.regenerateKey),
		s.signedIn("POST /api/profile/reset-password", s.resetPassword),

		s.signedIn("GET /api/machines", s.listMachines),
		s.signedIn("GET /api/machines/{agent_id}", s.oneMachine),
		s.signedIn("PATCH /api/machines/{agent_id}", s.changeMachine),
		s.signedIn("DELETE /api/machines/{agent_id}", s.deleteMachine),
		s.signedIn("POST /api/machines/{agent_id}/approve", s.approveMachine),
		s.signedIn("POST /api/machines/{agent_id}/command", s.runCommand),
		s.signedIn("GET /api/machines/{agent_id}/logs", s.listLogs),
		s.signedIn("GET /api/dashboard/stats", s.stats),

		s.admin("GET /api/admin/users", s.listUsers),
		s.admin("DELETE /api/admin/users/{id}", s.onUser("user deleted", "User deleted", s.deleteUser)),
		s.admin("POST /api/admin/users/{id}/disable", s.onUser("user disabled", "User disabled", s.disableUser)),
		s.admin("POST /api/admin/users/{id}/enable", s.onUser("user enabled", "User enabled", s.enableUser)),
		s.admin("POST /api/admin/users/{id}/revoke-all", s.onUser("logins revoked", "All logins ended", s.revokeUser)),
		s.admin("POST /api/admin/users/{id}/promote", s.onUser("user promoted", "User is an administrator", s.promoteUser)),
		s.admin("POST /api/admin/users/{id}/demote", s.onUser("user demoted", "User is no administrator", s.demoteUser)),
		s.admin("POST /api/admin/users/{id}/reset-password", s.replacePassword),
		s.admin("POST /api/admin/rotate-keys", s.rotateKeys),
		s.admin("GET /api/admin/invites", s.listInvites),
		s.admin("POST /api/admin/invites", s.createInvite),
		s.admin("DELETE /api/admin/invites/{id}", s.deleteInvite),

		s.viewer("GET /api/terminal/{agent_id}/ws", s.terminal),
		s.signedIn("POST /api/terminal/tickets", s.giveTicket),
		s.signedIn("GET /api/terminal/sessions", s.listSessions),
		s.signedIn("GET /api/terminal/sessions/{id}/wait", s.waitSession),
		s.signedIn("PATCH /api/terminal/sessions/{id}", s.renameSession),
		s.signedIn("DELETE /api/terminal/sessions/{id}", s.endSession),

		s.signedIn("GET /api/audit", s.listAudit),
		s.admin("GET /api/audit/verify", s.verifyAudit),

		s.agent("POST /api/agent/enroll", s.enroll),
		s.agent("POST /api/agent/challenge", s.challenge),
		s.agent("GET /api/agent/ws", s.controlLink),
		s.agent("GET /api/hold/ws", s.sessionLink),
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.table() {
		mux.Handle(r.pattern, s.counted(r.pattern, r.handler))
	}
	return s.guard(s.known(mux))
}

// open is a route that asks for no token, and takes none in its address.
func (s *Server) open(pattern string, h handler) route {
	return route{pattern, forAll, s.tokenless(h)}
}

// agent is a route of machines, which prove in the handler who they are.
func (s *Server) agent(pattern string, h handler) route {
	return route{pattern, forAgents, s.tokenless(h)}
}

// viewer is the route that takes a token in its address: the handler looks for it.
func (s *Server) viewer(pattern string, h handler) route {
	return route{pattern, forViewer, s.try(h)}
}

// signedIn is a route for those who have a token, in the Authorization header, or the
// cookie of a page.
func (s *Server) signedIn(pattern string, h signedInHandler) route {
	return route{pattern, forUsers, s.try(func(w http.ResponseWriter, r *http.Request) error {
		me, err := s.authenticate(r, false)
		if err != nil {
			return err
		}
		s.visited(r, me)
		return h(w, r, s.keepCookie(w, r, me))
	})}
}

// admin is a route for those who run this installation.
func (s *Server) admin(pattern string, h signedInHandler) route {
	r := s.signedIn(pattern, func(w http.ResponseWriter, r *http.Request, me caller) error {
		if !me.User.Admin {
			s.auditAs(me, "access denied", "route", pattern)
			return wire.ErrForbidden.With("only an administrator of this server may do that")
		}
		return h(w, r, me)
	})
	r.who = forAdmins
	return r
}

func (s *Server) tokenless(h handler) http.Handler {
	return s.try(func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("token") {
			return errTokenInURL
		}
		return h(w, r)
	})
}

// try is any route: fail is the only place that writes or logs a failure.
func (s *Server) try(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// known passes on what the mux has a route for. To anything else the mux would
// answer as text, or with a redirect.
func (s *Server) known(mux *http.ServeMux) http.Handler {
	return s.try(func(w http.ResponseWriter, r *http.Request) error {
		if strings.ContainsRune(r.URL.Path, 0) {
			return wire.ErrBadRequest.With("that address makes no sense")
		}
		if at := r.URL.EscapedPath(); path.Clean("/"+at) != at || path.Clean("/"+r.URL.Path) != r.URL.Path {
			return s.astray(w, r)
		}
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return nil
		}
		if r.URL.Query().Has("token") {
			return errTokenInURL
		}
		if err := missing(w, mux, r); !errors.Is(err, wire.ErrNotFound) {
			return err
		}
		return s.astray(w, r)
	})
}

// missing tells a wrong method from a wrong address, as the mux does.
func missing(w http.ResponseWriter, mux *http.ServeMux, r *http.Request) error {
	h, _ := mux.Handler(r)
	said := &muted{header: http.Header{}}
	h.ServeHTTP(said, r)
	if said.status != http.StatusMethodNotAllowed {
		return wire.ErrNotFound
	}
	w.Header().Set("Allow", said.header.Get("Allow"))
	return wire.ErrMethod
}

// muted hears an answer that nobody is to see.
type muted struct {
	header http.Header
	status int
}

func (m *muted) Header() http.Header         { return m.header }
func (m *muted) Write(b []byte) (int, error) { return len(b), nil }
func (m *muted) WriteHeader(status int)      { m.status = status }

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, status{"ok"})
}

func (s *Server) readiness(w http.ResponseWriter, r *http.Request) error {
	if !s.ready.Load() {
		return wire.ErrUnavailable
	}
	if err := s.store.Ping(r.Context()); err != nil {
		return err
	}
	return answer(w, http.StatusOK, status{"ok"})
}

// status is the body of /health and /ready.
type status struct {
	Status string `json:"status"`
}
