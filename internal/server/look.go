package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"vsay/internal/wire"
)

// lookWithin bounds how long a list waits for machines to say how their sessions are.
const lookWithin = time.Second

// look fills in what only the machines know of running sessions. It asks them
// now, all at once: so a session that nobody asks about costs nobody anything.
// What does not answer in time stays unknown.
func (s *Server) look(ctx context.Context, list []wire.Session) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	running := map[string][]*wire.Session{} // by machine
	for i := range list {
		if x := &list[i]; x.Status != wire.StatusClosed {
			running[x.AgentID] = append(running[x.AgentID], x)
		}
	}
	var asked sync.WaitGroup
	for agentID, there := range running {
		for some := range slices.Chunk(there, wire.MaxLook) {
			asked.Go(func() { s.lookAt(ctx, agentID, some) })
		}
	}
	asked.Wait()
}

// lookAt asks one machine about some of its sessions. It may be a hostile one:
// only what it was asked for counts, once, and within bounds.
func (s *Server) lookAt(ctx context.Context, agentID string, some []*wire.Session) {
	unknown := make(map[string]*wire.Session, len(some))
	ids := make([]string, len(some))
	for i, x := range some {
		unknown[x.SessionID], ids[i] = x, x.SessionID
	}
	states, err := s.relay.Look(ctx, agentID, ids)
	if err != nil {
		return // offline, too old, or slow: the list says what it can
	}
	for _, state := range states {
		if x := unknown[state.Session]; x != nil {
			delete(unknown, state.Session)
			tell(x, state)
		}
	}
}

// tell writes into a session what its machine says of it.
func tell(x *wire.Session, state wire.State) {
	age := max(0, int64(time.Since(x.StartedAt)/time.Second))
	idle := min(max(0, state.Idle), age)
	x.IdleSeconds = &idle
	x.Foreground = oneLine(state.Foreground, wire.MaxForeground)
	x.Title = oneLine(state.Title, wire.MaxTitle)
	x.Cols, x.Rows = state.Cols, state.Rows
}
