package relay

import (
	"context"
	"errors"

	"vsay/internal/wire"
)

// link is one holder's WebSocket, with a lane for each viewer.
type link struct {
	*entry
	conn *wire.Conn
	next uint32
	// lanes is guarded by Relay.mu, like everything that says who is connected.
	lanes map[uint32]*View
}

// HolderEvents are told what a holder's link does.
type HolderEvents struct {
	Joined func() error          // it can be cut from now on; an error ends it
	Ended  func(wire.Exit) error // the program is over; the holder is told once it returns nil
}

// ServeHolder reads one session's link until it breaks, and hands each frame to
// the view it is for. A newer link of the session takes this one's place.
func (r *Relay) ServeHolder(ctx context.Context, who Who, session string, conn *wire.Conn, on HolderEvents) error {
	l := &link{conn: conn, lanes: map[uint32]*View{}}
	l.entry = r.enter(who, func(why *wire.Error) { conn.Close(why) })
	defer r.leave(l.entry)
	if err := on.Joined(); err != nil {
		return err
	}
	r.attach(session, l)
	defer r.detach(session, l)
	for {
		f, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if err := l.passing(); err != nil {
			return err
		}
		if f.Stream != 0 {
			if v := r.lane(l, f.Stream); v != nil {
				r.output.count(f)
				v.push(f)
			}
			continue
		}
		if f.Kind == wire.KindEnded {
			if err := finish(ctx, l, f, on.Ended); err != nil {
				return err
			}
		}
	}
}

func finish(ctx context.Context, l *link, f wire.Frame, ended func(wire.Exit) error) error {
	var exit wire.Exit
	if err := wire.Decode(f.Payload, &exit); err != nil {
		return err
	}
	if err := ended(exit); err != nil {
		return err
	}
	return l.conn.Write(ctx, wire.Frame{Kind: wire.KindAck})
}

func (r *Relay) attach(session string, l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.sessions[session]; old != nil {
		old.cut(wire.ErrStolen)
		old.drop() // its viewers ask again, and find this one
	}
	r.sessions[session] = l
	r.tell(session)
	r.tell(l.who.AgentID)
}

// tell wakes those who wait for a session or a machine. r.mu is held.
func (r *Relay) tell(id string) {
	if ch := r.arrived[id]; ch != nil {
		close(ch)
		delete(r.arrived, id)
	}
}

func (r *Relay) detach(session string, l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[session] == l {
		delete(r.sessions, session)
	}
	l.drop()
}

// drop tells every viewer that the link is gone, or with it the session: of that they
// need not look for another. Relay.mu is held.
func (l *link) drop() {
	why := wire.ErrLinkLost
	if errors.Is(l.passing(), wire.ErrGone) {
		why = wire.ErrGone
	}
	for _, v := range l.lanes {
		v.fail(why)
	}
	l.lanes = nil
}

func (r *Relay) lane(l *link, stream uint32) *View {
	r.mu.Lock()
	defer r.mu.Unlock()
	return l.lanes[stream]
}

// await gives the session's link, waiting for it to come. call, if not nil, asks
// for it when it is not there; it may come by itself before that has been heard.
func (r *Relay) await(ctx context.Context, session string, call func(context.Context) error) (*link, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		l, coming := r.find(session)
		if l != nil {
			return l, nil
		}
		called := make(chan error, 1)
		if call != nil {
			go func() { called <- call(ctx) }()
		}
		if err := r.awaitOne(ctx, coming, called); err != nil {
			r.giveUp(session, coming)
			return nil, err
		}
	}
}

func (r *Relay) awaitOne(ctx context.Context, coming <-chan struct{}, called <-chan error) error {
	for {
		select {
		case <-coming:
			return nil
		case err := <-called:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return wire.ErrUnavailable.With("the session did not answer in time")
		}
	}
}

// find gives the session's link, or what is closed when one comes.
func (r *Relay) find(session string) (l *link, coming chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.linked(session); l != nil {
		return l, nil
	}
	return nil, r.expect(session)
}

// linked is the session's link, or nil. r.mu is held.
func (r *Relay) linked(session string) *link {
	if l := r.sessions[session]; l != nil && l.passing() == nil {
		return l
	}
	return nil
}

// End has a session's holder end it, over its own link. One of an older release does not
// know how. ErrOffline: there is no link.
func (r *Relay) End(ctx context.Context, session string) error {
	r.mu.Lock()
	l := r.linked(session)
	r.mu.Unlock()
	if l == nil {
		return wire.ErrOffline
	}
	sent := make(chan error, 1)
	go func() { sent <- l.conn.Write(context.WithoutCancel(ctx), wire.Frame{Kind: wire.KindEnd}) }() // the link outlives who asks
	select {
	case err := <-sent:
		return err
	case <-ctx.Done():
		return nil
	}
}

// expect gives what is closed when a link of a session or machine comes. r.mu is held.
func (r *Relay) expect(id string) chan struct{} {
	if r.arrived[id] == nil {
		r.arrived[id] = make(chan struct{})
	}
	return r.arrived[id]
}

// giveUp forgets that somebody waits; others who still do look again.
func (r *Relay) giveUp(session string, ch chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.arrived[session] == ch {
		close(ch)
		delete(r.arrived, session)
	}
}
