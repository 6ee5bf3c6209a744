package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"vsay/internal/wire"
)

// How long a refresh may take: less when the token in hand would do, since a
// server out of reach must not slow down who did not need it.
const (
	needed = 15 * time.Second
	wanted = 3 * time.Second
)

// Tokens is a TokenSource with what the token commands need besides.
type Tokens interface {
	TokenSource

	// AtLeast gives a token good for minTTL more, refreshed where that takes it.
	// The error is an ErrUnauthed when even a fresh one ends sooner.
	AtLeast(ctx context.Context, minTTL time.Duration) (string, error)

	// Refresh exchanges the token whatever is left of it.
	Refresh(ctx context.Context) (string, error)

	// Peek is the token as it is, without the server being asked.
	Peek(ctx context.Context) (string, error)
}

// Claims is what a client reads in its own token, unverified: only the server
// can verify it, and only the server has to.
type Claims struct {
	User    string // its id
	Login   string // the login it belongs to; the same after a refresh
	Issued  time.Time
	Expires time.Time
}

// ReadToken reads a token's claims. The error says that it is no token.
func ReadToken(token string) (Claims, error) {
	bad := wire.ErrUnauthed.With("that is no vsay token: run vsay login, or check VSAY_TOKEN")
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsFunc(token, noTokens) {
		return Claims{}, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return Claims{}, bad
	}
	var c struct {
		Sub string  `json:"sub"`
		Sid string  `json:"sid"`
		Iat float64 `json:"iat"`
		Exp float64 `json:"exp"`
	}
	if err := json.Unmarshal(b, &c); err != nil || c.Exp <= 0 || c.Exp < c.Iat {
		return Claims{}, bad
	}
	return Claims{c.Sub, c.Sid, time.Unix(int64(c.Iat), 0).UTC(), time.Unix(int64(c.Exp), 0).UTC()}, nil
}

// noTokens holds for what no token consists of. A server that puts a line break into one
// would have it in the cache, in headers and in what scripts take from stdout.
func noTokens(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// Left is how long the token is still good for; negative once it has ended.
func (c Claims) Left(now time.Time) time.Duration { return c.Expires.Sub(now) }

// lasts tells whether the token is good now and for minTTL more.
func (c Claims) lasts(now time.Time, minTTL time.Duration) bool {
	return c.Left(now) > 0 && c.Left(now) >= minTTL
}

// enough tells whether the token needs no refresh yet: it lasts, and half its
// life is left.
func (c Claims) enough(now time.Time, minTTL time.Duration) bool {
	return c.lasts(now, minTTL) && c.Left(now) >= c.Expires.Sub(c.Issued)/2
}

// patience is how long a refresh may take.
func (c Claims) patience(now time.Time, minTTL time.Duration) time.Duration {
	if c.lasts(now, minTTL) {
		return wanted
	}
	return needed
}

// freshLasts is nil when a token that was issued just now is good for minTTL.
// It goes by the token's own two times, so that a wrong clock here does no harm.
func freshLasts(token string, minTTL time.Duration) error {
	c, err := ReadToken(token)
	if err != nil {
		return err
	}
	if c.Expires.Sub(c.Issued) < minTTL {
		return wire.ErrUnauthed.With("even a fresh token ends at %s, sooner than in %s: run vsay login", c.Expires.Format(time.RFC3339), minTTL)
	}
	return nil
}

// Fixed is a token as it is: nobody refreshes it.
type Fixed string

// Token is the token.
func (f Fixed) Token(context.Context) (string, error) { return string(f), nil }
