package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"vsay/internal/wire"
)

// VerifyAudit walks the whole chain, as it was at one moment, and tells the first
// thing that is wrong with it. Without a key the seals are not looked at, so that
// records may be missing at either end.
func (s *Store) VerifyAudit(ctx context.Context, key []byte) (wire.AuditCheck, error) {
	return verifyAudit(ctx, s.read, key)
}

// VerifyAuditFile is VerifyAudit of a file that nobody has to serve: of a server that
// is stopped, or a backup. Nothing is written to it.
func VerifyAuditFile(ctx context.Context, path string, key []byte) (wire.AuditCheck, error) {
	if _, err := os.Stat(path); err != nil {
		return wire.AuditCheck{}, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return wire.AuditCheck{}, err
	}
	pool, err := sql.Open("sqlite", fileURI(path)+"?mode=ro&_busy_timeout=5000&_query_only=1&_pragma=trusted_schema(0)&_dqs=0")
	if err != nil {
		return wire.AuditCheck{}, fault(err)
	}
	defer func() { _ = pool.Close() }()
	pool.SetMaxOpenConns(1)
	return verifyAudit(ctx, pool, key)
}

func verifyAudit(ctx context.Context, pool *sql.DB, key []byte) (wire.AuditCheck, error) {
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return wire.AuditCheck{}, fault(err)
	}
	defer func() { _ = tx.Rollback() }()
	c := &chain{key: key, check: wire.AuditCheck{Sealed: key != nil}}
	err = c.walk(ctx, tx)
	if isDamage(err) {
		c.fault(c.before.seq+1, "cannot be read: the file is damaged")
		err = nil
	}
	if isMissing(err) {
		return c.check, errNoAudit
	}
	c.check.OK = c.check.Problem == ""
	return c.check, fault(err)
}

// chain is a walk along it.
type chain struct {
	key    []byte
	before seal
	check  wire.AuditCheck
}

// fault notes the first thing that is wrong.
func (c *chain) fault(seq int64, format string, args ...any) {
	if c.check.Problem == "" {
		c.check.BadSeq = seq
		c.check.Problem = fmt.Sprintf("record %d ", seq) + fmt.Sprintf(format, args...)
	}
}

func (c *chain) walk(ctx context.Context, tx *sql.Tx) error {
	if err := c.start(ctx, tx); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, selectAudit+"ORDER BY seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && c.check.Problem == "" {
		if err := c.step(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || c.check.Problem != "" {
		return err
	}
	if err := c.end(ctx, tx); err != nil {
		return err
	}
	return c.indexes(ctx, tx)
}

// start is where the records begin: after what was pruned.
func (c *chain) start(ctx context.Context, tx *sql.Tx) error {
	anchor, err := readSeal(ctx, tx, anchorSeal)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		c.before = genesis
	case err != nil:
		return err
	default:
		c.before = anchor
		if c.key != nil && !hmac.Equal(anchor.mac, sealed(c.key, anchorSeal, anchor.seq, anchor.hash)) {
			c.fault(anchor.seq, "is said to be the last one that was pruned, and the seal on that is not this server's")
		}
	}
	c.check.First = c.before.seq + 1
	return nil
}

func (c *chain) step(rows *sql.Rows) error {
	want := c.before.seq + 1
	r, sound, err := strictRecord(rows)
	switch {
	case err != nil:
		return err
	case r.Seq != want:
		c.fault(want, "is missing")
	case !sound:
		c.fault(want, "was changed: a field has another type")
	case !bytes.Equal(r.Hash, chained(c.before.hash, r)):
		c.fault(want, "was changed, or the one before it was")
	default:
		c.before = seal{seq: r.Seq, hash: r.Hash}
		c.check.Records++
		c.check.Last, c.check.Head = r.Seq, fmt.Sprintf("%x", r.Hash)
	}
	return nil
}

// strictRecord reads a record without the driver's conversions, which would let a
// text pass that had become a blob.
func strictRecord(rows *sql.Rows) (r Record, sound bool, err error) {
	var v [15]any
	dest := make([]any, len(v))
	for i := range v {
		dest[i] = &v[i]
	}
	if err := rows.Scan(dest...); err != nil {
		return r, false, err
	}
	sound = true
	number := func(i int) int64 { n, ok := v[i].(int64); sound = sound && ok; return n }
	text := func(i int) string { s, ok := v[i].(string); sound = sound && ok; return s }
	r = Record{
		Seq: number(0), At: fromMS(number(1)), Event: text(2), Result: text(3), UserID: text(4), Username: text(5), Login: text(6),
		IP: text(7), OwnerID: text(8), AgentID: text(9), Machine: text(10), Session: text(11), Request: text(12), Detail: text(13),
	}
	hash, ok := v[14].([]byte)
	r.Hash = hash
	return r, sound && ok, nil
}

// end compares the last record with what the seal says of it.
func (c *chain) end(ctx context.Context, tx *sql.Tx) error {
	head, err := readSeal(ctx, tx, headSeal)
	last := c.before
	switch {
	case errors.Is(err, sql.ErrNoRows) && last.seq == 0:
	case errors.Is(err, sql.ErrNoRows):
		c.fault(last.seq, "is the last one, and nothing seals it")
	case err != nil:
		return err
	case c.key == nil:
	case !hmac.Equal(head.mac, sealed(c.key, headSeal, head.seq, head.hash)):
		c.fault(last.seq, "is the last one, and the seal on it is not this server's")
	case head.seq > last.seq:
		c.fault(last.seq+1, "is missing, and all up to %d", head.seq)
	case head.seq < last.seq:
		c.fault(head.seq+1, "was added after the end of the log was sealed")
	case !bytes.Equal(head.hash, last.hash):
		c.fault(last.seq, "is not the one that was sealed")
	}
	return nil
}

// indexes makes sure that a list shows the same records as this walk saw.
func (c *chain) indexes(ctx context.Context, tx *sql.Tx) error {
	var verdict string
	if err := tx.QueryRowContext(ctx, "PRAGMA integrity_check('audit')").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" && c.check.Problem == "" {
		c.check.Problem = "the records are sound, but an index of them is not: lists may leave some out (" + verdict + ")"
	}
	return nil
}
