package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vsay/internal/wire"
)

// User is an account. The API key is there as its public id, its generation, a
// MAC to check a secret against, and the secret itself, sealed.
type User struct {
	ID           string
	Username     string
	Email        string // canonical
	PasswordHash string
	PasswordGen  int64 // grows with each change of the password
	Disabled     bool
	Admin        bool  // runs this installation
	Epoch        int64 // tokens of an older one are dead
	KeyID        string
	KeyGen       int64
	KeyMAC       []byte
	KeySealed    []byte
	CreatedAt    time.Time
}

const userColumns = `u.id, u.username, u.email, u.password_hash, u.password_gen, u.disabled, u.admin, u.epoch,
	u.key_id, u.key_gen, u.key_mac, u.key_sealed, u.created_at`

func (u *User) dest(created *int64) []any {
	return []any{
		&u.ID, &u.Username, &u.Email, &u.PasswordHash, &u.PasswordGen, &u.Disabled, &u.Admin, &u.Epoch,
		&u.KeyID, &u.KeyGen, &u.KeyMAC, &u.KeySealed, created,
	}
}

func scanUser(row scanner) (User, error) {
	var u User
	var created int64
	err := row.Scan(u.dest(&created)...)
	u.CreatedAt = fromMS(created)
	return u, fault(err)
}

// CreateUser adds an account; the very first is the administrator's. It fails with
// wire.ErrTaken when the email or the username is in use.
func (s *Store) CreateUser(ctx context.Context, u User) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return addUser(ctx, tx, u) })
}

func addUser(ctx context.Context, tx *sql.Tx, u User) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO users (id, username, email, password_hash, key_id, key_gen, key_mac, key_sealed, created_at, admin)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, NOT EXISTS (SELECT 1 FROM users)`,
		u.ID, u.Username, u.Email, u.PasswordHash, u.KeyID, u.KeyGen, u.KeyMAC, u.KeySealed, ms(u.CreatedAt))
	switch {
	case isUnique(err, "users.email"):
		return wire.ErrTaken.With("that email has an account already: run vsay login")
	case isUnique(err, "users.username"):
		return wire.ErrTaken.With("that username is taken: choose another")
	}
	return err
}

// UserByID finds an account, or fails with wire.ErrNotFound.
func (s *Store) UserByID(ctx context.Context, id string) (User, error) {
	return scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users u WHERE u.id = $1", id))
}

// UserByEmail finds an account by its canonical email.
func (s *Store) UserByEmail(ctx context.Context, email string) (User, error) {
	return scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users u WHERE u.email = $1", email))
}

// UserByKeyID finds the account that an API key names.
func (s *Store) UserByKeyID(ctx context.Context, keyID string) (User, error) {
	return scanUser(s.read.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users u WHERE u.key_id = $1", keyID))
}

// RehashPassword replaces the hash of a password that stayed the same. It does
// nothing when the password has changed since passwordGen was read.
func (s *Store) RehashPassword(ctx context.Context, userID, hash string, passwordGen int64) error {
	_, err := s.exec(ctx, "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_gen = $2", userID, passwordGen, hash)
	return err
}

// SetPassword changes the password and ends every login of the user but
// keepLogin. It fails with wire.ErrTaken when the password has changed since
// passwordGen was read.
func (s *Store) SetPassword(ctx context.Context, userID, hash, keepLogin string, passwordGen int64) error {
	now := ms(time.Now())
	return s.tx(ctx, func(tx *sql.Tx) error {
		var same bool
		err := tx.QueryRowContext(ctx, "SELECT password_gen = $2 FROM users WHERE id = $1", userID, passwordGen).Scan(&same)
		if err == nil && !same {
			err = wire.ErrTaken.With("the password was changed a moment ago: sign in with the new one first")
		}
		if err != nil {
			return err
		}
		if err := setPassword(ctx, tx, userID, hash, nil); err != nil {
			return err
		}
		if err := endLogins(ctx, tx, userID, keepLogin, now); err != nil {
			return err
		}
		return revoked(ctx, tx, now, "logins", userID)
	})
}

// setPassword replaces a password; with until it is good for one login before then.
func setPassword(ctx context.Context, tx *sql.Tx, userID, hash string, until *int64) error {
	return one(tx.ExecContext(ctx, `
		UPDATE users SET password_hash = $2, password_gen = password_gen + 1, temp_until = $3 WHERE id = $1`, userID, hash, until))
}

// SetAPIKey replaces the API key. Machines enrolled with the old one are shut
// out, unless keepMachines. It fails with wire.ErrTaken when gen does not follow
// the generation there is: somebody else was quicker.
func (s *Store) SetAPIKey(ctx context.Context, userID, keyID string, gen int64, mac, sealed []byte, keepMachines bool) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
			UPDATE users SET key_id = $2, key_gen = $3, key_mac = $4, key_sealed = $5
			WHERE id = $1 AND key_gen = $3 - 1`, userID, keyID, gen, mac, sealed)
		if err := one(res, err); err != nil {
			return raced(err)
		}
		if keepMachines {
			_, err = tx.ExecContext(ctx, "UPDATE machines SET key_gen = $2 WHERE user_id = $1 AND key_gen = $2 - 1", userID, gen)
			if err != nil {
				return err
			}
		}
		return revoked(ctx, tx, ms(time.Now()), "key", userID)
	})
}

func raced(err error) error {
	if errors.Is(err, wire.ErrNotFound) {
		return wire.ErrTaken.With("the API key was replaced a moment ago: look at the new one first")
	}
	return err
}

// revoked writes down, for good and in order, that something stopped working.
func revoked(ctx context.Context, tx *sql.Tx, at int64, kind, subject string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO revocations (at, kind, subject) VALUES ($1, $2, $3)", at, kind, subject)
	return err
}

// one is wire.ErrNotFound unless a write changed something.
func one(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return wire.ErrNotFound
	}
	return err
}
