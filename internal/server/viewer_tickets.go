package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// viewerTicketLife is how long a page has to open the terminal it got a ticket for.
const viewerTicketLife = 30 * time.Second

var errBadTicket = wire.ErrUnauthed.With("the ticket is not valid here, was used or has ended: ask for another one")

// bounds are what a caller's ticket allows; the zero value is everything.
type bounds struct {
	session  string // only this one
	readOnly bool   // and only to watch
}

// giveTicket answers with a ticket that opens one terminal, once, and soon: for a
// page, which can set no header of a WebSocket and must not have a token in its
// address. What would refuse the terminal refuses the ticket, where a page can
// read why.
func (s *Server) giveTicket(w http.ResponseWriter, r *http.Request, me caller) error {
	body, err := read[wire.AskTicket](w, r)
	if err != nil {
		return err
	}
	if body.Mode != wire.ModeControl && body.Mode != wire.ModeReadOnly {
		return wire.ErrBadRequest.With("mode is %q or %q", wire.ModeControl, wire.ModeReadOnly)
	}
	if err := s.checkOrigin(r); err != nil {
		return err
	}
	if err := s.paces.tickets.take(me.User.ID, s.now()); err != nil {
		return err
	}
	m, err := s.machineFor(r.Context(), me, body.AgentID)
	if err != nil {
		return err
	}
	if body.SessionID != "" {
		if _, err := s.existing(r.Context(), me, m, wire.Open{Session: body.SessionID}); err != nil {
			return err
		}
	}
	if !s.there(r.Context(), m) {
		return wire.ErrOffline
	}
	given := s.newViewerTicket()
	if err := s.keepViewerTicket(r.Context(), given, me, body, originOf(r)); err != nil {
		return err
	}
	s.auditAs(me, "ticket", "machine", m.AgentID, "session", body.SessionID, "mode", body.Mode)
	return answer(w, http.StatusOK, given)
}

// newViewerTicket makes a ticket of more than 256 bits.
func (s *Server) newViewerTicket() wire.Ticket {
	return wire.Ticket{Ticket: rand.Text() + rand.Text(), ExpiresAt: s.now().Add(viewerTicketLife).UTC()}
}

// keepViewerTicket writes down its hash, and what it is good for.
func (s *Server) keepViewerTicket(ctx context.Context, given wire.Ticket, me caller, ask wire.AskTicket, origin string) error {
	hash := sha256.Sum256([]byte(given.Ticket))
	return s.store.CreateViewerTicket(ctx, hash[:], store.ViewerTicket{
		UserID: me.User.ID, Login: me.Login, Epoch: me.User.Epoch, AgentID: ask.AgentID, Session: ask.SessionID,
		ReadOnly: ask.Mode == wire.ModeReadOnly, Origin: origin, TokenEnds: me.Expires, Ends: s.steady().Add(viewerTicketLife),
	}, s.steady())
}

// steady is the time as it would be had nobody set the clock since the server
// started: set back, it would have tickets live longer.
func (s *Server) steady() time.Time { return s.began.Add(s.uptime()) }

// forgetFutureTickets is for a clock that was set back before the server started.
func (s *Server) forgetFutureTickets(ctx context.Context) error {
	return s.store.ForgetViewerTickets(ctx, s.steady(), s.steady().Add(viewerTicketLife))
}

// viewerOf finds out who opens a terminal: by a ticket, or by a token as
// everywhere, which may be in the address here.
func (s *Server) viewerOf(r *http.Request) (caller, error) {
	tickets := wire.Tickets(r)
	tokens := len(r.Header.Values("Authorization")) + len(r.URL.Query()["token"])
	switch {
	case len(tickets) == 0:
		return s.authenticate(r, true)
	case len(tickets)+tokens > 1:
		return caller{}, wire.ErrBadRequest.With("send one ticket or one token, not two")
	}
	return s.redeemTicket(r, tickets[0])
}

// redeemTicket takes the ticket, whatever it was for: one that somebody tried to
// use elsewhere is nobody's any more.
func (s *Server) redeemTicket(r *http.Request, secret string) (caller, error) {
	t, err := s.takeTicket(r.Context(), secret)
	if err != nil {
		return caller{}, err
	}
	session := r.URL.Query().Get("session_id")
	if !t.fits(r.PathValue("agent_id"), originOf(r)) || session != "" && session != t.Session {
		return caller{}, errBadTicket
	}
	return s.callerByTicket(r.Context(), t, clientIP(r))
}

// takenTicket is one that is used up.
type takenTicket struct{ store.ViewerTicket }

func (s *Server) takeTicket(ctx context.Context, secret string) (takenTicket, error) {
	hash := sha256.Sum256([]byte(secret))
	t, err := s.store.RedeemViewerTicket(ctx, hash[:], s.steady(), s.steady().Add(viewerTicketLife))
	if errors.Is(err, wire.ErrNotFound) {
		err = errBadTicket
	}
	return takenTicket{t}, err
}

// fits tells whether the ticket is for that machine, and was given to the page that asks.
func (t takenTicket) fits(agentID, origin string) bool {
	return t.AgentID == agentID && (t.Origin == "" || t.Origin == origin)
}

// callerByTicket is whose ticket it was, if that login still counts.
func (s *Server) callerByTicket(ctx context.Context, t takenTicket, ip string) (caller, error) {
	l, u, err := s.liveLogin(ctx, t.Login)
	if err != nil {
		return caller{}, err
	}
	if u.ID != t.UserID || u.Epoch != t.Epoch {
		return caller{}, errBadTicket
	}
	return caller{
		User: u, Login: l.ID, AuthTime: l.AuthTime, Expires: t.TokenEnds, IP: ip, Request: requestID(ctx),
		only: bounds{t.Session, t.ReadOnly},
	}, nil
}

// narrow fills in what a ticket says of the session that is asked for, and refuses
// what goes beyond it.
func (b bounds) narrow(o wire.Open) (wire.Open, error) {
	if b.session != "" && o.Session == "" && o.Name == "" && !o.New {
		o.Session = b.session
	}
	if b.session != "" && o.Session != b.session {
		return o, wire.ErrForbidden.With("the ticket is for another session: ask for one for this")
	}
	if b.readOnly && !o.ReadOnly {
		return o, wire.ErrForbidden.With("the ticket is for watching only: open the session read-only, or ask for a ticket with mode control")
	}
	return o, nil
}

// originOf is the page's origin in one spelling, empty where no page asks.
func originOf(r *http.Request) string {
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return origin
	}
	return u.Scheme + "://" + strings.ToLower(hostPort(u))
}
