package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// listSessions answers with the caller's running sessions; with ?all=true, the
// last ended ones as well.
func (s *Server) listSessions(w http.ResponseWriter, r *http.Request, me caller) error {
	all, err := s.store.SessionsOf(r.Context(), me.User.ID, r.URL.Query().Get("all") == "true")
	if err != nil {
		return err
	}
	list := wire.Sessions{Sessions: []wire.Session{}}
	for _, x := range all {
		list.Sessions = append(list.Sessions, s.session(x))
	}
	return answer(w, http.StatusOK, list)
}

func (s *Server) session(x store.Session) wire.Session {
	viewers := s.relay.Viewers(x.ID)
	status := wire.StatusDetached
	switch {
	case x.EndedAt != nil:
		status = wire.StatusClosed
	case len(viewers) > 0:
		status = wire.StatusActive
	}
	return wire.Session{
		SessionID: x.ID, Name: x.Name, Kind: x.Kind, AgentID: x.AgentID, MachineName: x.MachineName,
		UserID: x.UserID, Username: x.Username, Source: x.Source, Status: status,
		StartedAt: x.StartedAt, EndedAt: x.EndedAt, LastActive: x.LastActive,
		Command: x.Command, ExitCode: x.ExitCode, Viewers: viewers,
	}
}

// endWithin is how long the end of a session is waited for: SIGHUP, five
// seconds of grace, SIGKILL.
const endWithin = 10 * time.Second

// endSession ends a session and its whole process tree, and answers when it is over.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request, me caller) error {
	x, err := s.store.SessionByID(r.Context(), r.PathValue("id"))
	if err != nil || x.UserID != me.User.ID {
		return wire.ErrNotFound
	}
	if x.EndedAt != nil {
		return wire.ErrGone
	}
	over := s.endings.wait(x.ID)
	ctx, cancel := context.WithTimeout(r.Context(), endWithin)
	defer cancel()
	err = s.relay.Ask(ctx, x.AgentID, wire.KindEnd, wire.End{Session: x.ID})
	if errors.Is(err, wire.ErrGone) {
		err = nil
		_ = s.lost(ctx, x, false, wire.ErrGone)
	}
	if err != nil {
		return err
	}
	select {
	case <-over:
	case <-ctx.Done():
		return wire.ErrUnavailable.With("the session was told to end, and has not ended yet")
	}
	return answer(w, http.StatusOK, wire.Signed{Message: "Session ended"})
}
