package store

import (
	"context"
	"database/sql"
	"time"
)

// Visit is from where a login was used last.
type Visit struct {
	Login  string
	Client string // a browser or a vsay, as it calls itself
	IP     string
	At     time.Time
	Ends   time.Time // the latest of its tokens, as far as anybody saw
}

// Presence is a login that still counts, and its last visit.
type Presence struct {
	Login
	Visit Visit
}

// Visited keeps the last visits of many logins with one write to the disk. Those that
// are not there any more are passed over.
func (s *Store) Visited(ctx context.Context, visits []Visit) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		for _, v := range visits {
			_, err := tx.ExecContext(ctx, `
				UPDATE logins SET client = $2, seen_ip = $3, seen_at = $4, ends_at = max(coalesce(ends_at, 0), $5) WHERE id = $1`,
				v.Login, v.Client, v.IP, ms(v.At), ms(v.Ends))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// maxPresences is how many logins a list has.
const maxPresences = 200

// PresencesOf lists where a user is signed in at a time, what was used last first.
func (s *Store) PresencesOf(ctx context.Context, userID string, now time.Time) ([]Presence, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT id, user_id, auth_time, ip, client, coalesce(nullif(seen_ip, ''), ip), coalesce(seen_at, auth_time) AS seen,
			coalesce(ends_at, auth_time + 86400000) AS ends
		FROM logins WHERE user_id = $1 AND revoked_at IS NULL AND ends > $2
		ORDER BY seen DESC, id LIMIT $3`, userID, ms(now), maxPresences)
	return collect(rows, err, func(row scanner) (Presence, error) {
		var p Presence
		var began, seen, ends int64
		err := row.Scan(&p.ID, &p.UserID, &began, &p.IP, &p.Visit.Client, &p.Visit.IP, &seen, &ends)
		p.AuthTime, p.Visit.Login, p.Visit.At, p.Visit.Ends = fromMS(began), p.ID, fromMS(seen), fromMS(ends)
		return p, err
	})
}
