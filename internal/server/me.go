package server

import (
	"net/http"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// shownAccount is a user as a page gets to see it. The API key is not in it: a page
// asks for that when somebody wants to see it.
func shownAccount(u store.User) wire.Account {
	return wire.Account{ID: u.ID, Username: u.Username, Email: u.Email, Admin: u.Admin}
}

// me tells a page who is signed in.
func (s *Server) me(w http.ResponseWriter, _ *http.Request, me caller) error {
	account := shownAccount(me.User)
	account.CreatedAt = &me.User.CreatedAt
	return answer(w, http.StatusOK, wire.Me{User: account})
}

// serverInfo tells anybody whether they can make an account. There is no version in
// it, which would tell what to try.
func (s *Server) serverInfo(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, wire.ServerInfo{Signup: s.cfg.Signup})
}
