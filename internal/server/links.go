package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

// desk is what the server needs to give out places at sessions.
type desk struct {
	choosing  sync.Mutex // one at a time picks a session
	enrolling sync.Mutex // one at a time adds a machine
	tickets   tickets
	endings   endings
}

func newDesk() desk {
	return desk{
		tickets: tickets{all: map[[sha256.Size]byte]ticket{}},
		endings: endings{all: map[string]chan struct{}{}},
	}
}

// linkContext is that of a link: its request's own ends too soon. A link is
// ended by closing it, never by a context from outside.
func linkContext() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

// agentFrames is how many a second an agent may send. It sends one now and then, and
// one for each thing that was asked of it.
const agentFrames = 500

// controlLink is an agent's: who it is was proved before the upgrade.
func (s *Server) controlLink(w http.ResponseWriter, r *http.Request) error {
	m, err := s.machineOf(r)
	if err != nil {
		s.auditKnock(r, m, err)
		return err
	}
	conn, err := wire.Accept(w, r, wire.AgentProtocol)
	if err != nil {
		return nil // it was answered
	}
	ctx, done := linkContext()
	defer done()
	go conn.KeepAlive(ctx)
	ip := clientIP(r)
	who := relay.Who{UserID: m.UserID, AgentID: m.AgentID, KeyGen: m.KeyGen}
	pace := rate.NewLimiter(agentFrames, 2*agentFrames)
	err = s.relay.ServeAgent(ctx, who, conn, relay.AgentEvents{
		Hello: func(h wire.Hello) error {
			if err := s.machineLive(ctx, m); err != nil {
				return err // revoked while it knocked
			}
			h, err := tidyHello(h)
			if err != nil {
				return err
			}
			if err := s.saw(ctx, m, h, ip); err != nil {
				return err
			}
			s.audit(r, "machine online", "user", m.UserID, "username", m.Owner, "machine", m.AgentID, "machine_name", m.Name)
			return s.reconcile(ctx, m.AgentID, h.Sessions)
		},
		Here: func() { s.live.stir(m.UserID) },
		Beat: func(f wire.Facts) {
			s.seen.note(m.AgentID, f, s.now())
			s.live.beaten(m.UserID)
		},
		Pace: func() { _ = pace.Wait(ctx) }, // ctx ends after the link
	})
	s.live.stir(m.UserID)
	s.audit(r, "machine offline", "user", m.UserID, "username", m.Owner, "machine", m.AgentID, "machine_name", m.Name, "why", wire.AsError(err).Code)
	conn.Close(wire.AsError(err))
	return nil
}

// saw writes down what a machine says of itself. Most say what they said before, and
// thousands at once do after a restart of the server.
func (s *Server) saw(ctx context.Context, m store.Machine, h wire.Hello, ip string) error {
	if m.LastActive != nil && m.Says(h, ip) {
		s.seen.note(m.AgentID, h.Facts, s.now())
		return nil
	}
	return s.store.SawMachine(ctx, m.AgentID, h, ip, s.now())
}

// reconcile writes down as lost what the store takes for running and the
// machine does not have: it was restarted, or the session ended unheard. What the
// machine still has and was ended meanwhile, it is told to end.
func (s *Server) reconcile(ctx context.Context, agentID string, live []string) error {
	running, err := s.store.RunningSessions(ctx, agentID)
	if err != nil {
		return err
	}
	for _, id := range live {
		if slices.ContainsFunc(running, func(x store.Session) bool { return x.ID == id }) {
			continue
		}
		x, err := s.store.SessionByID(ctx, id) // a machine may say anything
		if err == nil && x.AgentID == agentID && x.Void {
			s.busy.Go(func() { s.endNow(x) })
		}
	}
	for _, x := range running {
		young := time.Since(x.StartedAt) < time.Minute // it may be starting right now
		if young || slices.Contains(live, x.ID) {
			continue
		}
		first, err := s.store.EndSession(ctx, x.ID, time.Now(), nil)
		if err != nil {
			return err
		}
		if first {
			s.auditLost(x)
			s.live.stir(x.UserID)
		}
	}
	return nil
}

// endNow ends a session that should have ended while its machine was away.
func (s *Server) endNow(x store.Session) {
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	if !s.relay.AwaitAgent(ctx, x.AgentID) {
		return // it will say hello again
	}
	if err := s.relay.Ask(ctx, x.AgentID, wire.KindEnd, wire.End{Session: x.ID}); err != nil {
		s.log.Warn("a session was not ended", "session_id", x.ID, "agent_id", x.AgentID, "err", err)
	}
}

// sessionLink is a holder's: with a ticket the first time, with a secret of its
// own from then on.
func (s *Server) sessionLink(w http.ResponseWriter, r *http.Request) error {
	x, err := s.holderOf(r)
	if err != nil {
		return err
	}
	m, err := s.store.MachineByID(r.Context(), x.AgentID)
	if err != nil {
		return wire.ErrUnauthed
	}
	if err := s.sessionLive(r.Context(), m, x.ID); err != nil {
		return err
	}
	conn, err := wire.Accept(w, r, wire.HoldProtocol)
	if err != nil {
		return nil
	}
	ctx, done := linkContext()
	defer done()
	go conn.KeepAlive(ctx)
	who := relay.Who{UserID: m.UserID, AgentID: m.AgentID, KeyGen: m.KeyGen, Session: x.ID}
	err = s.relay.ServeHolder(ctx, who, x.ID, conn, relay.HolderEvents{
		Joined: func() error { return s.sessionLive(ctx, m, x.ID) },
		Ended: func(e wire.Exit) error {
			defer s.over(x)
			first, err := s.store.EndSession(ctx, x.ID, time.Now(), &e.Code)
			if first {
				s.auditEnd(r, x, e)
			}
			return err
		},
	})
	conn.Close(wire.AsError(err))
	return nil
}

// sessionLive is machineLive for a holder. One whose session was ended with its
// machine or its user, or while it was away, hears that it is gone, and ends it.
func (s *Server) sessionLive(ctx context.Context, m store.Machine, session string) error {
	x, err := s.store.SessionByID(ctx, session)
	if err == nil && x.Void {
		err = wire.ErrGone
	}
	if err != nil {
		return err
	}
	return s.machineLive(ctx, m)
}

// keepSecret is how long after its end a session's holder may still dial: a
// viewer whose link broke gets the last bytes. A holder keeps them for two hours.
const keepSecret = 135 * time.Minute

// spent says that nothing more comes of a session, not even its last words.
func spent(x store.Session) bool {
	return x.Void || x.EndedAt != nil && time.Since(*x.EndedAt) > keepSecret
}

func (s *Server) holderOf(r *http.Request) (store.Session, error) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	id, secret, ok := strings.Cut(credential, ".")
	if !ok || secret == "" {
		return store.Session{}, wire.ErrUnauthed
	}
	x, err := s.store.SessionByID(r.Context(), id)
	if err != nil {
		return x, wire.ErrUnauthed
	}
	switch scheme {
	case "Vsay-Ticket":
		hash, err := hex.DecodeString(r.Header.Get(wire.SecretHeader))
		if err != nil || len(hash) != sha256.Size || !s.tickets.redeem(secret, id) {
			return x, wire.ErrUnauthed
		}
		if x.EndedAt != nil { // whoever asked for it did not wait: nobody knows of it
			return x, wire.ErrGone
		}
		return x, s.store.SetSessionSecret(r.Context(), id, hash)
	case "Vsay-Session":
		sum := sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(sum[:], x.SecretHash) != 1 {
			return x, wire.ErrUnauthed
		}
		if spent(x) {
			return x, wire.ErrGone
		}
		return x, s.holders.pass(x.UserID, time.Now()) // those with a ticket we asked for ourselves
	}
	return x, wire.ErrUnauthed
}

// tickets let a new holder dial once. They live in memory: one that was lost
// in a restart belongs to a session nobody has seen yet.
type tickets struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]ticket
}

type ticket struct {
	session string
	until   time.Time
}

const ticketLife = time.Minute

func (t *tickets) issue(session string) string {
	secret := rand.Text() + rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for k, old := range t.all {
		if now.After(old.until) {
			delete(t.all, k)
		}
	}
	t.all[sha256.Sum256([]byte(secret))] = ticket{session, now.Add(ticketLife)}
	return secret
}

func (t *tickets) redeem(secret, session string) bool {
	key := sha256.Sum256([]byte(secret))
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.all[key]
	delete(t.all, key)
	return ok && found.session == session && time.Now().Before(found.until)
}

// over tells all who wait for it that a session has ended.
func (s *Server) over(x store.Session) {
	s.endings.tell(x.ID)
	s.live.stir(x.UserID)
}

// endings wakes those who wait for a session to be over.
type endings struct {
	mu  sync.Mutex
	all map[string]chan struct{}
}

func (e *endings) wait(session string) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.all[session] == nil {
		e.all[session] = make(chan struct{})
	}
	return e.all[session]
}

func (e *endings) tell(session string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ch := e.all[session]; ch != nil {
		close(ch)
		delete(e.all, session)
	}
}
