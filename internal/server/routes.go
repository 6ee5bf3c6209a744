package server

import (
	"io"
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
	IP       string
}

// handler answers, or says why not.
type handler func(w http.ResponseWriter, r *http.Request) error

// signedInHandler is a handler that was told who asks.
type signedInHandler func(w http.ResponseWriter, r *http.Request, me caller) error

// route is one address of the server, as http.ServeMux spells it.
type route struct {
	pattern string
	handler http.Handler
}

// table is every address of the server.
func (s *Server) table() []route {
	return []route{
		{"GET /{$}", s.open(s.index)},
		{"GET /health", s.open(s.health)},
		{"GET /ready", s.open(s.readiness)},

		{"POST /api/signup", s.open(s.signup)},
		{"POST /api/login", s.open(s.login)},
		{"POST /api/auth/refresh", s.signedIn(s.refresh)},
		{"POST /api/auth/logout", s.signedIn(s.logout)},

		{"GET /api/profile", s.signedIn(s.profile)},
		{"POST /api/profile/regenerate-api-key", s.signedIn(s.regenerateKey)},
		{"POST /api/profile/reset-password", s.signedIn(s.resetPassword)},

		{"GET /api/machines", s.signedIn(s.listMachines)},
		{"GET /api/machines/{agent_id}", s.signedIn(s.oneMachine)},
		{"DELETE /api/machines/{agent_id}", s.signedIn(s.deleteMachine)},
		{"POST /api/machines/{agent_id}/command", s.signedIn(s.runCommand)},
		{"GET /api/machines/{agent_id}/logs", s.signedIn(s.listLogs)},
		{"GET /api/dashboard/stats", s.signedIn(s.stats)},

		{"GET /api/terminal/{agent_id}/ws", s.try(s.terminal)}, // its token may be in the address
		{"GET /api/terminal/sessions", s.signedIn(s.listSessions)},
		{"GET /api/terminal/sessions/{id}/wait", s.signedIn(s.waitSession)},
		{"PATCH /api/terminal/sessions/{id}", s.signedIn(s.renameSession)},
		{"DELETE /api/terminal/sessions/{id}", s.signedIn(s.endSession)},

		{"POST /api/agent/enroll", s.open(s.enroll)},
		{"POST /api/agent/challenge", s.open(s.challenge)},
		{"GET /api/agent/ws", s.open(s.controlLink)},
		{"GET /api/hold/ws", s.open(s.sessionLink)},
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.table() {
		mux.Handle(r.pattern, r.handler)
	}
	return s.guard(s.known(mux))
}

// open is a route that asks for no token, and takes none in its address.
func (s *Server) open(h handler) http.Handler {
	return s.try(func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("token") {
			return errTokenInURL
		}
		return h(w, r)
	})
}

// signedIn is a route for those who have a token, in the Authorization header.
func (s *Server) signedIn(h signedInHandler) http.Handler {
	return s.try(func(w http.ResponseWriter, r *http.Request) error {
		me, err := s.authenticate(r, false)
		if err != nil {
			return err
		}
		return h(w, r, me)
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
			return wire.ErrNotFound
		}
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return nil
		}
		if r.URL.Query().Has("token") {
			return errTokenInURL
		}
		return missing(w, mux, r)
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

func (s *Server) index(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, "vsay is here. The web terminal comes later; until then use the vsay command.\n")
	return ignoreLost(err)
}

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
