package server

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

// machineFor finds a machine that the caller may reach. One of somebody else is
// as unknown as one that is not there.
func (s *Server) machineFor(ctx context.Context, me caller, agentID string) (store.Machine, error) {
	m, err := s.store.MachineByID(ctx, agentID)
	if err == nil && m.UserID != me.User.ID {
		m, err = store.Machine{}, wire.ErrNotFound
	}
	if errors.Is(err, wire.ErrNotFound) {
		s.auditAs(me, "access denied", "machine", agentID)
	}
	return m, err
}

// present is the machine as it is now.
func (s *Server) present(m store.Machine) wire.Machine {
	facts, online := s.relay.Facts(m.AgentID)
	if online {
		m.Facts = tidyFacts(facts)
	}
	return m.Wire(online)
}

func (s *Server) listMachines(w http.ResponseWriter, r *http.Request, me caller) error {
	if wantsEvents(r) {
		return s.liveMachines(me, s.newStream(w, r, me))
	}
	list, err := s.machinesOf(r.Context(), me.User.ID)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, list)
}

// machinesOf is a user's machines as they are now.
func (s *Server) machinesOf(ctx context.Context, userID string) (wire.Machines, error) {
	machines, err := s.store.MachinesOf(ctx, userID)
	list := wire.Machines{Machines: make([]wire.Machine, 0, len(machines))}
	for _, m := range machines {
		list.Machines = append(list.Machines, s.present(m))
	}
	return list, err
}

func (s *Server) oneMachine(w http.ResponseWriter, r *http.Request, me caller) error {
	m, err := s.machineFor(r.Context(), me, r.PathValue("agent_id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wire.OneMachine{Machine: s.present(m)})
}

// deleteMachine takes the machine's credential, ends what runs on it and cuts
// everything it has open.
func (s *Server) deleteMachine(w http.ResponseWriter, r *http.Request, me caller) error {
	id := r.PathValue("agent_id")
	m, err := s.machineFor(r.Context(), me, id)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(r.Context())
	running, err := s.store.RunningSessions(ctx, id)
	if err != nil {
		return err
	}
	if err := s.store.DeleteMachine(ctx, me.User.ID, id); err != nil {
		return err
	}
	s.seen.forget(id)
	gone := wire.ErrNotFound.With("this machine was deleted")
	s.relay.Cut(gone, func(who relay.Who) bool { return who.AgentID == id && who.Login != "" })
	s.endAll(ctx, running)
	s.relay.Cut(gone, func(who relay.Who) bool { return who.AgentID == id })
	s.live.stir(me.User.ID)
	s.auditAs(me, "machine deleted", "machine", id, "machine_name", m.Name)
	return answer(w, http.StatusOK, wire.Signed{Message: "Machine deleted successfully"})
}

// farewell is how long machines that are being taken out have to hear of it.
const farewell = 500 * time.Millisecond

// endAll has machines end sessions while they can still be told. What runs on one
// that is offline is told when it asks (see sessionLive).
func (s *Server) endAll(ctx context.Context, sessions []store.Session) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	var told sync.WaitGroup
	for _, x := range sessions {
		told.Go(func() {
			if err := s.relay.Ask(ctx, x.AgentID, wire.KindEnd, wire.End{Session: x.ID}); err != nil {
				s.log.Warn("a session runs on until its machine is back", "session_id", x.ID, "agent_id", x.AgentID, "err", err)
			}
			s.over(x)
		})
	}
	told.Wait()
}

// dashboard is the body of GET /api/dashboard/stats; the averages, in percent, are
// over the machines that are online.
type dashboard struct {
	OnlineCount  int     `json:"online_count"`
	OfflineCount int     `json:"offline_count"`
	AvgCPU       float64 `json:"avg_cpu"`
	AvgMemory    float64 `json:"avg_memory"`
	AvgDisk      float64 `json:"avg_disk"`
}

func (s *Server) stats(w http.ResponseWriter, r *http.Request, me caller) error {
	machines, err := s.store.MachinesOf(r.Context(), me.User.ID)
	if err != nil {
		return err
	}
	var d dashboard
	for _, m := range machines {
		shown := s.present(m)
		if shown.Status == wire.StatusOffline {
			d.OfflineCount++
			continue
		}
		d.OnlineCount++
		d.AvgCPU += shown.CPUPercent
		d.AvgMemory += shown.MemoryPercent
		d.AvgDisk += shown.DiskPercent
	}
	if n := float64(d.OnlineCount); n > 0 {
		d.AvgCPU, d.AvgMemory, d.AvgDisk = d.AvgCPU/n, d.AvgMemory/n, d.AvgDisk/n
	}
	return answer(w, http.StatusOK, d)
}
