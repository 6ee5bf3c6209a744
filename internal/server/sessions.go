package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"vsay/internal/relay"
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
	s.look(r.Context(), list.Sessions)
	return answer(w, http.StatusOK, list)
}

func (s *Server) session(x store.Session) wire.Session {
	viewers := s.relay.Viewers(x.ID)
	slices.SortFunc(viewers, func(a, b wire.Viewer) int { return a.Since.Compare(b.Since) })
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

// waitAtMost bounds how long an answer is held back; who still wants to know asks
// again.
const waitAtMost = 10 * time.Second

// waitSession answers with a session when it has ended, or has not for a while.
func (s *Server) waitSession(w http.ResponseWriter, r *http.Request, me caller) error {
	x, err := s.sessionFor(r.Context(), me, r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.EndedAt == nil {
		if err := s.untilEnded(r.Context(), x.ID); err != nil {
			return err
		}
		if err := s.stillLive(r.Context(), me); err != nil {
			return err // signed out while it waited
		}
		if x, err = s.sessionFor(r.Context(), me, x.ID); err != nil {
			return err
		}
	}
	return answer(w, http.StatusOK, wire.OneSession{Session: s.session(x)})
}

// untilEnded waits for the end of a session, for so long.
func (s *Server) untilEnded(ctx context.Context, id string) error {
	over := s.endings.wait(id)
	x, err := s.store.SessionByID(ctx, id)
	if err != nil || x.EndedAt != nil {
		return err // it ended before there was anything to wait on
	}
	ctx, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	select {
	case <-over:
	case <-s.leave: // who still wants to know asks the next server
	case <-ctx.Done():
	}
	return nil
}

// sessionFor is a session that the caller may know of; any other looks like none.
func (s *Server) sessionFor(ctx context.Context, me caller, id string) (store.Session, error) {
	x, err := s.store.SessionByID(ctx, id)
	if err == nil && x.UserID != me.User.ID {
		err = wire.ErrNotFound
	}
	if errors.Is(err, wire.ErrNotFound) {
		s.auditAs(me, "access denied", "session", id, "owner", x.UserID)
		return store.Session{}, err
	}
	return x, err
}

func (s *Server) renameSession(w http.ResponseWriter, r *http.Request, me caller) error {
	body, err := read[wire.RenameSession](w, r)
	if err != nil {
		return err
	}
	x, err := s.sessionFor(r.Context(), me, r.PathValue("id"))
	if err != nil {
		return err
	}
	if body.Name == "" {
		return errSessionName
	}
	if err := checkName(body.Name); err != nil {
		return err
	}
	if err := s.paces.changes.take(me.User.ID, s.now()); err != nil {
		return err
	}
	if err := s.store.RenameSession(r.Context(), x.ID, body.Name); err != nil {
		return err
	}
	s.auditAs(me, "session renamed", "session", x.ID, "machine", x.AgentID, "from", x.Name, "to", body.Name)
	x.Name = body.Name
	return answer(w, http.StatusOK, wire.OneSession{Session: s.session(x)})
}

// endWithin is how long the end of a session is waited for: SIGHUP, five
// seconds of grace, SIGKILL.
const endWithin = 10 * time.Second

// endSession ends a session and its whole process tree, and answers when it is over.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request, me caller) error {
	x, err := s.sessionFor(r.Context(), me, r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.EndedAt != nil {
		return wire.ErrGone
	}
	s.auditAs(me, "session killed", "session", x.ID, "machine", x.AgentID, "name", x.Name)
	over := s.endings.wait(x.ID)
	ctx, cancel := context.WithTimeout(r.Context(), endWithin)
	defer cancel()
	byItself, err := s.tellToEnd(ctx, x)
	switch {
	case errors.Is(err, wire.ErrOffline):
		return s.endLater(ctx, x)
	case errors.Is(err, wire.ErrGone):
		_ = s.lost(ctx, x, false, wire.ErrGone)
		s.cutOff(x)
	case err != nil:
		return err
	}
	select {
	case <-over:
	case <-s.leave:
		return wire.ErrUnavailable.With("the session was told to end, and the server is leaving: vsay sessions shows whether it has")
	case <-ctx.Done():
		if byItself {
			return s.endLater(ctx, x)
		}
		return wire.ErrUnavailable.With("the session was told to end, and has not ended yet")
	}
	return answer(w, http.StatusOK, wire.Signed{Message: "Session ended"})
}

// tellToEnd has a session end: by its agent, or where that is away by itself, over its
// own link.
func (s *Server) tellToEnd(ctx context.Context, x store.Session) (byItself bool, err error) {
	err = s.relay.Ask(ctx, x.AgentID, wire.KindEnd, wire.End{Session: x.ID})
	if errors.Is(err, wire.ErrOffline) && s.relay.End(ctx, x.ID) == nil {
		return true, nil
	}
	return false, err
}

// hungUp is the exit code of a session that was ended while its machine was away:
// that of the SIGHUP which it gets when the machine is back.
const hungUp = 128 + 1

// endLater writes down that a session is over which cannot be told so now, and cuts it
// off. Its machine hears of it first thing (see reconcile), or its holder when it dials.
func (s *Server) endLater(ctx context.Context, x store.Session) error {
	if err := s.store.VoidSession(context.WithoutCancel(ctx), x.ID, time.Now(), hungUp); err != nil {
		return err
	}
	s.cutOff(x)
	s.over(x)
	return wire.ErrOffline.With("%s is offline: the session ends as soon as it is back", x.MachineName)
}

// cutOff has nothing of a session pass any more. If its holder is there it hears why,
// and ends it.
func (s *Server) cutOff(x store.Session) {
	s.relay.Cut(wire.ErrGone, func(who relay.Who) bool { return who.Session == x.ID })
}
