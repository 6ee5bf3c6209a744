package store

import (
	"context"
	"database/sql"
	"time"
)

// Login is one time the password was given; all tokens that came of it carry
// its id as their sid and die with it.
type Login struct {
	ID       string
	UserID   string
	AuthTime time.Time
	IP       string // the client's address, or its network
	Revoked  bool
}

// CreateLogin adds a login, if the password that was checked is still the one
// of the account and the account is enabled; else wire.ErrNotFound. A password that
// is good for one login is used up.
func (s *Store) CreateLogin(ctx context.Context, l Login, passwordGen int64) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		err := one(tx.ExecContext(ctx, `
			UPDATE users SET last_login = $2, temp_until = iif(temp_until IS NULL, NULL, 0)
			WHERE id = $1 AND password_gen = $3 AND disabled = 0 AND (temp_until IS NULL OR temp_until > $2)`,
			l.UserID, ms(l.AuthTime), passwordGen))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO logins (id, user_id, auth_time, ip) VALUES ($1, $2, $3, $4)",
			l.ID, l.UserID, ms(l.AuthTime), l.IP)
		return err
	})
}

// LoginByID finds a login, revoked or not, together with its user.
func (s *Store) LoginByID(ctx context.Context, id string) (Login, User, error) {
	var (
		l                Login
		u                User
		authTime, joined int64
		revokedAt        *int64
	)
	row := s.read.QueryRowContext(ctx, `
		SELECT l.id, l.user_id, l.auth_time, l.ip, l.revoked_at, `+userColumns+`
		FROM logins l JOIN users u ON u.id = l.user_id WHERE l.id = $1`, id)
	err := row.Scan(append([]any{&l.ID, &l.UserID, &authTime, &l.IP, &revokedAt}, u.dest(&joined)...)...)
	l.AuthTime, l.Revoked, u.CreatedAt = fromMS(authTime), revokedAt != nil, fromMS(joined)
	return l, u, fault(err)
}

// RevokeLogin ends a login for good. Ending it twice is no error.
func (s *Store) RevokeLogin(ctx context.Context, id string) error {
	now := ms(time.Now())
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE logins SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, now)
		if err != nil {
			return err
		}
		return revoked(ctx, tx, now, "login", id)
	})
}

// KnownIP tells whether the user ever signed in from there.
func (s *Store) KnownIP(ctx context.Context, userID, ip string) (known bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM logins WHERE user_id = $1 AND ip = $2)", userID, ip).Scan(&known)
	return known, fault(err)
}
