package server

import (
	"net/http"

	"vsay/internal/wire"
)

// approveMachine lets a machine in that waits for its owner. Only a token does: who
// has no more than the API key cannot accept what he enrolled with it.
func (s *Server) approveMachine(w http.ResponseWriter, r *http.Request, me caller) error {
	m, err := s.machineFor(r.Context(), me, r.PathValue("agent_id"))
	if err != nil {
		return err
	}
	if err := s.store.ApproveMachine(r.Context(), m.AgentID); err != nil {
		return err
	}
	if m.Pending {
		s.auditAs(me, "machine approved", "machine", m.AgentID, "machine_name", m.Name)
	}
	m.Pending = false
	s.live.stir(me.User.ID)
	return answer(w, http.StatusOK, wire.OneMachine{Machine: s.present(m)})
}
