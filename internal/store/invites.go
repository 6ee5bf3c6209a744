package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vsay/internal/wire"
)

// Invite lets one person make an account, once.
type Invite struct {
	ID        string
	Hash      []byte // of the code
	Email     string // the only one it is good for; empty: any
	CreatedBy string // a username
	CreatedAt time.Time
	ExpiresAt *time.Time // nil: when it is used
	UsedAt    *time.Time
	UsedBy    string // a username; empty too when that account was deleted
}

var errInvite = wire.ErrForbidden.With("that invitation is not good: it was used, has ended, or is for another email; ask for a new one")

// goodInvite holds for an invitation that may be used: $1 its hash, $2 now, $3 the
// email, $4 whether others than the owner may be invited at all.
const goodInvite = `hash = $1 AND used_at IS NULL AND (expires_at IS NULL OR expires_at > $2) AND email IN ('', $3)
	AND (owner OR $4) AND owner <> EXISTS (SELECT 1 FROM users)`

// CreateInvite adds an invitation by a user.
func (s *Store) CreateInvite(ctx context.Context, in Invite, byUser string) error {
	_, err := s.exec(ctx, `
		INSERT INTO invites (id, hash, owner, email, created_by, created_at, expires_at) VALUES ($1, $2, 0, $3, $4, $5, $6)`,
		in.ID, in.Hash, in.Email, byUser, ms(in.CreatedAt), nullMS(in.ExpiresAt))
	return err
}

// CreateOwnerInvite adds the invitation for the very first account, in place of an
// older one. It tells whether it did: there is none where somebody has an account.
func (s *Store) CreateOwnerInvite(ctx context.Context, in Invite) (made bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM invites WHERE owner AND used_at IS NULL"); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `
			INSERT INTO invites (id, hash, owner, email, created_by, created_at)
			SELECT $1, $2, 1, '', '', $3 WHERE NOT EXISTS (SELECT 1 FROM users)`, in.ID, in.Hash, ms(in.CreatedAt))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		made = n == 1
		return err
	})
	return made, err
}

// CheckInvite fails, as CreateInvitedUser would, when an invitation is not good.
func (s *Store) CheckInvite(ctx context.Context, hash []byte, email string, at time.Time, others bool) error {
	var good bool
	err := s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM invites WHERE "+goodInvite+")", hash, ms(at), email, others).Scan(&good)
	if err == nil && !good {
		return errInvite
	}
	return fault(err)
}

// CreateInvitedUser is CreateUser for one who has an invitation, which is used up
// with it. others says whether any but the owner's counts.
func (s *Store) CreateInvitedUser(ctx context.Context, u User, hash []byte, at time.Time, others bool) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		err := one(tx.ExecContext(ctx, "UPDATE invites SET used_at = $2, used_by = $5 WHERE "+goodInvite, hash, ms(at), u.Email, others, u.ID))
		if errors.Is(err, wire.ErrNotFound) {
			return errInvite
		}
		if err != nil {
			return err
		}
		return addUser(ctx, tx, u)
	})
}

// Invites lists what administrators gave out, newest first, at most 500.
func (s *Store) Invites(ctx context.Context) ([]Invite, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT i.id, i.email, coalesce(c.username, ''), i.created_at, i.expires_at, i.used_at, coalesce(b.username, '')
		FROM invites i LEFT JOIN users c ON c.id = i.created_by LEFT JOIN users b ON b.id = i.used_by
		WHERE NOT i.owner ORDER BY i.created_at DESC, i.id LIMIT 500`)
	return collect(rows, err, func(row scanner) (Invite, error) {
		var in Invite
		var created int64
		var ends, used *int64
		err := row.Scan(&in.ID, &in.Email, &in.CreatedBy, &created, &ends, &used, &in.UsedBy)
		in.CreatedAt, in.ExpiresAt, in.UsedAt = fromMS(created), fromNullMS(ends), fromNullMS(used)
		return in, err
	})
}

// DeleteInvite takes an invitation back. One that was used is wire.ErrNotFound.
func (s *Store) DeleteInvite(ctx context.Context, id string) error {
	n, err := s.exec(ctx, "DELETE FROM invites WHERE id = $1 AND used_at IS NULL AND NOT owner", id)
	if err == nil && n == 0 {
		return wire.ErrNotFound.With("no such invitation waits to be used: vsay admin invites lists them")
	}
	return err
}
