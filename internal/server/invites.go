package server

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// An invitation's code is vsay_inv_<secret><checksum>, in base62, made as API keys
// are: there is no guessing it, so its plain hash is all that has to be kept.
const (
	invitePrefix  = "vsay_inv_"
	inviteLife    = 72 * time.Hour
	inviteLongest = 365 * 24 * 60 * 60 // seconds
)

func newInviteCode() (code string, hash []byte) {
	code = invitePrefix + randomBase62(secretLen)
	code += checksum(code)
	return code, hashInvite(code)
}

func hashInvite(code string) []byte {
	sum := sha256.Sum256([]byte(strings.TrimSpace(code)))
	return sum[:]
}

// OwnerInvite makes the invitation for the account that will run this installation,
// and voids the one before. It is empty where somebody has an account, and where
// everybody may make one.
func (s *Server) OwnerInvite(ctx context.Context) (code string, err error) {
	if s.cfg.Signup == signupOpen {
		return "", nil
	}
	code, hash := newInviteCode()
	made, err := s.store.CreateOwnerInvite(ctx, store.Invite{ID: randomID(), Hash: hash, CreatedAt: s.now()})
	if err != nil || !made {
		return "", s.unusable(err)
	}
	return code, nil
}

// mayJoin refuses, before anything is spent on it, a signup that is not wanted. The
// hash is that of the invitation, nil where nobody needs one.
func (s *Server) mayJoin(ctx context.Context, invite, email string) (hash []byte, err error) {
	switch {
	case s.cfg.Signup == signupOpen:
		return nil, nil
	case invite == "":
		return nil, s.uninvited()
	}
	hash = hashInvite(invite)
	return hash, s.store.CheckInvite(ctx, hash, email, s.now(), s.cfg.Signup == signupInvite)
}

func (s *Server) uninvited() error {
	if s.cfg.Signup == signupInvite {
		return wire.ErrUninvited
	}
	return wire.ErrForbidden.With("signup is closed on this server: ask its administrator for an account")
}

// join stores a new account, together with the end of its invitation.
func (s *Server) join(ctx context.Context, u store.User, invite []byte) error {
	if invite == nil {
		return s.store.CreateUser(ctx, u)
	}
	return s.store.CreateInvitedUser(ctx, u, invite, s.now(), s.cfg.Signup == signupInvite)
}

func (s *Server) createInvite(w http.ResponseWriter, r *http.Request, me caller) error {
	body, err := readOptional[wire.NewInvite](w, r)
	if err != nil {
		return err
	}
	if s.cfg.Signup == signupClosed {
		return wire.ErrForbidden.With("signup is closed on this server, to those with an invitation too: start it with --signup invite")
	}
	if body.Email != "" {
		if body.Email, err = canonicalEmail(body.Email); err != nil {
			return err
		}
	}
	life := inviteLife
	if body.ExpiresIn != 0 {
		life = time.Duration(body.ExpiresIn) * time.Second
	}
	if body.ExpiresIn < 0 || body.ExpiresIn > inviteLongest {
		return wire.ErrBadRequest.With("an invitation lasts between a second and a year")
	}
	code, hash := newInviteCode()
	now := s.now().UTC()
	ends := now.Add(life)
	in := store.Invite{ID: randomID(), Hash: hash, Email: body.Email, CreatedBy: me.User.Username, CreatedAt: now, ExpiresAt: &ends}
	if err := s.store.CreateInvite(r.Context(), in, me.User.ID); err != nil {
		return err
	}
	s.auditAs(me, "invited", "invite", in.ID, "email", in.Email)
	shown := shownInvite(in)
	shown.Code = code
	return answer(w, http.StatusCreated, wire.OneInvite{Invite: shown})
}

func shownInvite(in store.Invite) wire.Invite {
	return wire.Invite{
		ID: in.ID, Email: in.Email, CreatedBy: in.CreatedBy, CreatedAt: in.CreatedAt,
		ExpiresAt: in.ExpiresAt, UsedAt: in.UsedAt, UsedBy: in.UsedBy,
	}
}

func (s *Server) listInvites(w http.ResponseWriter, r *http.Request, _ caller) error {
	all, err := s.store.Invites(r.Context())
	if err != nil {
		return err
	}
	list := wire.Invites{Invites: make([]wire.Invite, len(all))}
	for i, in := range all {
		list.Invites[i] = shownInvite(in)
	}
	return answer(w, http.StatusOK, list)
}

func (s *Server) deleteInvite(w http.ResponseWriter, r *http.Request, me caller) error {
	id := r.PathValue("id")
	if err := s.store.DeleteInvite(r.Context(), id); err != nil {
		return err
	}
	s.auditAs(me, "invitation taken back", "invite", id)
	return answer(w, http.StatusOK, wire.Signed{Message: "Invitation taken back"})
}
