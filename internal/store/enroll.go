package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vsay/internal/wire"
)

// EnrollMachine lets a machine in under the API key generation m.KeyGen. The
// same public key of the same user is the same machine: it keeps its agent_id,
// and its name unless it now asks for another. A public key that belongs to
// another user is wire.ErrForbidden. A name in use becomes name-2, name-3 and so
// on. The counter starts again, since whoever lost it proved to hold both the
// machine's key and the user's.
func (s *Store) EnrollMachine(ctx context.Context, m Machine) (Machine, error) {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if err := currentKey(ctx, tx, m); err != nil {
			return err
		}
		old, err := scanMachine(tx.QueryRowContext(ctx, selectMachine+"WHERE m.public_key = $1", m.PublicKey))
		switch {
		case errors.Is(err, wire.ErrNotFound):
		case err != nil:
			return err
		case old.UserID != m.UserID:
			return wire.ErrForbidden.With("this machine's key belongs to another account: remove it from the agent's state folder and start again")
		default:
			m.AgentID, m.CreatedAt, m.Pending = old.AgentID, old.CreatedAt, old.Pending
		}
		if err := nameMachine(ctx, tx, &m, old); err != nil {
			return err
		}
		return putMachine(ctx, tx, m)
	})
	m.Counter = 0
	return m, err
}

// SawMachine notes what an agent says when its control link opens, at a time and
// from an address. A machine that asks for another name than before is renamed.
func (s *Store) SawMachine(ctx context.Context, agentID string, hello wire.Hello, ip string, at time.Time) error {
	return s.together(ctx, func(ctx context.Context, tx *sql.Tx) error {
		old, err := scanMachine(tx.QueryRowContext(ctx, selectMachine+"WHERE m.agent_id = $1", agentID))
		if err != nil {
			return err
		}
		m := old
		m.Name, m.Description, m.OS, m.Arch = hello.Name, hello.Description, hello.OS, hello.Arch
		m.IP, m.AgentVersion, m.Labels = ip, hello.AgentVersion, hello.Labels
		if err := nameMachine(ctx, tx, &m, old); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE machines SET name = $2, wanted_name = $3, description = $4, os = $5, arch = $6, ip = $7,
				agent_version = $8, labels = $9, cpu = $10, memory = $11, disk = $12, uptime = $13, last_active = $14
			WHERE agent_id = $1`,
			agentID, m.Name, m.Wanted, m.Description, m.OS, m.Arch, m.IP, m.AgentVersion, labels(m.Labels),
			hello.Facts.CPUPercent, hello.Facts.MemoryPercent, hello.Facts.DiskPercent, hello.Facts.Uptime, ms(at))
		return err
	})
}

// currentKey fails when the API key was replaced while the machine enrolled.
func currentKey(ctx context.Context, tx *sql.Tx, m Machine) error {
	var ok bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1 AND key_gen = $2 AND disabled = 0)",
		m.UserID, m.KeyGen).Scan(&ok)
	if err == nil && !ok {
		return wire.ErrUnauthed.With("that API key was replaced: use the new one")
	}
	return err
}

// nameMachine turns the name that m asks for into the one it gets.
func nameMachine(ctx context.Context, tx *sql.Tx, m *Machine, old Machine) error {
	asked := m.Name
	if old.AgentID != "" && (asked == old.Wanted || asked == "") {
		m.Name, m.Wanted = old.Name, old.Wanted
		return nil
	}
	m.Wanted = asked
	for n := 2; ; n++ {
		var taken bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM machines WHERE user_id = $1 AND name = $2 AND agent_id <> $3)",
			m.UserID, m.Name, m.AgentID).Scan(&taken)
		if err != nil || !taken {
			return err
		}
		m.Name = fmt.Sprintf("%s-%d", asked, n)
	}
}

func putMachine(ctx context.Context, tx *sql.Tx, m Machine) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO machines (agent_id, user_id, name, wanted_name, description, os, arch, ip, agent_version, labels,
			public_key, key_gen, counter, created_at, pending)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14)
		ON CONFLICT (agent_id) DO UPDATE SET name = $3, wanted_name = $4, description = $5, os = $6, arch = $7, ip = $8,
			agent_version = $9, labels = $10, key_gen = $12, counter = 0`,
		m.AgentID, m.UserID, m.Name, m.Wanted, m.Description, m.OS, m.Arch, m.IP, m.AgentVersion, labels(m.Labels),
		m.PublicKey, m.KeyGen, ms(m.CreatedAt), m.Pending)
	return err
}

func labels(l map[string]string) string {
	if l == nil {
		return "{}"
	}
	return string(wire.Encode(l))
}
