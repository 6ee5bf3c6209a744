// Package store is what survives a restart: SQLite files, and the only code
// that knows SQL. What a method acknowledged is on disk. Its errors are those
// of package wire.
package store

import (
	"context"
	"embed"
	"io/fs"
	"time"
)

//go:embed migrations/server/*.sql
var serverMigrations embed.FS

// Store is the server's file. Its methods may be called at the same time.
type Store struct{ *db }

// Open opens the server's file, or makes it. It refuses a file that others can
// read, that is damaged, or that a newer vsay wrote.
func Open(ctx context.Context, path string) (*Store, error) {
	migrations, err := fs.Sub(serverMigrations, "migrations/server")
	if err != nil {
		return nil, err
	}
	d, err := open(ctx, path, migrations, false)
	if err != nil {
		return nil, err
	}
	return &Store{d}, nil
}

// Close waits for what runs and lets the file go.
func (s *Store) Close() error { return s.close() }

// Watch has f told of every write from now on: how long it took, and what came of it.
// Call it before anything else.
func (s *Store) Watch(f func(took time.Duration, err error)) { s.watch = f }

// Ping tells whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return fault(s.read.QueryRowContext(ctx, "SELECT 1 FROM meta LIMIT 1").Scan(&one))
}

// Meta is a value of this install that is set once: fresh, if there was none.
func (s *Store) Meta(ctx context.Context, key, fresh string) (string, error) {
	if _, err := s.exec(ctx, "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", key, fresh); err != nil {
		return "", err
	}
	var value string
	err := s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = $1", key).Scan(&value)
	return value, fault(err)
}

// Times are stored as milliseconds since 1970, UTC.

func ms(t time.Time) int64 { return t.UnixMilli() }

func fromMS(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func nullMS(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	return new(ms(*t))
}

func fromNullMS(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	t := fromMS(*ms)
	return &t
}

// scanner is a *sql.Row, or the current one of *sql.Rows.
type scanner interface{ Scan(dest ...any) error }
