package store

import (
	"context"
	"database/sql"
	"sync"
)

// group is the writes that many ask for at the same moment, as machines do that come
// back after a restart: they go to the disk together, since one wait for it costs
// more than a hundred of them.
type group struct {
	mu      sync.Mutex
	waiting []*share
	led     bool // somebody takes those that wait
}

// share is one of them.
type share struct {
	do   func(ctx context.Context, tx *sql.Tx) error
	err  error
	done chan struct{}
}

const groupMost = 100 // in one transaction: everybody else's writes wait for it

// together is tx in company: when it returns nil, what do did is on disk, and when do
// returned an error, nothing of it is. do may be done although ctx ended. Its own
// context never ends: a statement that is interrupted undoes what the others did.
func (d *db) together(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	x := &share{do: do, done: make(chan struct{})}
	g := &d.group
	g.mu.Lock()
	g.waiting = append(g.waiting, x)
	lead := !g.led
	g.led = true
	g.mu.Unlock()
	if lead {
		go d.lead(context.WithoutCancel(ctx))
	}
	select {
	case <-x.done:
		return x.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lead writes until nobody waits.
func (d *db) lead(ctx context.Context) {
	for {
		batch, err := d.writeGroup(ctx)
		if len(batch) == 0 {
			return
		}
		for _, x := range batch {
			if err != nil {
				x.err = err
			}
			x.err = d.fault(x.err)
			close(x.done)
		}
	}
}

// next takes those that wait, as many as go together.
func (g *group) next() []*share {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), groupMost)
	batch := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	if n == 0 {
		g.led, g.waiting = false, nil
	}
	return batch
}

// writeGroup is one transaction of all that wait once it is its turn. Its error is
// everybody's.
func (d *db) writeGroup(ctx context.Context) ([]*share, error) {
	tx, err := d.write.BeginTx(ctx, nil)
	batch := d.group.next()
	if err != nil {
		return batch, err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	for _, x := range batch {
		if err := x.apart(ctx, tx); err != nil {
			return batch, err
		}
	}
	return batch, tx.Commit()
}

// apart does one of them, and undoes it alone when it fails. An error says that the
// whole transaction is gone.
func (x *share) apart(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT share"); err != nil {
		return err
	}
	if x.err = x.do(ctx, tx); x.err != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO share"); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "RELEASE share")
	return err
}
