package server

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

const (
	machineScheme = "Vsay-Machine" // Authorization: Vsay-Machine <agent_id>.<counter>.<nonce>.<signature>
	challengeLife = 60 * time.Second
)

var errBadMachine = wire.ErrUnauthed.With("this machine is not enrolled here, or its key is another: start its agent once with an API key")

// challenge hands out something to sign. It keeps nothing: the nonce is a time
// and a MAC, and what makes it good for once is the counter signed beside it. An
// agent_id is known to who belongs there: others wait apart, so that no stranger can
// use up the turns of machines.
func (s *Server) challenge(w http.ResponseWriter, r *http.Request) error {
	body, err := read[wire.Challenge](w, r)
	if err != nil {
		return err
	}
	if body.AgentID == "" {
		return wire.ErrBadRequest.With("agent_id is missing")
	}
	m, err := s.store.MachineByID(r.Context(), body.AgentID)
	if err != nil && !errors.Is(err, wire.ErrNotFound) {
		return err
	}
	if err := s.machines.pass(m.UserID, time.Now()); err != nil {
		return err
	}
	return answer(w, http.StatusOK, wire.Challenged{Nonce: s.nonce(body.AgentID, s.now())})
}

func (s *Server) nonce(agentID string, at time.Time) string {
	stamp := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(stamp, mac(s.keys.challenge, stamp, []byte(agentID))...))
}

// freshNonce tells whether a nonce is ours, for that machine and of late.
func (s *Server) freshNonce(agentID, nonce string) bool {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) < 8 {
		return false
	}
	at := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	age := s.now().Sub(at)
	return age > -time.Second && age <= challengeLife && hmac.Equal([]byte(nonce), []byte(s.nonce(agentID, at)))
}

// machineOf finds the machine that opens a control link: its signature, then
// its counter, then whether its owner still wants it. What is wrong with the
// first two is not told apart.
func (s *Server) machineOf(r *http.Request) (store.Machine, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return store.Machine{}, errBadMachine
	}
	claim, ok := parseClaim(headers[0])
	if !ok || !s.freshNonce(claim.agentID, claim.nonce) {
		return store.Machine{}, errBadMachine
	}
	m, err := s.store.MachineByID(r.Context(), claim.agentID)
	switch {
	case errors.Is(err, wire.ErrNotFound):
		return store.Machine{}, errBadMachine
	case err != nil:
		return store.Machine{}, err
	}
	text := wire.ChallengeText(s.signedHost(r), m.AgentID, claim.nonce, claim.counter)
	if !ed25519.Verify(m.PublicKey, text, claim.signature) {
		return store.Machine{}, errBadMachine
	}
	if err := s.store.AdvanceCounter(r.Context(), m.AgentID, claim.counter); err != nil {
		return store.Machine{}, s.copied(r, m, claim.counter, err)
	}
	if claim.counter > m.Counter+1 {
		// Its last answers got lost, or somebody with a copy of its key is on the way.
		s.audit(r, "machine counter jumped", "user", m.UserID, "machine", m.AgentID, "counter", claim.counter, "last", m.Counter)
	}
	m.Counter = claim.counter
	return m, s.machineLive(r.Context(), m)
}

// copied raises the alarm when a counter did not grow.
func (s *Server) copied(r *http.Request, m store.Machine, counter uint64, err error) error {
	if !errors.Is(err, wire.ErrForbidden) {
		return err
	}
	s.audit(r, "machine key used twice", "user", m.UserID, "machine", m.AgentID, "counter", counter, "last", m.Counter)
	return wire.ErrUnauthed.With("this machine's key is in use elsewhere too, or its state was set back: start its agent once with an API key")
}

// machineLive fails when the machine was deleted, its API key replaced or its
// owner disabled. A link asks again after the relay knows of it, as stillLive.
func (s *Server) machineLive(ctx context.Context, m store.Machine) error {
	now, err := s.store.MachineByID(ctx, m.AgentID)
	if errors.Is(err, wire.ErrNotFound) {
		return errBadMachine
	}
	if err != nil {
		return err
	}
	owner, err := s.store.UserByID(ctx, now.UserID)
	switch {
	case err != nil:
		return err
	case now.Pending: // before the others, which an agent takes for final: after a restore all may change
		return wire.ErrPending
	case owner.Disabled:
		return errBadMachine
	case now.KeyGen != owner.KeyGen:
		return errOldKey
	}
	return nil
}

type claim struct {
	agentID   string
	counter   uint64
	nonce     string
	signature []byte
}

func parseClaim(header string) (claim, bool) {
	rest, ok := strings.CutPrefix(header, machineScheme+" ")
	parts := strings.Split(rest, ".")
	if !ok || len(parts) != 4 {
		return claim{}, false
	}
	counter, err1 := strconv.ParseUint(parts[1], 10, 63)
	signature, err2 := base64.RawURLEncoding.DecodeString(parts[3])
	return claim{parts[0], counter, parts[2], signature}, err1 == nil && err2 == nil
}
