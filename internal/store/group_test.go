package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"vsay/internal/wire"
)

// One of a group that fails undoes what it did itself, and nothing of the others'.
func TestTogether(t *testing.T) {
	s := newStore(t)
	put := func(key string, more error) func(context.Context, *sql.Tx) error {
		return func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ($1, 'x')", key)
			return errors.Join(err, more)
		}
	}
	holds := func(key string) (found bool) {
		if err := s.read.QueryRow("SELECT EXISTS (SELECT 1 FROM meta WHERE key = $1)", key).Scan(&found); err != nil {
			t.Fatal(err)
		}
		return found
	}
	tx, err := s.write.Begin() // so that all of them wait
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	const many = groupMost + 50
	for i := range many {
		all.Go(func() {
			var want error
			if i%3 == 0 {
				want = wire.ErrForbidden
			}
			if err := s.together(t.Context(), put(fmt.Sprint("key", i), want)); !errors.Is(err, want) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	for i := range many {
		if got := holds(fmt.Sprint("key", i)); got != (i%3 != 0) {
			t.Errorf("%d is there: %t", i, got)
		}
	}
	// What undoes the whole transaction is everybody's failure, and not for good.
	rollback := func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, errors.New("the disk is full"))
	}
	if err := s.together(t.Context(), rollback); !errors.Is(err, wire.ErrUnavailable) {
		t.Errorf("a transaction that is gone: %v", err)
	}
	if err := s.together(t.Context(), put("after", nil)); err != nil || !holds("after") {
		t.Errorf("after that: %v", err)
	}
}
