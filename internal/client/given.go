package client

import (
	"context"
	"sync"
	"time"

	"vsay/internal/wire"
)

// Given is a token that came from outside, in VSAY_TOKEN. What it is exchanged
// for lives as long as the process: nothing is read from or written to a disk.
type Given struct {
	api   *Client
	mu    sync.Mutex // held while the server is asked, so that it is asked once
	token string
}

// GivenToken makes a source of a token for the server of api.
func GivenToken(api *Client, token string) *Given { return &Given{api: api, token: token} }

// Token is the token, refreshed when less than half its life is left.
func (g *Given) Token(ctx context.Context) (string, error) { return g.AtLeast(ctx, 0) }

// AtLeast is Tokens.AtLeast.
func (g *Given) AtLeast(ctx context.Context, minTTL time.Duration) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	claims, err := ReadToken(g.token)
	if err != nil {
		return "", err
	}
	now := time.Now()
	if claims.enough(now, minTTL) {
		return g.token, nil
	}
	old := g.token
	if err := g.exchange(ctx, claims.patience(now, minTTL)); err != nil {
		if claims.lasts(now, minTTL) {
			return old, nil
		}
		if claims.Left(now) <= 0 {
			return "", wire.ErrUnauthed.With("the token in VSAY_TOKEN ended at %s: set a fresh one", claims.Expires.Format(time.RFC3339))
		}
		return "", err
	}
	return g.token, freshLasts(g.token, minTTL)
}

// Refresh is Tokens.Refresh.
func (g *Given) Refresh(ctx context.Context) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.exchange(ctx, needed); err != nil {
		return "", err
	}
	return g.token, nil
}

// Peek is Tokens.Peek.
func (g *Given) Peek(context.Context) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.token, nil
}

// Renew replaces a refused token, unless that was done meanwhile.
func (g *Given) Renew(ctx context.Context, refused string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token == refused {
		if err := g.exchange(ctx, needed); err != nil {
			return "", err
		}
	}
	return g.token, nil
}

func (g *Given) exchange(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fresh, err := g.api.Refresh(ctx, g.token)
	if err != nil {
		return err
	}
	g.token = fresh
	return nil
}
