package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"vsay/internal/wire"
)

// Session is a program on a machine, running or ended.
type Session struct {
	ID          string
	Name        string // of a shell, unique among the machine's running ones
	Kind        string // wire.KindShell or wire.KindExec
	AgentID     string
	UserID      string
	Username    string
	MachineName string // as it was called then
	Source      string
	Command     string
	StartedAt   time.Time
	LastActive  time.Time
	EndedAt     *time.Time // nil while it runs
	ExitCode    *int       // nil while it runs, or when it was lost
	SecretHash  []byte     // of its holder's secret; nil before the first dial
	Void        bool       // its machine or its user was taken out, or it was ended while away: it has to end
}

const selectSession = `
	SELECT id, name, kind, agent_id, user_id, username, machine_name, source, command,
		started_at, last_active, ended_at, exit_code, secret_hash, void
	FROM sessions `

func scanSession(row scanner) (Session, error) {
	var (
		x               Session
		started, active int64
		ended           *int64
	)
	err := row.Scan(&x.ID, &x.Name, &x.Kind, &x.AgentID, &x.UserID, &x.Username, &x.MachineName, &x.Source, &x.Command,
		&started, &active, &ended, &x.ExitCode, &x.SecretHash, &x.Void)
	x.StartedAt, x.LastActive, x.EndedAt = fromMS(started), fromMS(active), fromNullMS(ended)
	return x, fault(err)
}

// CreateSession adds a running session. A shell without a name gets the smallest
// number that no running session of its machine has, in x.Name too. A name in use
// there is wire.ErrTaken.
func (s *Store) CreateSession(ctx context.Context, x *Session) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		name := x.Name
		if name == "" && x.Kind == wire.KindShell {
			var err error
			if name, err = freeNumber(ctx, tx, x.AgentID); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO sessions (id, name, kind, agent_id, user_id, username, machine_name, source, command, started_at, last_active)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			x.ID, name, x.Kind, x.AgentID, x.UserID, x.Username, x.MachineName, x.Source, x.Command, ms(x.StartedAt), ms(x.LastActive))
		if isUnique(err, "sessions.") {
			return wire.ErrTaken.With("a session of that name runs there already")
		}
		x.Name = name
		return err
	})
}

func freeNumber(ctx context.Context, tx *sql.Tx, agentID string) (string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT name FROM sessions WHERE agent_id = $1 AND ended_at IS NULL", agentID)
	names, err := collect(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
	if err != nil {
		return "", err
	}
	taken := make(map[string]bool, len(names))
	for _, name := range names {
		taken[name] = true
	}
	n := 1
	for taken[strconv.Itoa(n)] {
		n++
	}
	return strconv.Itoa(n), nil
}

// SetSessionSecret keeps the hash of a holder's secret, once: a session that has
// one, or has ended, is wire.ErrForbidden.
func (s *Store) SetSessionSecret(ctx context.Context, id string, hash []byte) error {
	n, err := s.exec(ctx, "UPDATE sessions SET secret_hash = $2 WHERE id = $1 AND secret_hash IS NULL AND ended_at IS NULL", id, hash)
	if err == nil && n == 0 {
		return wire.ErrForbidden
	}
	return err
}

// SessionByID finds a session, running or ended.
func (s *Store) SessionByID(ctx context.Context, id string) (Session, error) {
	return scanSession(s.read.QueryRowContext(ctx, selectSession+"WHERE id = $1", id))
}

// RunningSessions lists what runs on a machine, oldest first.
func (s *Store) RunningSessions(ctx context.Context, agentID string) ([]Session, error) {
	rows, err := s.read.QueryContext(ctx, selectSession+"WHERE agent_id = $1 AND ended_at IS NULL ORDER BY started_at, id", agentID)
	return collect(rows, err, scanSession)
}

// SessionsOf lists a user's sessions, newest first: the running ones, or with
// closedToo the last 500 of all.
func (s *Store) SessionsOf(ctx context.Context, userID string, closedToo bool) ([]Session, error) {
	rows, err := s.read.QueryContext(ctx,
		selectSession+"WHERE user_id = $1 AND ($2 OR ended_at IS NULL) ORDER BY started_at DESC, id LIMIT 500", userID, closedToo)
	return collect(rows, err, scanSession)
}

// SessionsOn lists the last 500 sessions on a machine, running and ended, newest
// first.
func (s *Store) SessionsOn(ctx context.Context, agentID string) ([]Session, error) {
	rows, err := s.read.QueryContext(ctx, selectSession+"WHERE agent_id = $1 ORDER BY started_at DESC, id LIMIT 500", agentID)
	return collect(rows, err, scanSession)
}

// SilentSessions lists the running sessions of machines that were not seen since
// before, and that no viewer came to or left since then.
func (s *Store) SilentSessions(ctx context.Context, before time.Time) ([]Session, error) {
	rows, err := s.read.QueryContext(ctx, selectSession+`WHERE ended_at IS NULL AND last_active < $1 AND agent_id NOT IN
		(SELECT agent_id FROM machines WHERE last_active >= $1)`, ms(before))
	return collect(rows, err, scanSession)
}

// TouchSession notes that a viewer came or left.
func (s *Store) TouchSession(ctx context.Context, id string, at time.Time) error {
	_, err := s.exec(ctx, "UPDATE sessions SET last_active = $2 WHERE id = $1", id, ms(at))
	return err
}

// RenameSession gives a running session another name. One in use on its machine
// is wire.ErrTaken.
func (s *Store) RenameSession(ctx context.Context, id, name string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, "UPDATE sessions SET name = $2 WHERE id = $1 AND ended_at IS NULL", id, name)
		if isUnique(err, "sessions.") {
			return wire.ErrTaken.With("a session of that name runs there already")
		}
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(wire.ErrGone, err)
		}
		return nil
	})
}

// EndSession writes down how a session ended; a nil code means that nobody knows.
// The first word counts, further ones are no error, and are told as not being the first.
// The holder's secret stays: for a while it may still bring the last bytes to a viewer
// that was away.
func (s *Store) EndSession(ctx context.Context, id string, at time.Time, code *int) (first bool, err error) {
	n, err := s.exec(ctx, "UPDATE sessions SET ended_at = $2, exit_code = $3 WHERE id = $1 AND ended_at IS NULL", id, ms(at), code)
	return n > 0, err
}

// VoidSession ends a session whose machine cannot be told so now. The holder's secret
// is good for hearing that, and for nothing else. One that has ended stays as it is.
func (s *Store) VoidSession(ctx context.Context, id string, at time.Time, code int) error {
	_, err := s.exec(ctx, "UPDATE sessions SET ended_at = $2, exit_code = $3, void = 1 WHERE id = $1 AND ended_at IS NULL", id, ms(at), code)
	return err
}

// collect reads all rows.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fault(err)
	}
	var all []T
	for err == nil && rows.Next() {
		var x T
		if x, err = scan(rows); err == nil {
			all = append(all, x)
		}
	}
	return all, fault(errors.Join(err, rows.Err(), rows.Close()))
}
