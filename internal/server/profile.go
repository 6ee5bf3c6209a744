package server

import (
	"context"
	"errors"
	"net/http"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

func (s *Server) profile(w http.ResponseWriter, _ *http.Request, me caller) error {
	user, err := s.withKey(me.User)
	if err != nil {
		return err
	}
	user.CreatedAt = &me.User.CreatedAt
	s.auditAs(me, "api key shown")
	return answer(w, http.StatusOK, wire.Signed{User: user})
}

// regenerateKey replaces the API key. Machines that enrolled with the old one
// are shut out, together with whoever is on them, unless the caller keeps them.
func (s *Server) regenerateKey(w http.ResponseWriter, r *http.Request, me caller) error {
	body, err := readOptional[wire.RegenerateKey](w, r)
	if err != nil {
		return err
	}
	if err := s.paces.changes.take(me.User.ID, s.now()); err != nil {
		return err
	}
	ctx := context.WithoutCancel(r.Context())
	u, err := s.store.UserByID(ctx, me.User.ID)
	if err != nil {
		return err
	}
	machines, err := s.store.MachinesOf(ctx, u.ID)
	if err != nil {
		return err
	}
	key := s.keys.newAPIKey(&u)
	err = s.store.SetAPIKey(ctx, u.ID, u.KeyID, u.KeyGen, u.KeyMAC, u.KeySealed, body.KeepMachines)
	s.logins.dropUser(u.ID)
	if err != nil {
		return err
	}
	if !body.KeepMachines {
		s.cutMachines(machines, u.KeyGen)
	}
	s.auditAs(me, "api key regenerated", "generation", u.KeyGen, "keep_machines", body.KeepMachines)
	return answer(w, http.StatusOK, wire.Signed{Message: "API key regenerated successfully", APIKey: key})
}

var errOldKey = wire.ErrUnauthed.With("this machine was enrolled with an API key that has been replaced: start its agent once with the new one")

// cutMachines ends all links of machines that were enrolled before a generation
// of the API key. Viewers have none: all of those are on old links.
func (s *Server) cutMachines(machines []store.Machine, gen int64) {
	old := make(map[string]bool, len(machines))
	for _, m := range machines {
		old[m.AgentID] = true
	}
	s.relay.Cut(errOldKey, func(who relay.Who) bool { return old[who.AgentID] && who.KeyGen < gen })
}

// resetPassword changes the password and ends every other login of the user.
// The sessions on the machines run on.
func (s *Server) resetPassword(w http.ResponseWriter, r *http.Request, me caller) error {
	body, err := read[wire.ResetPassword](w, r)
	if err != nil {
		return err
	}
	u, err := s.checkCurrent(r, me, body.CurrentPassword)
	if err != nil {
		return err
	}
	hash, err := s.hashNew(r.Context(), body.NewPassword)
	if err != nil {
		return err
	}
	err = s.store.SetPassword(context.WithoutCancel(r.Context()), u.ID, hash, me.Login, u.PasswordGen)
	s.logins.dropUser(me.User.ID)
	if err != nil {
		return err
	}
	s.relay.Cut(errBadToken, func(who relay.Who) bool {
		return who.UserID == me.User.ID && who.Login != "" && who.Login != me.Login
	})
	s.auditAs(me, "password changed")
	return answer(w, http.StatusOK, wire.Signed{Message: "Password changed successfully"})
}

// hashNew is the hash of a password that somebody chose, if it will do.
func (s *Server) hashNew(ctx context.Context, typed string) (hash string, err error) {
	password, err := newPassword(typed)
	if err != nil {
		return "", err
	}
	err = s.passwords.turn(ctx, func() error {
		hash = s.passwords.hash(password)
		return nil
	})
	return hash, err
}

// checkCurrent makes sure that whoever holds the token knows the password too.
func (s *Server) checkCurrent(r *http.Request, me caller, typed string) (store.User, error) {
	wrong := wire.ErrForbidden.With("the current password is missing or wrong")
	current, err := normalPassword(typed)
	if err != nil {
		return store.User{}, wrong
	}
	u, err := s.store.UserByID(r.Context(), me.User.ID)
	if err != nil {
		return u, err
	}
	err = s.checkPassword(r.Context(), u, current, tryOf(u.Email, u, me.IP))
	if errors.Is(err, errWrongPassword) {
		s.auditAs(me, "password change refused")
		return u, wrong
	}
	return u, err
}
