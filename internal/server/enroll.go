package server

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"vsay/internal/store"
	"vsay/internal/wire"
)

var errBadKey = wire.ErrUnauthed.With("that API key is not valid: copy it again, from vsay api-key")

// enroll exchanges an API key for the credential of one machine: the public half
// of a key that never leaves it. All an API key can do is add machines.
func (s *Server) enroll(w http.ResponseWriter, r *http.Request) error {
	body, err := read[wire.Enroll](w, r)
	if err != nil {
		return err
	}
	u, err := s.ownerOf(r.Context(), body.APIKey)
	if err == nil {
		err = s.checkEnrollment(r, u, body)
	}
	if err != nil {
		s.audit(r, "enrollment refused", "user", u.ID, "why", wire.AsError(err).Code)
		return err
	}
	hello, err := tidyHello(body.Hello)
	if err != nil {
		return err
	}
	if err := s.paces.enrollments.take(u.ID, s.now()); err != nil {
		return err
	}
	s.enrolling.Lock()
	defer s.enrolling.Unlock()
	if err := s.roomForMachine(r.Context(), u, body.PublicKey); err != nil {
		return err
	}
	m, err := s.store.EnrollMachine(r.Context(), store.Machine{
		AgentID: randomID(), UserID: u.ID, Owner: u.Username, Name: hello.Name, Description: hello.Description,
		OS: hello.OS, Arch: hello.Arch, IP: clientIP(r), AgentVersion: hello.AgentVersion, Labels: hello.Labels,
		PublicKey: body.PublicKey, KeyGen: u.KeyGen, CreatedAt: s.now(), Pending: s.cfg.ApproveMachines,
	})
	if err != nil {
		return err
	}
	s.live.stir(u.ID)
	s.audit(r, "machine enrolled", "user", u.ID, "username", u.Username, "machine", m.AgentID, "machine_name", m.Name, "pending", m.Pending)
	return answer(w, http.StatusOK, wire.Enrolled{AgentID: m.AgentID, Name: m.Name, Pending: m.Pending})
}

// roomForMachine says no to one machine more than a user may have. One that is
// there already may come again.
func (s *Server) roomForMachine(ctx context.Context, u store.User, publicKey []byte) error {
	n, err := s.store.CountMachines(ctx, u.ID, publicKey)
	if err == nil && n >= s.cfg.Limits.MachinesPerUser {
		return wire.ErrSlowDown.With("this account has %d machines, and may not have more: delete some, or have the server's --limit machines-per-user raised", n)
	}
	return err
}

// ownerOf finds whose API key this is. Any that is nobody's looks the same.
func (s *Server) ownerOf(ctx context.Context, key string) (store.User, error) {
	id, secret, ok := parseKey(key)
	if !ok {
		return store.User{}, errBadKey
	}
	u, err := s.store.UserByKeyID(ctx, id)
	if err != nil && !errors.Is(err, wire.ErrNotFound) {
		return store.User{}, err
	}
	if !s.keys.ownsKey(u, secret) || u.Disabled {
		return store.User{}, errBadKey
	}
	return u, nil
}

// checkEnrollment makes sure that whoever enrolls holds the machine's key, and
// meant this server.
func (s *Server) checkEnrollment(r *http.Request, u store.User, body wire.Enroll) error {
	if len(body.PublicKey) != ed25519.PublicKeySize {
		return wire.ErrBadRequest.With("the machine's public key has %d bytes and not %d", len(body.PublicKey), ed25519.PublicKeySize)
	}
	host := s.signedHost(r)
	if !ed25519.Verify(body.PublicKey, wire.EnrollText(host, body.PublicKey, u.KeyID), body.Signature) {
		return wire.ErrForbidden.With("the machine did not sign for this server: have it dial %s", host)
	}
	return nil
}

// signedHost is the name of this server that a machine has to sign. Where the
// server was told its own, only that counts (beside loopback): else a server in
// between could pass a signature on that was meant for itself.
func (s *Server) signedHost(r *http.Request) string {
	asked := strings.ToLower(r.Host)
	if s.public == nil || isLoopback(asked) {
		return asked
	}
	return strings.ToLower(s.public.Host)
}

func isLoopback(hostport string) bool {
	host := (&url.URL{Host: hostport}).Hostname()
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && addr.IsLoopback())
}
