package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// A page keeps its login in a cookie that no script can read. What is in it is a token
// of a type of its own: it is good for nothing but a cookie, and a token for no cookie.
const cookieType = "cookie+jwt"

const (
	hostCookie  = "__Host-vsay" // over https: the browser makes sure that this very host set it, for itself
	plainCookie = "vsay"
)

var (
	errSignedOut  = wire.ErrUnauthed.With("you are signed out here: sign in again")
	errTwoCookies = wire.ErrUnauthed.With("this browser has two cookies for this server, of which somebody else set one: remove the cookies of this site, and serve it by https, where nobody can")
	errTooOld     = wire.ErrReauth.With("you signed in too long ago: sign in again")
	errNoOwnPage  = wire.ErrForbidden.With("a cookie is good for this server's own pages alone: send a token instead")
)

// secure tells whether the page that asks has come over https.
func (s *Server) secure(r *http.Request) bool { return overTLS(r) || s.ownOrigin(r).Scheme == "https" }

func (s *Server) cookieName(r *http.Request) string {
	if s.secure(r) {
		return hostCookie
	}
	return plainCookie
}

// cookieLogin signs a page in: as login does, but what it gives is for the browser
// alone to keep.
func (s *Server) cookieLogin(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" { // a page asks, which could sign its visitors in as somebody else
		if err := s.onlyOwnPage(r); err != nil {
			return err
		}
	}
	u, l, err := s.signIn(w, r)
	if err != nil {
		return err
	}
	if _, err := s.giveCookie(w, r, u, l); err != nil {
		return err
	}
	return answer(w, http.StatusOK, wire.Me{User: shownAccount(u)})
}

// giveCookie has the browser keep a fresh token of a login until that ends.
func (s *Server) giveCookie(w http.ResponseWriter, r *http.Request, u store.User, l store.Login) (ends time.Time, err error) {
	token, _, err := s.tokenOf(cookieType, u, l)
	if err != nil {
		return ends, err
	}
	ends = s.tokenEnds(l)
	s.setCookie(w, r, token, int(ends.Sub(s.now()).Seconds()))
	return ends, nil
}

// dropCookie has the browser forget. It is for whoever signs out, not for a cookie that
// is refused: the next one may have been set by the time that the refusal is read.
func (s *Server) dropCookie(w http.ResponseWriter, r *http.Request, me caller) {
	if me.byCookie() {
		s.setCookie(w, r, "", -1)
	}
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	c := http.Cookie{ //nolint:gosec // not Secure over plain http alone, where a browser would not keep it
		Name: s.cookieName(r), Value: value, Path: "/", MaxAge: maxAge, // seconds
		HttpOnly: true, Secure: s.secure(r), SameSite: http.SameSiteStrictMode,
	}
	w.Header().Set("Set-Cookie", c.String()) // one answer, one cookie: the last word counts
}

// byCookie tells whether it was a page's cookie that said who asks.
func (me caller) byCookie() bool { return !me.cookie.IsZero() }

// authenticatePage finds out who asks by the cookie, which a browser sends along
// whoever made it ask. So the request has to come from a page of ours.
func (s *Server) authenticatePage(r *http.Request) (caller, error) {
	found := r.CookiesNamed(s.cookieName(r))
	switch len(found) {
	case 0:
		return caller{}, wire.ErrUnauthed
	case 1:
	default: // somebody else who may set cookies for this host planted one
		return caller{}, errTwoCookies
	}
	if err := s.onlyOwnPage(r); err != nil {
		return caller{}, err
	}
	return s.identifyPage(r.Context(), found[0].Value, clientIP(r))
}

// onlyOwnPage refuses a request that another page than one of ours may have made.
func (s *Server) onlyOwnPage(r *http.Request) error {
	if s.fromOwnPage(r) {
		return nil
	}
	s.audit(r, "origin refused", "origin", r.Header.Get("Origin"))
	return errNoOwnPage
}

// fromOwnPage goes by what browsers say of a request and no script can change. Where a
// page would have to say it, to change something or to open a terminal, it must.
func (s *Server) fromOwnPage(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case reads && r.Header.Get("Upgrade") != "":
		return origin != "" && s.checkOrigin(r) == nil
	case reads:
		return site == "" || site == "same-origin" || site == "none"
	case site != "":
		return site == "same-origin"
	}
	return origin != "" && s.isOwnOrigin(r)
}

// identifyPage is identify for what is in a cookie.
func (s *Server) identifyPage(ctx context.Context, token, ip string) (caller, error) {
	c, err := s.parseToken(cookieType, token)
	var me caller
	if err == nil {
		me, err = s.callerOf(ctx, c, ip)
	}
	if err != nil {
		s.auditToken(ctx, c, ip, err)
	}
	valid := err == nil || errors.Is(err, jwt.ErrTokenExpired)
	switch {
	case valid && !s.now().Before(time.Unix(c.AuthTime, 0).Add(s.cfg.SessionMax)):
		return caller{}, errTooOld
	case errors.Is(err, wire.ErrUnauthed):
		return caller{}, errSignedOut
	}
	if err == nil {
		me.cookie = c.IssuedAt.Time
	}
	return me, err
}

// keepCookie gives a page a fresh cookie, with whatever is answered, when less than
// half the life of its own is left. It returns the caller with the end that then counts.
func (s *Server) keepCookie(w http.ResponseWriter, r *http.Request, me caller) caller {
	if !me.byCookie() || 2*me.Expires.Sub(s.now()) >= me.Expires.Sub(me.cookie) {
		return me
	}
	l, err := s.logins.get(r.Context(), me.Login, s.store)
	atCap := err == nil && s.tokenEnds(l.login).Sub(me.Expires) < time.Second
	if err != nil || atCap || !l.refreshes.AllowN(s.now(), 1) {
		return me // the old one will do for now
	}
	if me.Expires, err = s.giveCookie(w, r, l.user, l.login); err != nil {
		s.log.Error("a cookie was not renewed", "request", me.Request, "err", err)
		return me
	}
	me.cookie = s.now()
	s.auditAs(me, "refresh")
	return me
}

// listens is how long an answer may go on that has no end of its own: as long as what
// its asker came by. A page that only listens would keep its cookie until that ends; so it
// has to ask again once that can be renewed.
func (s *Server) listens(me caller) time.Duration {
	left := me.Expires.Sub(s.now())
	if renewable := left - me.Expires.Sub(me.cookie)/2; me.byCookie() && renewable > 0 {
		return renewable + time.Second // so that it is
	}
	return left
}
