package server

import (
	"context"
	"net/http"
	"time"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request, _ caller) error {
	people, err := s.store.People(r.Context())
	if err != nil {
		return err
	}
	list := wire.AdminUsers{Users: make([]wire.AdminUser, len(people))}
	for i, p := range people {
		list.Users[i] = wire.AdminUser(p)
	}
	return answer(w, http.StatusOK, list)
}

// onUser is a route that does something to one account, and says that it did.
func (s *Server) onUser(event, done string, do func(context.Context, store.User) error) signedInHandler {
	return func(w http.ResponseWriter, r *http.Request, me caller) error {
		u, err := s.store.UserByID(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		if err := do(context.WithoutCancel(r.Context()), u); err != nil {
			return err
		}
		s.auditAs(me, event, "subject", u.ID, "subject_name", u.Username)
		return answer(w, http.StatusOK, wire.Signed{Message: done})
	}
}

func (s *Server) disableUser(ctx context.Context, u store.User) error {
	return s.expel(ctx, u.ID, func() error { return s.store.Disable(ctx, u.ID, hungUp) })
}

func (s *Server) deleteUser(ctx context.Context, u store.User) error {
	if err := s.expel(ctx, u.ID, func() error { return s.store.DeleteUser(ctx, u.ID, hungUp) }); err != nil {
		return err
	}
	return s.store.ClearFailures(ctx, accountOf(u))
}

func (s *Server) enableUser(ctx context.Context, u store.User) error {
	return s.changed(u.ID, s.store.Enable(ctx, u.ID))
}

func (s *Server) promoteUser(ctx context.Context, u store.User) error {
	return s.changed(u.ID, s.store.SetAdmin(ctx, u.ID, true))
}

func (s *Server) demoteUser(ctx context.Context, u store.User) error {
	return s.changed(u.ID, s.store.SetAdmin(ctx, u.ID, false))
}

// revokeUser signs a user out everywhere. What runs on the machines runs on.
func (s *Server) revokeUser(ctx context.Context, u store.User) error {
	return s.signedOut(u.ID, s.store.RevokeLogins(ctx, u.ID))
}

// changed forgets what was cached of a user who is another now, if err is nil.
func (s *Server) changed(userID string, err error) error {
	s.logins.dropUser(userID)
	return err
}

// signedOut is changed, and cuts whatever the user's logins have open.
func (s *Server) signedOut(userID string, err error) error {
	s.logins.dropUser(userID)
	if err != nil {
		return err
	}
	s.relay.Cut(errBadToken, func(who relay.Who) bool { return who.UserID == userID && who.Login != "" })
	return nil
}

// expel ends all that a user has here, once it is on disk that the user is out:
// first who types, then the shells, while their agents can still be told, and then
// the machines. What is away now is told when it comes (see sessionLive).
func (s *Server) expel(ctx context.Context, userID string, commit func() error) error {
	running, err := s.store.RunningOf(ctx, userID)
	if err != nil {
		return err
	}
	if err := s.signedOut(userID, commit()); err != nil {
		return err
	}
	s.endAll(ctx, running)
	s.relay.Cut(wire.ErrGone, func(who relay.Who) bool { return who.UserID == userID && who.Session != "" })
	s.relay.Cut(errBadMachine, func(who relay.Who) bool { return who.UserID == userID })
	return nil
}

// tempLife is how long a password that an administrator hands on waits for its login.
const tempLife = 72 * time.Hour

// replacePassword gives a user who cannot sign in any more another password: the
// one in the body, or one that is good for a single login.
func (s *Server) replacePassword(w http.ResponseWriter, r *http.Request, me caller) error {
	body, err := readOptional[wire.NewPassword](w, r)
	if err != nil {
		return err
	}
	u, err := s.store.UserByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	done := wire.PasswordReset{Message: "Password replaced"}
	if body.Password == "" {
		body.Password = randomBase62(16)
		ends := s.now().Add(tempLife).UTC()
		done.Password, done.ExpiresAt = body.Password, &ends
	}
	hash, err := s.hashNew(r.Context(), body.Password)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(r.Context())
	if err := s.signedOut(u.ID, s.store.ReplacePassword(ctx, u.ID, hash, done.ExpiresAt, accountOf(u))); err != nil {
		return err
	}
	s.auditAs(me, "password replaced", "subject", u.ID, "subject_name", u.Username)
	return answer(w, http.StatusOK, done)
}
