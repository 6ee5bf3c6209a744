package server

import (
	"context"
	"errors"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// comesBack is how long a machine that was there a moment ago is waited for: the
// server may have been restarted, and everybody dials at once.
const (
	comesBack = 5 * time.Second
	aMoment   = time.Minute
)

// there waits for a machine that may be on its way, and tells whether it came.
func (s *Server) there(ctx context.Context, m store.Machine) bool {
	return s.comes(ctx, m, s.relay.AwaitMachine)
}

func (s *Server) comes(ctx context.Context, m store.Machine, await func(context.Context, string) bool) bool {
	wait := time.Duration(0)
	if m.LastActive != nil && s.now().Sub(*m.LastActive) < aMoment {
		wait = comesBack
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return await(ctx, m.AgentID)
}

// starting is how long a session may take to begin. Until then its agent may know
// nothing of it yet, though somebody wants to join it.
const (
	starting  = 15 * time.Second
	callAgain = 100 * time.Millisecond
)

// call has the holder of a session dial, by its machine's agent.
func (s *Server) call(ctx context.Context, m store.Machine, x store.Session) error {
	for {
		err := s.askAgent(ctx, m, wire.KindCall, wire.Call{Session: x.ID})
		if !errors.Is(err, wire.ErrGone) || time.Since(x.StartedAt) > starting {
			return err
		}
		if now, err := s.store.SessionByID(ctx, x.ID); err != nil || now.EndedAt != nil {
			return errors.Join(wire.ErrGone, err)
		}
		select {
		case <-time.After(callAgain):
		case <-ctx.Done():
			return wire.ErrUnavailable.With("the session did not answer in time")
		}
	}
}

// askAgent is relay.Ask, of an agent that may be on its way.
func (s *Server) askAgent(ctx context.Context, m store.Machine, kind wire.Kind, question any) error {
	err := s.relay.Ask(ctx, m.AgentID, kind, question)
	if errors.Is(err, wire.ErrOffline) && s.comes(ctx, m, s.relay.AwaitAgent) {
		err = s.relay.Ask(ctx, m.AgentID, kind, question)
	}
	return err
}

// answerWithin is how long a holder may take to answer before its link is tried:
// it may be half-open, which nobody would notice for half a minute.
const answerWithin = time.Second

// knock sends the viewer's Open to the holder.
func (p place) knock(ctx context.Context, open wire.Open) error {
	if err := p.View.Send(ctx, wire.Frame{Kind: wire.KindOpen, Payload: wire.Encode(open)}); err != nil {
		return err
	}
	time.AfterFunc(answerWithin, func() {
		if !p.View.Answered() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), seatWithin)
			defer cancel()
			_ = p.call(ctx) // the holder tests its link, and dials anew if need be
		}
	})
	return nil
}

// linkPatience is how long a session's own link may be away under a viewer that
// the server itself speaks for.
const linkPatience = time.Minute

// rejoin seats such a viewer again, as soon as the session can be reached.
func (s *Server) rejoin(ctx context.Context, me caller, m store.Machine, o wire.Open, cut func(*wire.Error)) (place, error) {
	ctx, cancel := context.WithTimeout(ctx, linkPatience)
	defer cancel()
	for {
		p, err := s.seat(ctx, me, m, o, cut)
		if !errors.Is(err, wire.ErrOffline) && !errors.Is(err, wire.ErrUnavailable) && !errors.Is(err, wire.ErrLinkLost) {
			return p, err
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return p, err
		}
	}
}
