package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"math"
	"time"

	"vsay/internal/wire"
)

// Machine is an enrolled host.
type Machine struct {
	AgentID      string
	UserID       string
	Owner        string // the user's name
	Name         string // unique among the user's machines, in any case
	Wanted       string // the name its agent asked for last
	Description  string
	OS, Arch     string
	IP           string
	AgentVersion string
	Labels       map[string]string
	PublicKey    []byte // Ed25519
	KeyGen       int64  // of the API key it was enrolled with
	Counter      uint64 // the last one it signed
	Facts        wire.Facts
	CreatedAt    time.Time
	LastActive   *time.Time // nil: enrolled, never seen
	Pending      bool       // it may do nothing until its owner accepts it
	Sessions     int        // that run there

	// What its owner says in place of the machine; empty: what it says itself counts.
	OwnDescription string
	OwnLabels      map[string]string
}

// Wire is the machine as the API shows it.
func (m Machine) Wire(online bool) wire.Machine {
	w := wire.Machine{
		AgentID: m.AgentID, Name: m.Name, Description: m.Description, OS: m.OS, Arch: m.Arch,
		IPAddress: m.IP, Status: wire.StatusOffline,
		CPUPercent: m.Facts.CPUPercent, MemoryPercent: m.Facts.MemoryPercent, DiskPercent: m.Facts.DiskPercent,
		Uptime: m.Facts.Uptime, LastActive: m.LastActive, AgentVersion: m.AgentVersion, Owner: m.Owner, Labels: m.Labels,
		Sessions: m.Sessions,
	}
	switch {
	case m.Pending:
		w.Status = wire.StatusPending
	case online:
		w.Status = wire.StatusOnline
	}
	if m.OwnDescription != "" {
		w.Description = m.OwnDescription
	}
	if len(m.OwnLabels) > 0 {
		w.Labels = m.OwnLabels
	}
	if w.Labels == nil {
		w.Labels = map[string]string{} // {} and not null
	}
	return w
}

// Says tells whether the machine would say the same of itself again, but for how busy
// it is: there is nothing to write then.
func (m Machine) Says(hello wire.Hello, ip string) bool {
	return (hello.Name == m.Wanted || hello.Name == "") && m.Description == hello.Description &&
		m.OS == hello.OS && m.Arch == hello.Arch && m.AgentVersion == hello.AgentVersion && m.IP == ip && maps.Equal(m.Labels, hello.Labels)
}

const selectMachine = `
	SELECT m.agent_id, m.user_id, u.username, m.name, m.wanted_name, m.description, m.os, m.arch, m.ip, m.agent_version, m.labels,
		m.public_key, m.key_gen, m.counter, m.cpu, m.memory, m.disk, m.uptime, m.created_at, m.last_active, m.pending, m.own_description, m.own_labels,
		(SELECT count(*) FROM sessions x WHERE x.agent_id = m.agent_id AND x.ended_at IS NULL)
	FROM machines m JOIN users u ON u.id = m.user_id `

func scanMachine(row scanner) (Machine, error) {
	var (
		m       Machine
		labels  string
		own     string
		counter int64
		created int64
		seen    *int64
	)
	err := row.Scan(&m.AgentID, &m.UserID, &m.Owner, &m.Name, &m.Wanted, &m.Description, &m.OS, &m.Arch, &m.IP, &m.AgentVersion, &labels,
		&m.PublicKey, &m.KeyGen, &counter, &m.Facts.CPUPercent, &m.Facts.MemoryPercent, &m.Facts.DiskPercent, &m.Facts.Uptime, &created, &seen, &m.Pending, &m.OwnDescription, &own, &m.Sessions)
	if err != nil {
		return Machine{}, fault(err)
	}
	m.Counter, m.CreatedAt, m.LastActive = uint64(counter), fromMS(created), fromNullMS(seen)
	if own != "{}" {
		err = wire.Decode([]byte(own), &m.OwnLabels)
	}
	return m, errors.Join(err, wire.Decode([]byte(labels), &m.Labels))
}

// MachineByID finds a machine, or fails with wire.ErrNotFound.
func (s *Store) MachineByID(ctx context.Context, agentID string) (Machine, error) {
	return scanMachine(s.read.QueryRowContext(ctx, selectMachine+"WHERE m.agent_id = $1", agentID))
}

// MachinesOf lists a user's machines by name.
func (s *Store) MachinesOf(ctx context.Context, userID string) ([]Machine, error) {
	rows, err := s.read.QueryContext(ctx, selectMachine+"WHERE m.user_id = $1 ORDER BY m.name", userID)
	return collect(rows, err, scanMachine)
}

// CountMachines counts a user's machines, but for the one with that public key.
func (s *Store) CountMachines(ctx context.Context, userID string, but []byte) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM machines WHERE user_id = $1 AND public_key <> $2", userID, but).Scan(&n)
	return n, fault(err)
}

// DeleteMachine takes the machine's credential and ends its sessions, whose holders'
// secrets are then good for hearing that, and for nothing else. A machine of somebody else is wire.ErrNotFound.
func (s *Store) DeleteMachine(ctx context.Context, userID, agentID string) error {
	now := ms(time.Now())
	return s.tx(ctx, func(tx *sql.Tx) error {
		err := one(tx.ExecContext(ctx, "DELETE FROM machines WHERE agent_id = $1 AND user_id = $2", agentID, userID))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE sessions SET ended_at = $2, void = 1 WHERE agent_id = $1 AND ended_at IS NULL`, agentID, now)
		if err != nil {
			return err
		}
		return revoked(ctx, tx, now, "machine", agentID)
	})
}

// ApproveMachine lets a machine in that waits for it. One that is in already stays so.
func (s *Store) ApproveMachine(ctx context.Context, agentID string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, "UPDATE machines SET pending = 0 WHERE agent_id = $1", agentID))
	})
}

// AdvanceCounter takes the counter of a signature that was checked. One that
// does not grow is wire.ErrForbidden: the signature, or the key, was copied.
func (s *Store) AdvanceCounter(ctx context.Context, agentID string, counter uint64) error {
	if counter > math.MaxInt64 {
		return wire.ErrForbidden
	}
	return s.together(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := one(tx.ExecContext(ctx, "UPDATE machines SET counter = $2 WHERE agent_id = $1 AND counter < $2", agentID, int64(counter)))
		if errors.Is(err, wire.ErrNotFound) {
			return wire.ErrForbidden
		}
		return err
	})
}

// Sighting is what a machine said of itself, and when.
type Sighting struct {
	AgentID string
	Facts   wire.Facts
	At      time.Time
}

// SawFacts keeps the last facts of many machines with one write to the disk.
// Those that are not there any more are passed over.
func (s *Store) SawFacts(ctx context.Context, seen []Sighting) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		for _, x := range seen {
			_, err := tx.ExecContext(ctx, `
				UPDATE machines SET cpu = $2, memory = $3, disk = $4, uptime = $5, last_active = $6 WHERE agent_id = $1`,
				x.AgentID, x.Facts.CPUPercent, x.Facts.MemoryPercent, x.Facts.DiskPercent, x.Facts.Uptime, ms(x.At))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
