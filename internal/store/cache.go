package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vsay/internal/wire"
)

//go:embed migrations/cache/*.sql
var cacheMigrations embed.FS

// Cache is the client's file: who is signed in where, and with which token.
// Many processes use it at once. The zero Cache has no file: nobody is signed in,
// and nobody can.
type Cache struct{ *db }

// Account is one login at one server.
type Account struct {
	Host     string // the server's URL
	UserID   string
	Email    string
	Username string
	Login    string // the id that all tokens of this login share
	Token    string
	Issued   time.Time
	Expires  time.Time
}

const cacheFile = "vsay.db"

// HasCache tells whether there is something in dir to open. Who only wants to read
// asks first, and leaves no trace where nobody ever signed in.
func HasCache(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, cacheFile))
	return !errors.Is(err, fs.ErrNotExist)
}

// OpenCache opens the cache in dir, vsay.db, or makes it. It refuses a file that
// others could read.
func OpenCache(ctx context.Context, dir string) (*Cache, error) {
	migrations, err := fs.Sub(cacheMigrations, "migrations/cache")
	if err != nil {
		return nil, err
	}
	d, err := open(ctx, filepath.Join(dir, cacheFile), migrations, true)
	if err != nil {
		return nil, err
	}
	return &Cache{d}, nil
}

// Close lets the file go.
func (c *Cache) Close() error { return c.close() }

// row reads one row. It uses the connection that opening the file made already:
// a second one would cost more than the read.
func (c *Cache) row(ctx context.Context, query string, args ...any) scanner {
	if c.db == nil {
		return noRow{}
	}
	return c.write.QueryRowContext(ctx, query, args...)
}

// noRow is what a cache without a file has.
type noRow struct{}

func (noRow) Scan(...any) error { return sql.ErrNoRows }

// Host is the server of the last login. Without any, the error says to log in.
func (c *Cache) Host(ctx context.Context) (host string, err error) {
	err = c.row(ctx, "SELECT host FROM hosts ORDER BY used DESC LIMIT 1").Scan(&host)
	if errors.Is(err, sql.ErrNoRows) {
		return "", wire.ErrUnauthed.With("not signed in: run vsay login HOST")
	}
	return host, c.fault(err)
}

// Account finds an account of host: by its id, email or username, or, where who
// is empty, the one that signed in last.
func (c *Cache) Account(ctx context.Context, host, who string) (Account, error) {
	a := Account{Host: host}
	var issued, expires int64
	err := c.row(ctx, `
		SELECT a.user_id, a.email, a.username, a.login, a.token, a.issued, a.expires
		FROM accounts a LEFT JOIN hosts h ON h.host = a.host
		WHERE a.host = $1 AND (
			($2 = '' AND a.user_id = h.user_id) OR ($2 <> '' AND $2 IN (a.user_id, a.email, a.username)))
		ORDER BY a.user_id = $2 DESC LIMIT 1`, host, who).
		Scan(&a.UserID, &a.Email, &a.Username, &a.Login, &a.Token, &issued, &expires)
	a.Issued, a.Expires = fromMS(issued), fromMS(expires)
	switch {
	case !errors.Is(err, sql.ErrNoRows):
		return a, c.fault(err)
	case who == "":
		return a, wire.ErrUnauthed.With("not signed in to %s: run vsay login %s", host, host)
	}
	return a, wire.ErrUnauthed.With("%s is not signed in to %s: run vsay login %s", who, host, host)
}

// SignedIn keeps a fresh login, in place of an older one of the same account,
// and makes it the one that is meant from now on.
func (c *Cache) SignedIn(ctx context.Context, a Account) error {
	return c.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO accounts (host, user_id, email, username, login, token, issued, expires)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (host, user_id) DO UPDATE SET email = $3, username = $4, login = $5,
				token = $6, issued = $7, expires = $8, claimed = 0`,
			a.Host, a.UserID, a.Email, a.Username, a.Login, a.Token, ms(a.Issued), ms(a.Expires))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO hosts (host, user_id, used) VALUES ($1, $2, (SELECT coalesce(max(used), 0) + 1 FROM hosts))
			ON CONFLICT (host) DO UPDATE SET user_id = $2, used = excluded.used`, a.Host, a.UserID)
		return err
	})
}

// Claim makes this process the one that exchanges token, until Renew, Unclaim
// or the given time, whichever comes first. False: another one is at it, or did
// it, or the account is gone.
func (c *Cache) Claim(ctx context.Context, host, userID, token string, until time.Time) (bool, error) {
	n, err := c.exec(ctx, `
		UPDATE accounts SET claimed = $4 WHERE host = $1 AND user_id = $2 AND token = $3 AND claimed < $5`,
		host, userID, token, ms(until), ms(time.Now()))
	return n == 1, err
}

// Unclaim gives up a claim on token.
func (c *Cache) Unclaim(ctx context.Context, host, userID, token string) error {
	_, err := c.exec(ctx, "UPDATE accounts SET claimed = 0 WHERE host = $1 AND user_id = $2 AND token = $3", host, userID, token)
	return err
}

// Renew puts a refreshed token in its place, and ends the claim. It never puts
// an older token there, nor one of a login that was replaced meanwhile: then it
// does nothing.
func (c *Cache) Renew(ctx context.Context, a Account) error {
	_, err := c.exec(ctx, `
		UPDATE accounts SET token = $4, issued = $5, expires = $6, claimed = 0
		WHERE host = $1 AND user_id = $2 AND login = $3 AND (issued, expires) <= ($5, $6)`,
		a.Host, a.UserID, a.Login, a.Token, ms(a.Issued), ms(a.Expires))
	return err
}

// Forget removes an account, without a trace left in the file or beside it.
func (c *Cache) Forget(ctx context.Context, host, userID string) error {
	err := c.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM accounts WHERE host = $1 AND user_id = $2", host, userID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE hosts SET user_id = '' WHERE host = $1 AND user_id = $2", host, userID)
		return err
	})
	if err != nil {
		return err
	}
	_, err = c.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return c.fault(err)
}
