package store

import (
	"context"
	"database/sql"
	"time"

	"vsay/internal/wire"
)

// ViewerTicket is what one ticket for a terminal allows. The ticket itself is
// known to the client alone; here is its hash.
type ViewerTicket struct {
	UserID    string
	Login     string // that asked for it
	Epoch     int64  // of the user, then
	AgentID   string
	Session   string // empty: any of the user's sessions there, or a new one
	ReadOnly  bool
	Origin    string    // of the page that asked; empty: no page did
	TokenEnds time.Time // of the token that asked
	Ends      time.Time
}

// CreateViewerTicket keeps a ticket, and forgets those that have ended by now. Those that end
// later than this one stay: of two that are asked for at once the younger may be kept first.
func (s *Store) CreateViewerTicket(ctx context.Context, hash []byte, t ViewerTicket, now time.Time) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM viewer_tickets WHERE ends_at <= $1", ms(now)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO viewer_tickets (hash, user_id, login_id, epoch, agent_id, session_id, read_only, origin, token_ends, ends_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			hash, t.UserID, t.Login, t.Epoch, t.AgentID, t.Session, t.ReadOnly, t.Origin, ms(t.TokenEnds), ms(t.Ends))
		return err
	})
}

// ForgetViewerTickets removes the tickets that do not end between now and last: when a server
// starts, those that were given out in a future that was undone.
func (s *Store) ForgetViewerTickets(ctx context.Context, now, last time.Time) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM viewer_tickets WHERE ends_at <= $1 OR ends_at > $2", ms(now), ms(last))
		return err
	})
}

// RedeemViewerTicket takes a ticket out: of many who come with it at once one gets
// it. All others, and whoever comes too late, get wire.ErrNotFound; so does a ticket
// that ends after last, which none can that was given out by now.
func (s *Store) RedeemViewerTicket(ctx context.Context, hash []byte, now, last time.Time) (t ViewerTicket, err error) {
	var there bool // guesses are answered by a reader, and do not hold up writers
	err = s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM viewer_tickets WHERE hash = $1)", hash).Scan(&there)
	if err == nil && !there {
		err = sql.ErrNoRows
	}
	if err != nil {
		return t, fault(err)
	}
	var ends int64
	err = s.tx(ctx, func(tx *sql.Tx) error {
		var tokenEnds int64
		row := tx.QueryRowContext(ctx, `
			DELETE FROM viewer_tickets WHERE hash = $1
			RETURNING user_id, login_id, epoch, agent_id, session_id, read_only, origin, token_ends, ends_at`, hash)
		err := row.Scan(&t.UserID, &t.Login, &t.Epoch, &t.AgentID, &t.Session, &t.ReadOnly, &t.Origin, &tokenEnds, &ends)
		t.TokenEnds, t.Ends = fromMS(tokenEnds), fromMS(ends)
		return err
	})
	if err == nil && (ends <= ms(now) || ends > ms(last)) {
		return ViewerTicket{}, wire.ErrNotFound
	}
	return t, err
}
