package store

import (
	"context"
	"database/sql"

	"vsay/internal/wire"
)

// DescribeMachine writes down what its owner wants a machine to be called and said of it:
// m.Name, m.OwnDescription and m.OwnLabels. An empty name is the one that its agent
// asked for, or a free one like it. A name in use is wire.ErrTaken, and a machine that
// is not there wire.ErrNotFound.
func (s *Store) DescribeMachine(ctx context.Context, m Machine) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if m.Name == "" {
			m.Name = m.Wanted
			if err := nameMachine(ctx, tx, &m, Machine{}); err != nil {
				return err
			}
		}
		res, err := tx.ExecContext(ctx, "UPDATE machines SET name = $2, own_description = $3, own_labels = $4 WHERE agent_id = $1",
			m.AgentID, m.Name, m.OwnDescription, labels(m.OwnLabels))
		if isUnique(err, "machines.") {
			return wire.ErrTaken.With("another machine of yours is called that already: choose another name")
		}
		return one(res, err)
	})
}
