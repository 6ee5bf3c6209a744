//go:build unix

package agent

import (
	"sync"

	"vsay/internal/session"
	"vsay/internal/wire"
)

// look asks those sessions how they are, all at once. What does not answer soon
// is left out: the others are not to wait for it.
func (h *holders) look(ids []string) []wire.State {
	ids = ids[:min(len(ids), wire.MaxLook)]
	said := make([]*wire.State, len(ids))
	var asked sync.WaitGroup
	for i, id := range ids {
		asked.Go(func() { said[i] = h.lookAt(id) })
	}
	asked.Wait()
	states := []wire.State{}
	for _, s := range said {
		if s != nil {
			states = append(states, *s)
		}
	}
	return states
}

// lookAt is nil when the session has ended, is stuck, or has a holder from before
// there was anything to say.
func (h *holders) lookAt(id string) (s *wire.State) {
	_ = h.with(id, func(socket string) (err error) {
		s, err = session.Look(socket)
		return err
	})
	if s == nil || s.Session != id {
		return nil
	}
	return s
}
