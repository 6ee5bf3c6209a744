package server

import (
	"context"
	"net/http"

	"vsay/internal/wire"
)

// rotateKeys has a fresh key sign tokens. Nobody is signed out.
func (s *Server) rotateKeys(w http.ResponseWriter, r *http.Request, me caller) error {
	kid, err := s.rotateSigning(context.WithoutCancel(r.Context()), false)
	if err != nil {
		return err
	}
	s.auditAs(me, "signing key rotated", "key", kid)
	return answer(w, http.StatusOK, wire.KeyRotated{Message: "Signing key rotated", KeyID: kid})
}
