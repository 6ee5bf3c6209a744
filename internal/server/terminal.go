package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

// terminal is the viewer's WebSocket, in either of its two forms.
func (s *Server) terminal(w http.ResponseWriter, r *http.Request) error {
	if err := s.checkOrigin(r); err != nil {
		s.audit(r, "origin refused", "origin", r.Header.Get("Origin"))
		return err
	}
	me, err := s.viewerOf(r)
	if err != nil {
		return err
	}
	s.visited(r, me)
	m, err := s.machineFor(r.Context(), me, r.PathValue("agent_id"))
	if err != nil {
		return err
	}
	opened, leave, err := s.sockets.enter(me.User.ID)
	if err != nil {
		return err
	}
	link, err := s.upgrade(w, r, me, m, opened)
	if link == nil {
		leave()
		return err
	}
	s.apart(requestID(r.Context()), func() {
		defer leave()
		link()
	})
	return nil
}

// upgrade makes a terminal's request a WebSocket. What is left to do then is the link;
// it is nil where there is none, with an error or with an answer given.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, me caller, m store.Machine, opened func()) (link func(), err error) {
	if !s.there(r.Context(), m) {
		return nil, wire.ErrOffline
	}
	if r.Header.Get("Upgrade") == "" {
		return nil, wire.ErrBadRequest.With("this address is a WebSocket: connect with a WebSocket client")
	}
	if wire.WantsFrames(r, wire.ViewerProtocol) {
		return s.framed(w, r, me, m, opened)
	}
	return s.plain(w, r, me, m, opened)
}

// lasts is how long a terminal may stay open: it outlives its token a little. A
// client that is there hands in a fresh one long before.
func (s *Server) lasts(me caller) time.Duration {
	return me.Expires.Sub(s.now()) + s.cfg.Limits.TokenGrace
}

// viewerLink is one client's vsay.v1 connection.
type viewerLink struct {
	s       *Server
	conn    *wire.Conn
	flow    flow
	me      caller
	machine store.Machine
	page    string // its origin; empty: no page opened it
	expire  *time.Timer

	mu    sync.Mutex
	views map[uint32]*view // by the client's stream
	live  sync.WaitGroup
}

// view is one stream of a viewerLink.
type view struct {
	*relay.View
	session  string
	terminal bool // a shell, not a command
	readOnly bool
}

// apart runs a link where net/http has let go of its request, which takes more memory
// than the link does.
func (s *Server) apart(request string, link func()) {
	s.busy.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("panic", "request", request, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		link()
	})
}

func (s *Server) framed(w http.ResponseWriter, r *http.Request, me caller, m store.Machine, opened func()) (link func(), err error) {
	conn, err := wire.Accept(w, r, wire.ViewerProtocol)
	if err != nil {
		return nil, nil
	}
	opened()
	page := originOf(r)
	return func() { s.view(conn, me, m, page) }, nil
}

// view serves a client's link.
func (s *Server) view(conn *wire.Conn, me caller, m store.Machine, page string) {
	defer conn.CloseNow()
	ctx, done := linkContext()
	defer done()
	go conn.KeepAlive(ctx)
	leave := s.relay.Attend(relay.Who{UserID: me.User.ID, Login: me.Login, AgentID: m.AgentID, KeyGen: m.KeyGen}, conn.Close)
	defer leave()
	if err := s.stillLive(ctx, me); err != nil { // revoked while it knocked
		conn.Close(wire.AsError(err))
		return
	}
	l := &viewerLink{
		s: s, conn: conn, flow: s.cfg.Limits.flow(s.cfg.Limits.UploadBurst),
		me: me, machine: m, page: page, views: map[uint32]*view{},
	}
	l.expire = time.AfterFunc(s.lasts(me), func() { conn.Close(wire.ErrUnauthed) })
	defer l.expire.Stop()

	err := l.read(ctx)
	if !errors.Is(err, wire.ErrLinkLost) {
		conn.Close(wire.AsError(err)) // first: a write that done interrupts breaks the connection, and nobody hears why
	}
	done()
	l.leaveAll(err)
	l.live.Wait()
	conn.Close(wire.AsError(err))
}

func (l *viewerLink) read(ctx context.Context) error {
	for {
		f, err := l.conn.Read(ctx)
		if err != nil {
			return err
		}
		if err := l.flow.frame(ctx, f.Kind, len(f.Payload)); err != nil {
			return err
		}
		if err := l.take(ctx, f); err != nil {
			return err
		}
	}
}

func (l *viewerLink) take(ctx context.Context, f wire.Frame) error {
	if f.Stream == 0 {
		if f.Kind == wire.KindToken {
			return l.renew(ctx, string(f.Payload))
		}
		return nil
	}
	if f.Kind == wire.KindOpen {
		return l.open(ctx, f)
	}
	l.mu.Lock()
	v := l.views[f.Stream]
	l.mu.Unlock()
	if v == nil {
		if f.Kind == wire.KindClose {
			l.giveUp(f.Stream)
		}
		return nil // it has ended, and this was on its way; or it is not open yet
	}
	if v == givenUp {
		return nil
	}
	switch f.Kind {
	case wire.KindClose:
		l.forget(f.Stream)
		v.Leave(ctx, nil)
		return nil
	case wire.KindInput, wire.KindInputEnd, wire.KindResize, wire.KindSignal:
		if v.readOnly {
			return l.s.offence(l.me, l.machine, v.session, "it typed, and may only watch")
		}
		if v.terminal {
			if err := l.flow.typed(ctx, len(f.Payload)); err != nil {
				return err
			}
		}
	case wire.KindAck, wire.KindPing:
	default:
		return nil // of a newer client, or not a viewer's to send
	}
	_ = v.Send(ctx, f) // a broken session link shows where the answers come from
	return nil
}

// renew takes a fresh token of the same login, or a ticket of it, so that the terminal
// goes on.
func (l *viewerLink) renew(ctx context.Context, credential string) error {
	me, err := l.identify(ctx, credential)
	switch {
	case err != nil && wire.AsError(err).Status >= http.StatusInternalServerError:
		return err // nobody could look, and whoever comes again is asked again
	case err != nil || me.Login != l.me.Login:
		return wire.ErrUnauthed
	}
	l.expire.Reset(l.s.lasts(me))
	return nil
}

// identify finds out whose a token is. A page has none, and hands in a ticket for the
// same machine: what that allows beside is for terminals that it opens.
func (l *viewerLink) identify(ctx context.Context, credential string) (caller, error) {
	if strings.Contains(credential, ".") { // as every JWT has, and no ticket
		return l.s.identify(ctx, credential, l.me.IP)
	}
	t, err := l.s.takeTicket(ctx, credential)
	if err != nil {
		return caller{}, err
	}
	if !t.fits(l.machine.AgentID, l.page) {
		return caller{}, errBadTicket
	}
	return l.s.callerByTicket(ctx, t, l.me.IP)
}

// open answers an Open, in its own time: starting a session takes a while.
func (l *viewerLink) open(ctx context.Context, f wire.Frame) error {
	var o wire.Open
	if err := wire.Decode(f.Payload, &o); err != nil {
		return err
	}
	l.mu.Lock()
	_, taken := l.views[f.Stream]
	full := len(l.views) >= maxStreams
	if !taken && !full {
		l.views[f.Stream] = nil // reserved
	}
	l.mu.Unlock()
	if taken || full {
		return wire.ErrProtocol.With("that stream is open already")
	}
	l.live.Go(func() {
		err := l.serve(ctx, f.Stream, o)
		l.forget(f.Stream)
		if err != nil && ctx.Err() == nil {
			l.s.log.Debug("view ended", "agent_id", l.machine.AgentID, "err", err)
			_ = l.conn.Write(ctx, wire.Frame{Kind: wire.KindClose, Stream: f.Stream, Payload: wire.Encode(wire.AsError(err))})
		}
	})
	return nil
}

// maxStreams is how many sessions and forwarded connections one viewer link carries.
const maxStreams = 256

func (l *viewerLink) serve(ctx context.Context, stream uint32, o wire.Open) error {
	place, err := l.s.seat(ctx, l.me, l.machine, o, l.conn.Close)
	if err != nil {
		return err
	}
	defer place.View.Leave(ctx, wire.ErrLinkLost)
	defer l.s.attached(l.me, place)()
	if err := place.knock(ctx, place.open); err != nil {
		return err
	}
	l.mu.Lock()
	reserved, there := l.views[stream]
	wanted := there && reserved != givenUp
	if wanted {
		l.views[stream] = &view{place.View, place.session.ID, place.session.Kind == wire.KindShell, place.open.ReadOnly}
	}
	l.mu.Unlock()
	if !wanted {
		if there {
			place.View.Leave(ctx, nil)
		}
		return nil
	}
	place.View.Straight(l.conn, stream)
	for {
		f, err := place.View.Recv(ctx)
		if err != nil {
			return err
		}
		f.Stream = stream
		if err := l.conn.Write(ctx, f); err != nil {
			return err
		}
		if f.Kind == wire.KindClose {
			return l.closed(f, place.session.ID)
		}
	}
}

// closed looks why a session closed a stream. Of a viewer that broke the rules, as
// with an Ack of what was never sent, the link is closed.
func (l *viewerLink) closed(f wire.Frame, session string) error {
	var why wire.Error
	if len(f.Payload) > 0 && wire.Decode(f.Payload, &why) == nil && why.Code == wire.ErrProtocol.Code {
		l.conn.Close(l.s.offence(l.me, l.machine, session, why.Message))
	}
	return nil
}

// offence writes down that a viewer did what no client of ours does. The error
// ends its connection.
func (s *Server) offence(me caller, m store.Machine, session, what string) *wire.Error {
	s.auditAs(me, "viewer refused", "machine", m.AgentID, "machine_name", m.Name, "session", session, "why", what)
	return wire.ErrProtocol.With("a viewer broke the rules: %s", what)
}

// givenUp stands for a stream that was closed before it was open. Its number is
// taken until the session has answered.
var givenUp = &view{}

func (l *viewerLink) giveUp(stream uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, reserved := l.views[stream]; reserved {
		l.views[stream] = givenUp
	}
}

func (l *viewerLink) forget(stream uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.views, stream)
}

// leaveAll ends what a link leaves behind. One that was closed left; one that
// broke may be back.
func (l *viewerLink) leaveAll(err error) {
	why := wire.ErrLinkLost
	if errors.Is(err, io.EOF) {
		why = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.views {
		if v != nil && v != givenUp {
			v.Leave(context.Background(), why)
		}
	}
	clear(l.views)
}

func size(r *http.Request) (cols, rows uint16) {
	get := func(name string) uint16 {
		n, err := strconv.ParseUint(r.URL.Query().Get(name), 10, 16)
		if err != nil {
			return 0
		}
		return uint16(n)
	}
	return get("cols"), get("rows")
}
