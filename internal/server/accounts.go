package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

func (s *Server) signup(w http.ResponseWriter, r *http.Request) error {
	body, err := read[wire.Signup](w, r)
	if s.cfg.Signup != signupOpen && body.Invite == "" {
		s.audit(r, "signup refused", "why", "signup is "+s.cfg.Signup)
		return s.uninvited()
	}
	if err != nil {
		return err
	}
	if err := checkUsername(body.Username); err != nil {
		return err
	}
	email, err := canonicalEmail(body.Email)
	if err != nil {
		return err
	}
	password, err := newPassword(body.Password)
	if err != nil {
		return err
	}
	u := store.User{ID: randomID(), Username: body.Username, Email: email, CreatedAt: s.now()}
	if err := s.createUser(r, &u, password, body.Invite); err != nil {
		if errors.Is(err, wire.ErrForbidden) {
			s.audit(r, "signup refused", "why", "the invitation")
		}
		return err
	}
	s.audit(r, "signup", "user", u.ID, "username", u.Username)
	return answer(w, http.StatusCreated, wire.Signed{Message: "User registered successfully", User: shown(u)})
}

func (s *Server) createUser(r *http.Request, u *store.User, password, code string) error {
	if err := s.maySignUp(r.Context(), clientIP(r)); err != nil {
		return err
	}
	invite, err := s.mayJoin(r.Context(), code, u.Email)
	if err != nil {
		return err
	}
	err = s.passwords.turn(r.Context(), func() error {
		u.PasswordHash = s.passwords.hash(password)
		return nil
	})
	if err != nil {
		return err
	}
	s.keys.newAPIKey(u)
	return s.join(r.Context(), *u, invite)
}

// shown is a user without the API key.
func shown(u store.User) *wire.User {
	return &wire.User{ID: u.ID, Username: u.Username, Email: u.Email}
}

// withKey is a user with the API key, for the user's own eyes.
func (s *Server) withKey(u store.User) (*wire.User, error) {
	key, err := s.keys.showAPIKey(u)
	w := shown(u)
	w.APIKey = key
	return w, err
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	u, l, err := s.signIn(w, r)
	if err != nil {
		return err
	}
	token, _, err := s.newToken(u, l)
	if err != nil {
		return err
	}
	user, err := s.withKey(u)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wire.Signed{Message: "Login successful", Token: token, User: user})
}

// signIn begins a login of whoever sent an email and the password that belongs to it.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) (u store.User, l store.Login, err error) {
	body, err := read[wire.Login](w, r)
	if err != nil {
		return u, l, err
	}
	if err := s.passwords.room(r.Context()); err != nil {
		return u, l, err
	}
	email, err := canonicalEmail(body.Email)
	if err != nil {
		return u, l, err
	}
	password, err := normalPassword(body.Password)
	if err != nil {
		return u, l, err
	}
	if u, err = s.checkLogin(r, email, password); err != nil {
		return u, l, err
	}
	l = store.Login{ID: randomID(), UserID: u.ID, AuthTime: s.now(), IP: network(clientIP(r))}
	if err := s.store.CreateLogin(r.Context(), l, u.PasswordGen); err != nil {
		return u, l, wrongIfGone(err)
	}
	s.signedInFrom(r, l)
	s.audit(r, "login", "user", u.ID, "username", u.Username, "login", l.ID)
	return u, l, nil
}

var errWrongPassword = wire.ErrUnauthed.With("wrong email or password")

// wrongIfGone is for a password that was changed while it was checked.
func wrongIfGone(err error) error {
	if errors.Is(err, wire.ErrNotFound) {
		return errWrongPassword
	}
	return err
}

// checkLogin finds the user whose password this is. Nobody can tell an unknown
// email, a wrong password and a disabled account apart, not even by the time.
func (s *Server) checkLogin(r *http.Request, email, password string) (store.User, error) {
	u, err := s.store.UserByEmail(r.Context(), email)
	if err != nil && !errors.Is(err, wire.ErrNotFound) {
		return u, err
	}
	err = s.checkPassword(r.Context(), u, password, tryOf(email, u, clientIP(r)))
	s.auditTry(r, u, email, err)
	return u, err
}

// auditTry writes down a password that did not open an account. What was typed for an
// email may be a password in the wrong field: of one that is nobody's, a MAC has to do.
func (s *Server) auditTry(r *http.Request, u store.User, email string, err error) {
	event := "login failed"
	switch {
	case errors.Is(err, wire.ErrSlowDown):
		event = "login throttled"
	case !errors.Is(err, errWrongPassword):
		return
	}
	args := []any{"user", u.ID, "username", u.Username}
	if u.ID == "" {
		args = []any{"email_mac", fmt.Sprintf("%x", mac(s.keys.audit, []byte(email))[:8])}
	}
	s.audit(r, event, args...)
}

// checkPassword is errWrongPassword for any wrong one, counted; u may be nobody.
func (s *Server) checkPassword(ctx context.Context, u store.User, password string, t try) error {
	if err := s.mayTry(ctx, t); err != nil {
		return err
	}
	return s.passwords.turn(ctx, func() error {
		if err := s.mayTry(ctx, t); err != nil { // others were wrong while this one waited
			return err
		}
		hash := u.PasswordHash
		if u.ID == "" {
			hash = s.passwords.decoy
		}
		right := s.passwords.matches(hash, password)
		if !right || u.ID == "" || u.Disabled {
			if err := s.failed(context.WithoutCancel(ctx), t); err != nil {
				return err
			}
			return errWrongPassword
		}
		if s.passwords.outdated(hash) {
			if err := s.store.RehashPassword(ctx, u.ID, s.passwords.hash(password), u.PasswordGen); err != nil {
				return err
			}
		}
		return s.store.ClearFailures(ctx, t.account)
	})
}

// refresh gives a new token of the same login. The old one stays good until its
// own end: two programs may share it.
func (s *Server) refresh(w http.ResponseWriter, r *http.Request, me caller) error {
	if !s.now().Before(me.AuthTime.Add(s.cfg.SessionMax)) {
		return wire.ErrReauth
	}
	e, err := s.logins.get(r.Context(), me.Login, s.store)
	if err != nil {
		return err
	}
	if !e.refreshes.AllowN(s.now(), 1) {
		return wire.ErrSlowDown.With("that token is refreshed too often: keep the new one for a while")
	}
	if err := s.paces.refreshes.take(me.User.ID, s.now()); err != nil {
		return err // over many logins
	}
	if me.byCookie() { // to which all tabs have come at once, and no script may read the new one
		if _, err := s.giveCookie(w, r, e.user, e.login); err != nil {
			return err
		}
		s.auditAs(me, "refresh")
		return answer(w, http.StatusOK, wire.Signed{Message: "Cookie renewed"})
	}
	token, id, err := s.newToken(e.user, e.login)
	if err != nil {
		return err
	}
	if err := s.superseded(r, me, id); err != nil {
		return err
	}
	s.auditAs(me, "refresh")
	return answer(w, http.StatusOK, wire.Signed{Token: token})
}

// logout ends the login: on disk, in memory, on every link, and only then is it
// said to be done.
func (s *Server) logout(w http.ResponseWriter, r *http.Request, me caller) error {
	if err := s.endLogin(r.Context(), me.Login); err != nil {
		return err
	}
	s.auditAs(me, "logout")
	s.dropCookie(w, r, me)
	return answer(w, http.StatusOK, wire.Signed{Message: "Logged out"})
}

func (s *Server) endLogin(ctx context.Context, id string) error {
	err := s.store.RevokeLogin(context.WithoutCancel(ctx), id)
	s.logins.drop(id)
	s.lineages.forget(id)
	if err != nil {
		return err
	}
	s.relay.Cut(errBadToken, func(who relay.Who) bool { return who.Login == id })
	return nil
}
