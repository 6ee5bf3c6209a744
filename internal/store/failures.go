package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vsay/internal/wire"
)

// Fail counts one more wrong password in a row for key.
func (s *Store) Fail(ctx context.Context, key string, at time.Time) error {
	_, err := s.exec(ctx, `
		INSERT INTO failures (key, count, last) VALUES ($1, 1, $2)
		ON CONFLICT (key) DO UPDATE SET count = count + 1, last = $2`, key, ms(at))
	return err
}

// Failures tells how many in a row there were, and when the last one was.
func (s *Store) Failures(ctx context.Context, key string) (count int, last time.Time, err error) {
	var at int64
	err = fault(s.read.QueryRowContext(ctx, "SELECT count, last FROM failures WHERE key = $1", key).Scan(&count, &at))
	if errors.Is(err, wire.ErrNotFound) {
		return 0, time.Time{}, nil
	}
	return count, fromMS(at), err
}

// ClearFailures ends the row. It costs a write only where there is one.
func (s *Store) ClearFailures(ctx context.Context, key string) error {
	if n, _, err := s.Failures(ctx, key); err != nil || n == 0 {
		return err
	}
	_, err := s.exec(ctx, "DELETE FROM failures WHERE key = $1", key)
	return err
}

// Try notes something that only so many are allowed of in a while.
func (s *Store) Try(ctx context.Context, key string, at time.Time) error {
	_, err := s.exec(ctx, "INSERT INTO tries (key, at) VALUES ($1, $2)", key, ms(at))
	return err
}

// Tries counts those after since, up to now; oldest is the first of them. Later ones are
// of a clock that was set back.
func (s *Store) Tries(ctx context.Context, key string, since, now time.Time) (count int, oldest time.Time, err error) {
	var at *int64
	err = s.read.QueryRowContext(ctx, "SELECT count(*), min(at) FROM tries WHERE key = $1 AND at > $2 AND at <= $3", key, ms(since), ms(now)).Scan(&count, &at)
	if at != nil {
		oldest = fromMS(*at)
	}
	return count, oldest, fault(err)
}

// Spend takes a token from the bucket of key, which holds burst of them and gets
// a new one each every. When it is empty nothing is taken, and wait tells how
// long until there is one.
func (s *Store) Spend(ctx context.Context, key string, at time.Time, every time.Duration, burst int) (wait time.Duration, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		var full int64
		err := tx.QueryRowContext(ctx, "SELECT full_at FROM buckets WHERE key = $1", key).Scan(&full)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if most := ms(at) + int64(burst)*every.Milliseconds(); full > most {
			full = ms(at) // of a clock that was set back
		}
		full = max(full, ms(at)) + every.Milliseconds()
		wait = time.Duration(full-ms(at))*time.Millisecond - time.Duration(burst)*every
		if wait > 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO buckets (key, full_at) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET full_at = $2", key, full)
		return err
	})
	return max(wait, 0), err
}

// Prune forgets what can no longer matter: counters older than a day, and logins
// made before loginsBefore, whose tokens have all ended.
func (s *Store) Prune(ctx context.Context, now, loginsBefore time.Time) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		day := ms(now.Add(-24 * time.Hour))
		_, err1 := tx.ExecContext(ctx, "DELETE FROM failures WHERE last < $1 AND count < 100", day)
		_, err2 := tx.ExecContext(ctx, "DELETE FROM tries WHERE at < $1", day)
		_, err3 := tx.ExecContext(ctx, "DELETE FROM buckets WHERE full_at < $1", ms(now))
		_, err4 := tx.ExecContext(ctx, "DELETE FROM logins WHERE auth_time < $1", ms(loginsBefore))
		return errors.Join(err1, err2, err3, err4)
	})
}
