package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	"vsay/internal/store"
)

// keyring is the keys that tokens are signed with: one that signs, and those
// before it for as long as a token of theirs may be good.
type keyring struct {
	mu   sync.RWMutex
	keys []signingKey // the one that signs first
}

type signingKey struct {
	id      string
	secret  []byte
	retired time.Time // zero: it signs
}

// verifyFor is how long a key that was replaced still verifies.
const verifyFor = tokenLife + tokenLeeway

func (r *keyring) signing() signingKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys[0]
}

// verifying finds the key that a token names, if it still counts.
func (r *keyring) verifying(id string, now time.Time) (secret []byte, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if k.id == id && (k.retired.IsZero() || now.Before(k.retired.Add(verifyFor))) {
			return k.secret, true
		}
	}
	return nil, false
}

func (r *keyring) put(keys []signingKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = keys
}

// openRing reads the signing keys. The first one is a child of the master key.
func (s *Server) openRing(ctx context.Context) error {
	first := s.keys.sealSigning(s.keys.kid(), s.keys.jwt, s.now())
	sealed, err := s.store.SigningKeys(ctx, first)
	if err != nil {
		return err
	}
	all := make([]signingKey, len(sealed))
	for i, k := range sealed {
		if all[i], err = s.keys.openSigning(k); err != nil {
			return err
		}
	}
	s.ring.put(all)
	return nil
}

// newSigning is a fresh key to sign with, as it is stored.
func (k keys) newSigning(at time.Time) store.SigningKey {
	return k.sealSigning(randomID()[:16], random(masterLen), at)
}

func (k keys) sealSigning(id string, secret []byte, at time.Time) store.SigningKey {
	return store.SigningKey{ID: id, Sealed: seal(k.ring, secret, []byte(id)), MadeAt: at}
}

func (k keys) openSigning(x store.SigningKey) (signingKey, error) {
	secret, err := unseal(k.ring, x.Sealed, []byte(x.ID))
	if err != nil {
		return signingKey{}, fmt.Errorf("server: the signing key %s cannot be opened: %w", x.ID, err)
	}
	open := signingKey{id: x.ID, secret: secret}
	if x.RetiredAt != nil {
		open.retired = *x.RetiredAt
	}
	return open, nil
}

// rotateSigning has a fresh key sign from now on. Tokens of the one before stay
// good, unless signOut: then every token is dead at once.
func (s *Server) rotateSigning(ctx context.Context, signOut bool) (kid string, err error) {
	next := s.keys.newSigning(s.now())
	if err := s.store.ReplaceSigningKey(ctx, next, signOut); err != nil {
		return "", err
	}
	return next.ID, s.openRing(ctx)
}

// pruneRing forgets keys of which no token can be good any more.
func (s *Server) pruneRing(ctx context.Context) error {
	return s.store.DropSigningKeys(ctx, s.now().Add(-verifyFor))
}
