package server

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// listLogins tells where the caller is signed in, what was used last first.
func (s *Server) listLogins(w http.ResponseWriter, r *http.Request, me caller) error {
	all, err := s.store.PresencesOf(r.Context(), me.User.ID, s.now().Add(-tokenLeeway))
	if err != nil {
		return err
	}
	open := s.relay.Logins(me.User.ID)
	list := wire.Logins{Logins: make([]wire.LoginInfo, 0, len(all))}
	for _, p := range all {
		list.Logins = append(list.Logins, s.loginInfo(p, me, open[p.ID]))
	}
	slices.SortStableFunc(list.Logins, func(a, b wire.LoginInfo) int { return b.LastSeen.Compare(a.LastSeen) })
	s.auditAs(me, "logins shown")
	return answer(w, http.StatusOK, list)
}

func (s *Server) loginInfo(p store.Presence, me caller, open bool) wire.LoginInfo {
	last := s.visits.latest(p.Visit)
	if open || p.ID == me.Login {
		last.At = s.now()
	}
	return wire.LoginInfo{
		ID: p.ID, Current: p.ID == me.Login, CreatedAt: p.AuthTime, LastSeen: last.At.UTC().Truncate(time.Millisecond), ExpiresAt: last.Ends.UTC().Truncate(time.Second),
		IPAddress: last.IP, Client: last.Client,
	}
}

// deleteLogin ends one of the caller's logins, as logging out there does. One of
// somebody else is as unknown as one that has ended.
func (s *Server) deleteLogin(w http.ResponseWriter, r *http.Request, me caller) error {
	id := r.PathValue("id")
	if id == me.Login {
		return s.logout(w, r, me)
	}
	l, _, err := s.store.LoginByID(r.Context(), id)
	if err == nil && (l.UserID != me.User.ID || l.Revoked) {
		err = wire.ErrNotFound
	}
	if errors.Is(err, wire.ErrNotFound) {
		s.auditAs(me, "access denied", "to_login", id)
	}
	if err != nil {
		return err
	}
	if err := s.endLogin(r.Context(), id); err != nil {
		return err
	}
	s.auditAs(me, "login ended", "ended", id, "from", l.IP)
	return answer(w, http.StatusOK, wire.Signed{Message: "Signed out there"})
}
