package relay

import (
	"context"
	"errors"
	"sync"

	"vsay/internal/wire"
)

// control is one agent's link.
type control struct {
	*entry
	conn *wire.Conn

	mu      sync.Mutex
	facts   wire.Facts
	next    uint32
	pending map[uint32]chan wire.Reply
	gone    chan struct{} // closed when the link ends
}

// AgentEvents are told what an agent says.
type AgentEvents struct {
	Hello func(wire.Hello) error // an error ends the link
	Beat  func(wire.Facts)
}

// ServeAgent reads an agent's control link until it breaks. A second link of
// the same machine takes the first one's place: the newest is the live one.
func (r *Relay) ServeAgent(ctx context.Context, who Who, conn *wire.Conn, on AgentEvents) error {
	c := &control{conn: conn, pending: map[uint32]chan wire.Reply{}, gone: make(chan struct{})}
	c.entry = r.enter(who, func(why *wire.Error) { conn.Close(why) })
	defer r.leave(c.entry)
	defer close(c.gone)
	defer r.forget(c)

	hello, err := c.hello(ctx)
	if err != nil {
		return err
	}
	c.facts = hello.Facts
	if err := on.Hello(hello); err != nil {
		return err
	}
	r.present(c)
	for {
		f, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if err := c.take(f, on); err != nil {
			return err
		}
	}
}

func (c *control) hello(ctx context.Context) (h wire.Hello, err error) {
	f, err := c.conn.Read(ctx)
	if err != nil {
		return h, err
	}
	if f.Kind != wire.KindHello {
		return h, wire.ErrProtocol.With("the first frame of a control link must be Hello")
	}
	return h, wire.Decode(f.Payload, &h)
}

func (c *control) take(f wire.Frame, on AgentEvents) error {
	switch f.Kind {
	case wire.KindBeat:
		var facts wire.Facts
		if err := wire.Decode(f.Payload, &facts); err != nil {
			return err
		}
		c.mu.Lock()
		c.facts = facts
		c.mu.Unlock()
		on.Beat(facts)
	case wire.KindReply:
		var reply wire.Reply
		if err := wire.Decode(f.Payload, &reply); err != nil {
			return err
		}
		c.mu.Lock()
		answer := c.pending[f.Stream]
		delete(c.pending, f.Stream)
		c.mu.Unlock()
		if answer != nil {
			answer <- reply
		}
	}
	return nil // a kind of a newer agent is skipped
}

func (r *Relay) present(c *control) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.agents[c.who.AgentID]; old != nil {
		old.cut(wire.ErrStolen)
	}
	r.agents[c.who.AgentID] = c
}

func (r *Relay) forget(c *control) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.agents[c.who.AgentID] == c {
		delete(r.agents, c.who.AgentID)
	}
}

// Facts is what an agent last said of its machine; false when it is offline.
func (r *Relay) Facts(agentID string) (wire.Facts, bool) {
	c := r.agent(agentID)
	if c == nil {
		return wire.Facts{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.facts, true
}

// Reachable tells whether anything of a machine is connected: its agent, or at
// least one of its sessions.
func (r *Relay) Reachable(agentID string) bool {
	if r.agent(agentID) != nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.sessions {
		if l.who.AgentID == agentID {
			return true
		}
	}
	return false
}

func (r *Relay) agent(agentID string) *control {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.agents[agentID]; c != nil && c.passing() == nil {
		return c
	}
	return nil
}

// Ask sends a question to an agent (KindStart, KindCall or KindEnd with its
// body) and waits for the answer. ErrOffline: there is no such agent now.
func (r *Relay) Ask(ctx context.Context, agentID string, kind wire.Kind, question any) error {
	c := r.agent(agentID)
	if c == nil {
		return wire.ErrOffline
	}
	stream, answer := c.ask()
	defer c.forgetAsked(stream)
	sent := make(chan error, 1)
	go func() {
		// The link outlives this request: a context that ends would close it. And it
		// may be stuck, for as long as nobody has noticed that it is dead.
		f := wire.Frame{Kind: kind, Stream: stream, Payload: wire.Encode(question)}
		sent <- c.conn.Write(context.WithoutCancel(ctx), f)
	}()
	for {
		select {
		case err := <-sent:
			if err != nil && !errors.Is(err, wire.ErrTooLarge) {
				err = errors.Join(wire.ErrOffline, err)
			}
			if err != nil {
				return err
			}
			sent = nil
		case reply := <-answer:
			if reply.Error != nil {
				return wire.Received(reply.Error.Code, reply.Error.Message, 0)
			}
			return nil
		case <-c.gone:
			return wire.ErrOffline
		case <-ctx.Done():
			return wire.ErrUnavailable.With("the machine did not answer in time")
		}
	}
}

func (c *control) ask() (stream uint32, answer chan wire.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	answer = make(chan wire.Reply, 1)
	c.pending[c.next] = answer
	return c.next, answer
}

func (c *control) forgetAsked(stream uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, stream)
}
