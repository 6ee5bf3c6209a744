package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vsay/internal/private"
)

// Backup writes the server's file at src, as it is at one moment, to a new file.
// The server may go on meanwhile. What was deleted is not in the copy.
func Backup(ctx context.Context, src, dest string) error {
	if _, err := os.Stat(src); err != nil {
		return err
	}
	if err := isServer(ctx, src); err != nil {
		return err
	}
	if err := reserve(dest); err != nil {
		return err
	}
	aside := dest + ".part"
	err := errors.Join(os.RemoveAll(aside), reserve(aside))
	if err == nil {
		err = vacuumInto(ctx, src, aside)
	}
	if err == nil {
		err = Settle(aside, dest)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(aside), os.Remove(dest))
	}
	return nil
}

// reserve makes an empty file of a name that nothing has.
func reserve(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already: choose another name", path)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func vacuumInto(ctx context.Context, src, dest string) error {
	ofdLocks()
	from, err := connect(src, 1, "")
	if err != nil {
		return err
	}
	_, err = from.ExecContext(ctx, "VACUUM INTO $1", dest)
	return errors.Join(fault(err), from.Close())
}

// isServer fails for what is no server's file.
func isServer(ctx context.Context, path string) error {
	ofdLocks()
	d, err := connect(path, 1, "&_query_only=1")
	if err != nil {
		return err
	}
	var one int
	err = d.QueryRowContext(ctx, "SELECT 1 FROM meta WHERE key = 'key_check'").Scan(&one)
	if err = errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("%s is not the database of a vsay server, or is damaged: %w", path, err)
	}
	return nil
}

// Settle gives a file that was written aside its name, for good.
func Settle(aside, path string) error {
	f, err := os.OpenFile(aside, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	return private.SyncDir(filepath.Dir(path))
}

// Unpack copies a backup to a new file and opens it.
func Unpack(ctx context.Context, backup, path string) (*Store, error) {
	if err := copyFile(backup, path); err != nil {
		return nil, err
	}
	if err := isServer(ctx, path); err != nil {
		return nil, err
	}
	return Open(ctx, path)
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := makePrivate(to); err != nil {
		return err
	}
	dest, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(dest, src)
	return errors.Join(err, dest.Close())
}

// Revival is what a restored file needs to be safe.
type Revival struct {
	At         time.Time
	SigningKey SigningKey        // the only one there is then
	APIKey     func(*User) error // gives a user another one
	Trust      bool              // nothing was revoked since the file was written
}

// Revive makes sure that nothing comes back with an old file that was revoked after
// it was written: all tokens, logins, tickets, invitations and API keys of before
// are dead. Unless the file can be trusted, machines wait for their owners and people
// for an administrator: they may have been removed meanwhile.
func (s *Store) Revive(ctx context.Context, r Revival) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		for _, query := range []string{
			"UPDATE users SET epoch = epoch + 1 WHERE $1 > 0",
			"UPDATE logins SET revoked_at = $1 WHERE revoked_at IS NULL",
			"UPDATE users SET temp_until = 0 WHERE temp_until > 0 AND $1 > 0",
			"DELETE FROM invites WHERE $1 > 0", // what works once may have been used since
			"DELETE FROM viewer_tickets WHERE $1 > 0",
			"INSERT INTO revocations (at, kind, subject) VALUES ($1, 'restore', '')",
		} {
			if _, err := tx.ExecContext(ctx, query, ms(r.At)); err != nil {
				return err
			}
		}
		if err := replaceSigningKey(ctx, tx, r.SigningKey, true); err != nil {
			return err
		}
		if err := rekeyUsers(ctx, tx, r.APIKey); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE machines SET key_gen = key_gen + 1
			WHERE key_gen = (SELECT key_gen - 1 FROM users WHERE users.id = machines.user_id)`)
		if err != nil || r.Trust {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE users SET disabled = 1 WHERE admin = 0")
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE machines SET pending = 1")
		}
		return err
	})
}
