package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"vsay/internal/store"
	"vsay/internal/wire"
)

const (
	tokenLife   = 24 * time.Hour
	tokenLeeway = 30 * time.Second
	tokenMax    = 4 << 10 // bytes; longer ones are not even looked at
	tokenType   = "at+jwt"
	audience    = "vsay-api"
)

var (
	errTokenInURL = wire.ErrUnauthed.With("this address takes no token in it, where others can read it: send it as Authorization: Bearer")
	errBadToken   = wire.ErrUnauthed.With("the token is not valid or has ended: run vsay login")
)

// claims hold ids and times, and no rights: those are looked up.
type claims struct {
	jwt.RegisteredClaims
	Login    string `json:"sid"`
	AuthTime int64  `json:"auth_time"` // seconds, when the password was given
	Epoch    int64  `json:"epoch"`
}

// newToken is a token for a login, until life or the login's cap is over, and its id.
func (s *Server) newToken(u store.User, l store.Login) (token, id string, err error) {
	return s.tokenOf(tokenType, u, l)
}

// tokenEnds is when a token ends that a login gets now.
func (s *Server) tokenEnds(l store.Login) time.Time {
	ends := s.now().Add(tokenLife)
	if last := l.AuthTime.Add(s.cfg.SessionMax); ends.After(last) {
		return last
	}
	return ends
}

// tokenOf is newToken for a token of any type.
func (s *Server) tokenOf(kind string, u store.User, l store.Login) (token, id string, err error) {
	now, ends := s.now(), s.tokenEnds(l)
	s.visits.extend(l.ID, ends)
	id = randomID()
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.issuer, Subject: u.ID, Audience: jwt.ClaimStrings{audience}, ID: id,
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(ends),
		},
		Login: l.ID, AuthTime: l.AuthTime.Unix(), Epoch: u.Epoch,
	})
	key := s.ring.signing()
	t.Header["typ"], t.Header["kid"] = kind, key.id
	token, err = t.SignedString(key.secret)
	return token, id, err
}

// parseToken checks everything that a token of some type says itself.
func (s *Server) parseToken(kind, token string) (claims, error) {
	var c claims
	if len(token) > tokenMax {
		return c, errBadToken
	}
	_, err := jwt.ParseWithClaims(token, &c, s.signingKey(kind),
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(s.issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(tokenLeeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(s.now))
	switch {
	case errors.Is(err, jwt.ErrTokenExpired): // its signature was good
		return c, errors.Join(errBadToken, jwt.ErrTokenExpired)
	case err != nil || c.Login == "" || c.Subject == "":
		return claims{}, errBadToken
	}
	return c, nil
}

func (s *Server) signingKey(kind string) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, ok := s.ring.verifying(kid, s.now())
		if t.Header["typ"] != kind || !ok {
			return nil, errors.New("server: a token of another kind or key")
		}
		return key, nil
	}
}

// authenticate finds out who asks: a token in the Authorization header or, where
// the route allows it, in the address. Two of them are a mistake of somebody. Without
// either the page's cookie counts, which browsers add to all they send.
func (s *Server) authenticate(r *http.Request, allowQueryToken bool) (caller, error) {
	headers, inURL := r.Header.Values("Authorization"), r.URL.Query()["token"]
	switch {
	case len(headers)+len(inURL) > 1:
		return caller{}, wire.ErrBadRequest.With("send one token, not two")
	case len(inURL) == 1 && !allowQueryToken:
		return caller{}, errTokenInURL
	case len(inURL) == 1:
		return s.identify(r.Context(), inURL[0], clientIP(r))
	case len(headers) == 0:
		return s.authenticatePage(r)
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return caller{}, wire.ErrUnauthed
	}
	return s.identify(r.Context(), token, clientIP(r))
}

// identify is authenticate for a token that came another way.
func (s *Server) identify(ctx context.Context, token, ip string) (caller, error) {
	c, err := s.parseToken(tokenType, token)
	if err != nil {
		s.auditToken(ctx, c, ip, err)
		return caller{}, err
	}
	me, err := s.callerOf(ctx, c, ip)
	if err != nil {
		s.auditToken(ctx, c, ip, err)
	}
	return me, err
}

// callerOf is whose token it is, if that login still counts.
func (s *Server) callerOf(ctx context.Context, c claims, ip string) (caller, error) {
	l, u, err := s.liveLogin(ctx, c.Login)
	if err != nil {
		return caller{}, err
	}
	if u.ID != c.Subject || u.Epoch != c.Epoch {
		return caller{}, errBadToken
	}
	return caller{User: u, Login: l.ID, AuthTime: l.AuthTime, Expires: c.ExpiresAt.Time, IP: ip, Request: requestID(ctx), TokenID: c.ID}, nil
}

// liveLogin is a login that still counts, and its user as of now.
func (s *Server) liveLogin(ctx context.Context, id string) (store.Login, store.User, error) {
	e, err := s.logins.get(ctx, id, s.store)
	switch {
	case errors.Is(err, wire.ErrNotFound):
		return store.Login{}, store.User{}, errBadToken
	case err != nil:
		return store.Login{}, store.User{}, err
	case e.login.Revoked || e.user.Disabled:
		return store.Login{}, store.User{}, errBadToken
	}
	return e.login, e.user, nil
}

// stillLive fails when the caller's login ended meanwhile. A link asks again
// after the relay knows of it: a revocation in between found nothing to cut.
func (s *Server) stillLive(ctx context.Context, me caller) error {
	_, u, err := s.liveLogin(ctx, me.Login)
	if err == nil && u.Epoch != me.User.Epoch {
		err = errBadToken
	}
	return err
}
