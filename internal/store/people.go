package store

import (
	"context"
	"database/sql"
	"time"

	"vsay/internal/wire"
)

// Person is an account as administrators see it.
type Person struct {
	ID        string
	Username  string
	Email     string
	Admin     bool
	Disabled  bool
	CreatedAt time.Time
	LastLogin *time.Time // nil: never
	Machines  int
	Sessions  int // that run
}

// People lists all accounts by username.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT u.id, u.username, u.email, u.admin, u.disabled, u.created_at, u.last_login,
			(SELECT count(*) FROM machines m WHERE m.user_id = u.id),
			(SELECT count(*) FROM sessions x WHERE x.user_id = u.id AND x.ended_at IS NULL)
		FROM users u ORDER BY u.username`)
	return collect(rows, err, func(row scanner) (Person, error) {
		var p Person
		var created int64
		var login *int64
		err := row.Scan(&p.ID, &p.Username, &p.Email, &p.Admin, &p.Disabled, &created, &login, &p.Machines, &p.Sessions)
		p.CreatedAt, p.LastLogin = fromMS(created), fromNullMS(login)
		return p, err
	})
}

// Disable shuts an account: its logins are dead for good, and its sessions are
// over, with an exit code, wherever they still run.
func (s *Store) Disable(ctx context.Context, userID string, code int) error {
	return s.changePerson(ctx, userID, true, func(tx *sql.Tx, now int64) error {
		err := one(tx.ExecContext(ctx, "UPDATE users SET disabled = 1, epoch = epoch + 1 WHERE id = $1", userID))
		if err != nil {
			return err
		}
		if err := endLogins(ctx, tx, userID, "", now); err != nil {
			return err
		}
		return voidSessions(ctx, tx, userID, now, code)
	})
}

// Enable opens an account again. Nothing of before comes back but its password,
// its API key and its machines.
func (s *Store) Enable(ctx context.Context, userID string) error {
	return s.changePerson(ctx, userID, false, func(tx *sql.Tx, _ int64) error {
		return one(tx.ExecContext(ctx, "UPDATE users SET disabled = 0 WHERE id = $1", userID))
	})
}

// DeleteUser removes an account with its machines and logins. Its sessions are
// over, as with Disable, and stay as history.
func (s *Store) DeleteUser(ctx context.Context, userID string, code int) error {
	return s.changePerson(ctx, userID, true, func(tx *sql.Tx, now int64) error {
		if err := voidSessions(ctx, tx, userID, now, code); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, "DELETE FROM users WHERE id = $1", userID))
	})
}

// RevokeLogins ends every login of a user. The sessions run on.
func (s *Store) RevokeLogins(ctx context.Context, userID string) error {
	return s.changePerson(ctx, userID, false, func(tx *sql.Tx, now int64) error {
		err := one(tx.ExecContext(ctx, "UPDATE users SET epoch = epoch + 1 WHERE id = $1", userID))
		if err != nil {
			return err
		}
		return endLogins(ctx, tx, userID, "", now)
	})
}

// SetAdmin has a user run this installation, or not any more.
func (s *Store) SetAdmin(ctx context.Context, userID string, admin bool) error {
	return s.changePerson(ctx, userID, !admin, func(tx *sql.Tx, _ int64) error {
		return one(tx.ExecContext(ctx, "UPDATE users SET admin = $2 WHERE id = $1", userID, admin))
	})
}

// ReplacePassword gives a user another password, ends every login and forgets the
// wrong passwords counted under failures. With until, the password is good for one
// login before that time.
func (s *Store) ReplacePassword(ctx context.Context, userID, hash string, until *time.Time, failures string) error {
	return s.changePerson(ctx, userID, false, func(tx *sql.Tx, now int64) error {
		if err := setPassword(ctx, tx, userID, hash, nullMS(until)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM failures WHERE key = $1", failures); err != nil {
			return err
		}
		return endLogins(ctx, tx, userID, "", now)
	})
}

// changePerson does something to an account and writes down that it did. A change
// that takes an administrator away is refused for the last one.
func (s *Store) changePerson(ctx context.Context, userID string, takes bool, change func(*sql.Tx, int64) error) error {
	now := ms(time.Now())
	return s.tx(ctx, func(tx *sql.Tx) error {
		if takes {
			if err := notLastAdmin(ctx, tx, userID); err != nil {
				return err
			}
		}
		if err := change(tx, now); err != nil {
			return err
		}
		return revoked(ctx, tx, now, "user", userID)
	})
}

func notLastAdmin(ctx context.Context, tx *sql.Tx, userID string) error {
	var last bool
	err := tx.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM users WHERE id = $1 AND admin = 1 AND disabled = 0)
			AND NOT EXISTS (SELECT 1 FROM users WHERE id <> $1 AND admin = 1 AND disabled = 0)`, userID).Scan(&last)
	if err == nil && last {
		return wire.ErrForbidden.With("that is the last administrator of this server: promote somebody else first")
	}
	return err
}

// endLogins ends every login of a user but one.
func endLogins(ctx context.Context, tx *sql.Tx, userID, keep string, now int64) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE logins SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL`, userID, keep, now)
	return err
}

// RunningOf lists what runs of a user's, and on the user's machines.
func (s *Store) RunningOf(ctx context.Context, userID string) ([]Session, error) {
	rows, err := s.read.QueryContext(ctx, selectSession+"WHERE "+ofPerson, userID)
	return collect(rows, err, scanSession)
}

// ofPerson holds for the running sessions that end with user $1.
const ofPerson = "ended_at IS NULL AND (user_id = $1 OR agent_id IN (SELECT agent_id FROM machines WHERE user_id = $1))"

// voidSessions ends what a user has running, also where nobody can be told so now.
// The holders' secrets are good for hearing that, and for nothing else.
func voidSessions(ctx context.Context, tx *sql.Tx, userID string, now int64, code int) error {
	_, err := tx.ExecContext(ctx, "UPDATE sessions SET ended_at = $2, exit_code = $3, void = 1 WHERE "+ofPerson, userID, now, code)
	return err
}
