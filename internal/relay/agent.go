package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"vsay/internal/wire"
)

// control is one agent's link.
type control struct {
	*entry
	conn  *wire.Conn
	looks bool // it answers Look

	mu      sync.Mutex
	facts   wire.Facts
	next    uint32
	pending map[uint32]chan wire.Reply
	gone    chan struct{} // closed when the link ends
}

// AgentEvents are told what an agent says.
type AgentEvents struct {
	Hello func(wire.Hello) error // an error ends the link
	Here  func()                 // it can be asked from now on; or nil
	Beat  func(wire.Facts)
	Pace  func() // before each frame but the first: it may make the machine wait
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
	c.facts, c.looks = hello.Facts, hello.Looks
	if err := on.Hello(hello); err != nil {
		return err
	}
	r.welcome(c)
	if on.Here != nil {
		on.Here()
	}
	for {
		f, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if on.Pace != nil {
			on.Pace()
		}
		if err := c.take(f, on); err != nil {
			return err
		}
	}
}

// helloWithin is the time to say hello. Before that a newer link takes no place of an
// older one, so a machine could have any number of them open.
const helloWithin = 15 * time.Second

func (c *control) hello(ctx context.Context) (h wire.Hello, err error) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	f, err := c.conn.Read(ctx)
	if ctx.Err() != nil {
		return h, wire.ErrProtocol.With("nobody said Hello")
	}
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

func (r *Relay) welcome(c *control) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.agents[c.who.AgentID]; old != nil {
		old.cut(wire.ErrStolen)
	}
	r.agents[c.who.AgentID] = c
	r.tell(c.who.AgentID)
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
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reachable(agentID)
}

func (r *Relay) reachable(agentID string) bool {
	if r.present(agentID) {
		return true
	}
	for _, l := range r.sessions {
		if l.who.AgentID == agentID {
			return true
		}
	}
	return false
}

// AwaitMachine waits until anything of a machine is connected, and tells whether
// it was before ctx ended.
func (r *Relay) AwaitMachine(ctx context.Context, agentID string) bool {
	return r.awaitThat(ctx, agentID, r.reachable)
}

// AwaitAgent is AwaitMachine of its agent alone.
func (r *Relay) AwaitAgent(ctx context.Context, agentID string) bool {
	return r.awaitThat(ctx, agentID, r.present)
}

func (r *Relay) awaitThat(ctx context.Context, agentID string, there func(string) bool) bool {
	look := func() (coming chan struct{}) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if there(agentID) {
			return nil
		}
		return r.expect(agentID)
	}
	for {
		coming := look()
		if coming == nil {
			return true
		}
		select {
		case <-coming:
		case <-ctx.Done():
			r.giveUp(agentID, coming)
			return false
		}
	}
}

func (r *Relay) present(agentID string) bool {
	c := r.agents[agentID]
	return c != nil && c.passing() == nil
}

func (r *Relay) agent(agentID string) *control {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.present(agentID) {
		return r.agents[agentID]
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
	_, err := c.question(ctx, kind, question)
	return err
}

// Look asks an agent how some of its sessions are, wire.MaxLook of them at most.
// What it says of which is its own word: nothing of it was checked. ErrUnavailable:
// it is too old to know the question, or did not answer in time.
func (r *Relay) Look(ctx context.Context, agentID string, sessions []string) ([]wire.State, error) {
	c := r.agent(agentID)
	if c == nil {
		return nil, wire.ErrOffline
	}
	if !c.looks {
		return nil, wire.ErrUnavailable.With("the agent of that machine is too old to tell: upgrade it")
	}
	reply, err := c.question(ctx, wire.KindLook, wire.Look{Sessions: sessions})
	return reply.States, err
}

// question sends one and waits for its answer, whose error it returns.
func (c *control) question(ctx context.Context, kind wire.Kind, question any) (reply wire.Reply, err error) {
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
				return reply, err
			}
			sent = nil
		case reply = <-answer:
			if reply.Error != nil {
				return reply, wire.Received(reply.Error.Code, reply.Error.Message, 0)
			}
			return reply, nil
		case <-c.gone:
			return reply, wire.ErrOffline
		case <-ctx.Done():
			return reply, wire.ErrUnavailable.With("the machine did not answer in time")
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
