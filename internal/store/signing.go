package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vsay/internal/wire"
)

// SigningKey is a key of tokens, sealed. One signs; those that did before it
// verify until their last token has ended.
type SigningKey struct {
	ID        string
	Sealed    []byte
	MadeAt    time.Time
	RetiredAt *time.Time // nil: it signs
}

// SigningKeys are all there are, the one that signs first. Where there is none,
// it is fresh.
func (s *Store) SigningKeys(ctx context.Context, fresh SigningKey) ([]SigningKey, error) {
	_, err := s.exec(ctx, `
		INSERT INTO signing_keys (kid, sealed, made_at)
		SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)`, fresh.ID, fresh.Sealed, ms(fresh.MadeAt))
	if err != nil {
		return nil, err
	}
	return s.signingKeys(ctx, s.read)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *Store) signingKeys(ctx context.Context, from querier) ([]SigningKey, error) {
	rows, err := from.QueryContext(ctx, `
		SELECT kid, sealed, made_at, retired_at FROM signing_keys ORDER BY retired_at IS NOT NULL, made_at DESC`)
	return collect(rows, err, func(row scanner) (SigningKey, error) {
		var (
			k       SigningKey
			made    int64
			retired *int64
		)
		err := row.Scan(&k.ID, &k.Sealed, &made, &retired)
		k.MadeAt, k.RetiredAt = fromMS(made), fromNullMS(retired)
		return k, fault(err)
	})
}

// ReplaceSigningKey has next sign from now on; the one before it verifies only.
// With signOut nothing that was signed before counts any more.
func (s *Store) ReplaceSigningKey(ctx context.Context, next SigningKey, signOut bool) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return replaceSigningKey(ctx, tx, next, signOut) })
}

func replaceSigningKey(ctx context.Context, tx *sql.Tx, next SigningKey, signOut bool) error {
	var err error
	if signOut {
		_, err = tx.ExecContext(ctx, "DELETE FROM signing_keys")
	} else {
		_, err = tx.ExecContext(ctx, "UPDATE signing_keys SET retired_at = $1 WHERE retired_at IS NULL", ms(next.MadeAt))
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO signing_keys (kid, sealed, made_at) VALUES ($1, $2, $3)",
		next.ID, next.Sealed, ms(next.MadeAt))
	return err
}

// DropSigningKeys forgets keys that were retired before then.
func (s *Store) DropSigningKeys(ctx context.Context, before time.Time) error {
	_, err := s.exec(ctx, "DELETE FROM signing_keys WHERE retired_at < $1", ms(before))
	return err
}

// Rekeying is how what lies in the file under one master key comes to lie under
// another one.
type Rekeying struct {
	Known, Fresh string // what tells the two keys apart: Meta "key_check"
	User         func(*User) error
	SigningKey   func(*SigningKey) error
	Next         SigningKey // signs from then on
	audit        func(context.Context, *sql.Tx) error
}

func (s *Store) rekey(ctx context.Context, r Rekeying) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		err := one(tx.ExecContext(ctx, "UPDATE meta SET value = $2 WHERE key = 'key_check' AND value = $1", r.Known, r.Fresh))
		if errors.Is(err, wire.ErrNotFound) {
			return errors.New("store: the database is under another master key")
		}
		if err != nil {
			return err
		}
		if err := rekeyUsers(ctx, tx, r.User); err != nil {
			return err
		}
		if err := s.rekeySigningKeys(ctx, tx, r.SigningKey); err != nil {
			return err
		}
		if err := r.audit(ctx, tx); err != nil {
			return err
		}
		return replaceSigningKey(ctx, tx, r.Next, false)
	})
}

func rekeyUsers(ctx context.Context, tx *sql.Tx, rewrap func(*User) error) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+userColumns+" FROM users u")
	users, err := collect(rows, err, scanUser)
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := rewrap(&u); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE users SET key_id = $2, key_gen = $3, key_mac = $4, key_sealed = $5 WHERE id = $1",
			u.ID, u.KeyID, u.KeyGen, u.KeyMAC, u.KeySealed)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) rekeySigningKeys(ctx context.Context, tx *sql.Tx, reseal func(*SigningKey) error) error {
	keys, err := s.signingKeys(ctx, tx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := reseal(&k); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE signing_keys SET sealed = $2 WHERE kid = $1", k.ID, k.Sealed); err != nil {
			return err
		}
	}
	return nil
}
