package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"time"

	"vsay/internal/wire"
)

// Record is one entry of the audit log: who did what, from where, to what, when,
// and what came of it. Empty strings are what is not known or does not apply.
type Record struct {
	Seq      int64 // from 1, without a gap
	At       time.Time
	Event    string
	Result   string
	UserID   string
	Username string
	Login    string
	IP       string
	OwnerID  string // the user whom it is about, if not UserID
	AgentID  string
	Machine  string // its name then
	Session  string
	Request  string
	Detail   string // a JSON object
	Hash     []byte
}

// seal is a place in the chain, with a MAC that whoever only has the file cannot make.
type seal struct {
	seq  int64
	hash []byte
	mac  []byte
}

const (
	headSeal   = "head"
	anchorSeal = "anchor"
)

var genesis = seal{hash: make([]byte, sha256.Size)}

// chained is the hash of a record that follows the one whose hash is before.
func chained(before []byte, r Record) []byte {
	h := sha256.New()
	h.Write([]byte("vsay audit 1\x00"))
	h.Write(before)
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	number(r.Seq)
	number(ms(r.At))
	for _, field := range []string{
		r.Event, r.Result, r.UserID, r.Username, r.Login, r.IP, r.OwnerID, r.AgentID, r.Machine, r.Session, r.Request, r.Detail,
	} {
		number(int64(len(field)))
		h.Write([]byte(field))
	}
	return h.Sum(nil)
}

func sealed(key []byte, name string, seq int64, hash []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(name + "\x00"))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(seq)))
	h.Write(hash)
	return h.Sum(nil)
}

// AuditLog appends to the chain. Only one may be in use.
type AuditLog struct {
	s   *Store
	key []byte

	mu   sync.Mutex
	head *seal // nil: to be read
}

// AuditLog gives the one that seals with key.
func (s *Store) AuditLog(key []byte) *AuditLog { return &AuditLog{s: s, key: key} }

// Append adds records to the end, all or none of them, and fills in their numbers and
// hashes. They are on disk when it returns.
func (a *AuditLog) Append(ctx context.Context, records []Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var end seal
	err := a.s.tx(ctx, func(tx *sql.Tx) error {
		if a.head == nil {
			head, err := a.find(ctx, tx)
			if err != nil {
				return err
			}
			a.head = &head
		}
		end = *a.head
		for i := range records {
			r := &records[i]
			r.Seq, r.At, r.Hash = end.seq+1, fromMS(ms(r.At)), nil
			r.Hash = chained(end.hash, *r)
			end.seq, end.hash = r.Seq, r.Hash
			if err := insertRecord(ctx, tx, r); err != nil {
				return err
			}
		}
		return a.putSeal(ctx, tx, headSeal, end.seq, end.hash)
	})
	if err != nil {
		a.head = nil // whether it was written, the file knows
		return err
	}
	a.head = &end
	return nil
}

func insertRecord(ctx context.Context, tx *sql.Tx, r *Record) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO audit (`+auditColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		r.Seq, ms(r.At), r.Event, r.Result, r.UserID, r.Username, r.Login, r.IP, r.OwnerID, r.AgentID, r.Machine, r.Session, r.Request, r.Detail, r.Hash)
	return err
}

func (a *AuditLog) putSeal(ctx context.Context, tx *sql.Tx, name string, seq int64, hash []byte) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO audit_seals (name, seq, hash, mac) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET seq = $2, hash = $3, mac = $4`, name, seq, hash, sealed(a.key, name, seq, hash))
	return err
}

// find is where to go on. A chain that was tampered with must not become sound by
// what is appended to it: the next record then follows nothing.
func (a *AuditLog) find(ctx context.Context, tx *sql.Tx) (seal, error) {
	head, err := readSeal(ctx, tx, headSeal)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return seal{}, err
	}
	known := err == nil
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM audit").Scan(&last); err != nil {
		return seal{}, err
	}
	switch {
	case !known && last == 0:
		return genesis, nil
	case known && last <= head.seq && hmac.Equal(head.mac, sealed(a.key, headSeal, head.seq, head.hash)):
		return head, nil
	}
	nothing := make([]byte, sha256.Size)
	_, _ = rand.Read(nothing)
	return seal{seq: max(last, head.seq), hash: nothing}, nil
}

func readSeal(ctx context.Context, tx *sql.Tx, name string) (x seal, err error) {
	err = tx.QueryRowContext(ctx, "SELECT seq, hash, mac FROM audit_seals WHERE name = $1", name).Scan(&x.seq, &x.hash, &x.mac)
	return x, err
}

// pruneAtOnce bounds how long the one writer is kept busy.
const pruneAtOnce = 10_000

// Prune removes the records before a time, from the beginning of the chain only, and
// leaves a sealed anchor in their place. It tells how many it removed.
func (a *AuditLog) Prune(ctx context.Context, before time.Time) (removed int64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		n, err := a.pruneSome(ctx, before)
		removed += n
		if err != nil || n < pruneAtOnce {
			return removed, err
		}
	}
}

func (a *AuditLog) pruneSome(ctx context.Context, before time.Time) (n int64, err error) {
	err = a.s.tx(ctx, func(tx *sql.Tx) error {
		var first, keep *int64 // the first there is, and the first that stays
		if err := tx.QueryRowContext(ctx, "SELECT min(seq) FROM audit").Scan(&first); err != nil || first == nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `
			SELECT coalesce((SELECT min(seq) FROM audit WHERE at >= $1), (SELECT max(seq) FROM audit))`, ms(before)).Scan(&keep)
		if err != nil {
			return err
		}
		through := min(*keep-1, *first+pruneAtOnce-1)
		if through < *first {
			return nil
		}
		var hash []byte
		if err := tx.QueryRowContext(ctx, "SELECT hash FROM audit WHERE seq = $1", through).Scan(&hash); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, "DELETE FROM audit WHERE seq <= $1", through)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil {
			return err
		}
		return a.putSeal(ctx, tx, anchorSeal, through, hash)
	})
	return n, err
}

// Rekey does all of it, and has the chain sealed with a fresh key from then on; or, when
// anything fails, nothing.
func (a *AuditLog) Rekey(ctx context.Context, r Rekeying, fresh []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.audit = func(ctx context.Context, tx *sql.Tx) error { return reseal(ctx, tx, a.key, fresh) }
	if err := a.s.rekey(ctx, r); err != nil {
		return err
	}
	a.key, a.head = fresh, nil
	return nil
}

// reseal seals the chain with another key, where the old one's seals are good.
func reseal(ctx context.Context, tx *sql.Tx, old, fresh []byte) error {
	for _, name := range []string{headSeal, anchorSeal} {
		x, err := readSeal(ctx, tx, name)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if !hmac.Equal(x.mac, sealed(old, name, x.seq, x.hash)) {
			continue // it stays as broken as it is
		}
		_, err = tx.ExecContext(ctx, "UPDATE audit_seals SET mac = $2 WHERE name = $1", name, sealed(fresh, name, x.seq, x.hash))
		if err != nil {
			return err
		}
	}
	return nil
}

// AuditQuery says which records are wanted. Zero values ask for nothing.
type AuditQuery struct {
	About   string // a user's id: what that user did, or what was done to the user or the user's machines
	User    string // id or name of who did it
	Machine string // id or name
	Event   string // or its first words
	Result  string
	IP      string
	Since   time.Time
	Until   time.Time
	After   int64 // a seq: what came after it, oldest first
	Before  int64 // a seq: the last ones before it
	Limit   int
}

const (
	auditColumns = "seq, at, event, result, user_id, username, login, ip, owner_id, agent_id, machine, session, request, detail, hash"
	selectAudit  = "SELECT " + auditColumns + " FROM audit "
)

func scanRecord(row scanner) (Record, error) {
	var r Record
	var at int64
	err := row.Scan(&r.Seq, &at, &r.Event, &r.Result, &r.UserID, &r.Username, &r.Login, &r.IP, &r.OwnerID,
		&r.AgentID, &r.Machine, &r.Session, &r.Request, &r.Detail, &r.Hash)
	r.At = fromMS(at)
	return r, fault(err)
}

// Audit lists records, oldest first: the ones right after q.After, or else the last
// ones that fit.
func (s *Store) Audit(ctx context.Context, q AuditQuery) ([]Record, error) {
	order := "DESC"
	if q.After > 0 {
		order = "ASC"
	}
	var since, until *int64
	if !q.Since.IsZero() {
		since = new(ms(q.Since))
	}
	if !q.Until.IsZero() {
		until = new(ms(q.Until))
	}
	about := "WHERE $3 = $3"
	if q.About != "" {
		about = "WHERE seq IN (SELECT seq FROM audit WHERE user_id = $3 UNION ALL SELECT seq FROM audit WHERE owner_id = $3)"
	}
	rows, err := s.read.QueryContext(ctx, selectAudit+about+`
			AND seq > $1 AND ($2 = 0 OR seq < $2)
			AND ($4 = '' OR user_id = $4 OR username = $4 COLLATE NOCASE)
			AND ($5 = '' OR agent_id = $5 OR machine = $5 COLLATE NOCASE)
			AND ($6 = '' OR event = $6 OR substr(event, 1, length($6) + 1) = $6 || ' ')
			AND ($7 = '' OR result = $7)
			AND ($8 = '' OR ip = $8)
			AND ($9 IS NULL OR at >= $9) AND ($10 IS NULL OR at < $10)
		ORDER BY seq `+order+` LIMIT $11`,
		q.After, q.Before, q.About, q.User, q.Machine, q.Event, q.Result, q.IP, since, until, q.Limit)
	list, err := collect(rows, err, scanRecord)
	if order == "DESC" {
		slices.Reverse(list)
	}
	return list, err
}

// LastRecord is the number of the newest one, 0 if there is none.
func (s *Store) LastRecord(ctx context.Context) (seq int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM audit").Scan(&seq)
	return seq, fault(err)
}

var errNoAudit = wire.ErrNotFound.With("that file holds no audit log: is it the database of a vsay server?")
