package server

import (
	"context"
	"sync"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// sightings gathers what machines say of themselves, so that thousands of
// heartbeats are one write to the disk.
type sightings struct {
	mu   sync.Mutex
	last map[string]store.Sighting
}

func newSightings() *sightings { return &sightings{last: map[string]store.Sighting{}} }

// note keeps the latest word of a machine until the next save.
func (x *sightings) note(agentID string, facts wire.Facts, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.last[agentID] = store.Sighting{AgentID: agentID, Facts: tidyFacts(facts), At: at}
}

func (x *sightings) forget(agentID string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.last, agentID)
}

func (x *sightings) take() []store.Sighting {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := make([]store.Sighting, 0, len(x.last))
	for _, seen := range x.last {
		all = append(all, seen)
	}
	clear(x.last)
	return all
}

func (s *Server) saveSightings(ctx context.Context) {
	seen := s.seen.take()
	if len(seen) == 0 {
		return
	}
	if err := s.store.SawFacts(ctx, seen); err != nil {
		s.log.Warn("what machines said last was not kept", "machines", len(seen), "err", err)
	}
}

// endSilent writes off sessions whose machine was away, and nobody with them, for
// longer than a session may live so. A machine that never comes back would leave
// them in every list, and nobody could end them.
func (s *Server) endSilent(ctx context.Context) error {
	silent, err := s.store.SilentSessions(ctx, s.now().Add(-s.cfg.DetachedTTL-time.Hour))
	if err != nil {
		return err
	}
	for _, x := range silent {
		if s.relay.Reachable(x.AgentID) {
			continue
		}
		if _, err := s.store.EndSession(ctx, x.ID, s.now(), nil); err != nil {
			return err
		}
		s.over(x)
	}
	return nil
}
