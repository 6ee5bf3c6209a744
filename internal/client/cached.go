package client

import (
	"context"
	"errors"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// poll is how often a process looks whether another one has refreshed.
const poll = 25 * time.Millisecond

// Cached is the token of an account in the cache, which many processes share.
// Of those that want to refresh it at one time one does; the others take what
// it got.
type Cached struct {
	api   *Client
	cache *store.Cache
	host  string
	user  string
}

// CachedToken makes a source of the token of one account of the server of api.
func CachedToken(api *Client, cache *store.Cache, a store.Account) *Cached {
	return &Cached{api, cache, a.Host, a.UserID}
}

// Token is the cached token, refreshed when less than half its life is left.
func (c *Cached) Token(ctx context.Context) (string, error) { return c.AtLeast(ctx, 0) }

// AtLeast is Tokens.AtLeast.
func (c *Cached) AtLeast(ctx context.Context, minTTL time.Duration) (string, error) {
	token, err := c.Peek(ctx)
	if err != nil {
		return "", err
	}
	claims, err := ReadToken(token)
	if err != nil {
		return "", err
	}
	now := time.Now()
	if claims.enough(now, minTTL) {
		return token, nil
	}
	good := claims.lasts(now, minTTL)
	fresh, err := c.replace(ctx, token, claims.patience(now, minTTL), !good)
	switch {
	case err == nil:
		return fresh, freshLasts(fresh, minTTL)
	case good:
		return token, nil // a refresh that failed is no failure yet
	case claims.Left(now) <= 0 && !signedOut(err):
		return "", wire.ErrUnauthed.With("the token ended at %s: run vsay login", claims.Expires.Format(time.RFC3339))
	}
	return "", err
}

// signedOut tells whether err already says that a login is over.
func signedOut(err error) bool { return wire.AsError(err).Exit == wire.ExitSignedOut }

// Refresh is Tokens.Refresh.
func (c *Cached) Refresh(ctx context.Context) (string, error) {
	token, err := c.Peek(ctx)
	if err != nil {
		return "", err
	}
	return c.replace(ctx, token, needed, true)
}

// Peek is Tokens.Peek.
func (c *Cached) Peek(ctx context.Context) (string, error) {
	a, err := c.cache.Account(ctx, c.host, c.user)
	return a.Token, err
}

// Renew replaces a refused token, unless another process already did.
func (c *Cached) Renew(ctx context.Context, refused string) (string, error) {
	return c.replace(ctx, refused, needed, true)
}

// errBusy says that another process refreshes right now.
var errBusy = errors.New("another vsay refreshes this token")

// replace exchanges old, or gives what another process exchanged it for. While
// another one is at it, it waits if told to, for the time it has.
func (c *Cached) replace(ctx context.Context, old string, patience time.Duration, wait bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		now, err := c.Peek(ctx)
		if err != nil || now != old {
			return now, err
		}
		mine, err := c.cache.Claim(ctx, c.host, c.user, old, time.Now().Add(needed))
		if err != nil {
			return "", err
		}
		if mine {
			return c.exchange(ctx, old)
		}
		if !wait {
			return "", errBusy
		}
		select {
		case <-ctx.Done():
			return "", wire.ErrUnavailable.With("another vsay has been refreshing this token for %s: try again", patience)
		case <-time.After(poll):
		}
	}
}

// exchange asks the server for a fresh token and puts it where the old one was.
// The claim ends either way.
func (c *Cached) exchange(ctx context.Context, old string) (string, error) {
	fresh, err := c.api.Refresh(ctx, old)
	var claims Claims
	if err == nil {
		claims, err = ReadToken(fresh)
	}
	ctx = context.WithoutCancel(ctx) // what the server has done is written down
	if err != nil {
		return "", errors.Join(err, c.cache.Unclaim(ctx, c.host, c.user, old))
	}
	return fresh, c.cache.Renew(ctx, store.Account{
		Host: c.host, UserID: c.user, Login: claims.Login,
		Token: fresh, Issued: claims.Issued, Expires: claims.Expires,
	})
}
