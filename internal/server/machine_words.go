package server

import (
	"net/http"

	"vsay/internal/wire"
)

var (
	errMachineName = wire.ErrBadRequest.With("a machine's name is up to 64 letters, digits, dots, dashes and underscores, and neither begins nor ends with . or -")
	errDescription = wire.ErrBadRequest.With("a description is one line of up to 256 bytes")
)

// changeMachine has a machine be called what its owner wants, whatever it says itself.
func (s *Server) changeMachine(w http.ResponseWriter, r *http.Request, me caller) error {
	body, err := read[wire.ChangeMachine](w, r)
	if err != nil {
		return err
	}
	m, err := s.machineFor(r.Context(), me, r.PathValue("agent_id"))
	if err != nil {
		return err
	}
	if err := checkWords(body); err != nil {
		return err
	}
	if err := s.paces.changes.take(me.User.ID, s.now()); err != nil {
		return err
	}
	was := m
	if body.Name != nil {
		m.Name = *body.Name
	}
	if body.Description != nil {
		m.OwnDescription = *body.Description
	}
	if body.Labels != nil {
		m.OwnLabels = *body.Labels
	}
	if err := s.store.DescribeMachine(r.Context(), m); err != nil {
		return err
	}
	if m, err = s.store.MachineByID(r.Context(), m.AgentID); err != nil {
		return err
	}
	s.live.stir(me.User.ID)
	s.auditAs(me, "machine changed", "machine", m.AgentID, "machine_name", m.Name, "from", was.Name,
		"description", m.OwnDescription, "labels", string(wire.Encode(m.OwnLabels)))
	return answer(w, http.StatusOK, wire.OneMachine{Machine: s.present(m)})
}

// checkWords refuses what could not be shown, or typed, as it is.
func checkWords(c wire.ChangeMachine) error {
	if c.Name != nil && *c.Name != "" && machineName(*c.Name) != *c.Name {
		return errMachineName
	}
	if c.Description != nil && oneLine(*c.Description, 256) != *c.Description {
		return errDescription
	}
	if c.Labels != nil {
		return checkLabels(*c.Labels)
	}
	return nil
}
