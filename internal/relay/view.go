package relay

import (
	"bytes"
	"context"
	"sync"

	"vsay/internal/wire"
)

// View is one viewer's place at a session: counted from Watch on, joined to the
// session's link by Connect.
type View struct {
	*entry
	relay   *Relay
	session string
	viewer  wire.Viewer
	link    *link
	stream  uint32

	mu     sync.Mutex
	queue  queue
	opened bool        // Opened was handed out
	handed bool        // a frame was handed out that may not have been written yet
	road   Road        // where frames may go straight, or nil
	lane   uint32      // their stream there
	ack    *wire.Frame // the last one, which overtakes output
	err    error
	wake   chan struct{}
}

// Watch takes a place at a session. end is called when the viewer is cut off.
func (r *Relay) Watch(session string, who Who, viewer wire.Viewer, end func(*wire.Error)) *View {
	v := &View{relay: r, session: session, viewer: viewer, wake: make(chan struct{}, 1)}
	v.entry = r.enter(who, end)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.views[session] == nil {
		r.views[session] = map[*View]struct{}{}
	}
	r.views[session][v] = struct{}{}
	return v
}

// Viewers are those at a session now.
func (r *Relay) Viewers(session string) []wire.Viewer {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := []wire.Viewer{}
	for v := range r.views[session] {
		all = append(all, v.viewer)
	}
	return all
}

// Steal leaves every other viewer of the session out.
func (v *View) Steal() {
	v.relay.mu.Lock()
	defer v.relay.mu.Unlock()
	for other := range v.relay.views[v.session] {
		if other != v {
			other.cut(wire.ErrStolen)
		}
	}
}

// Connect joins the view to its session's link, which call (if not nil) asks
// for when it is not there.
func (v *View) Connect(ctx context.Context, call func(context.Context) error) error {
	for {
		l, err := v.relay.await(ctx, v.session, call)
		if err != nil {
			return err
		}
		if err := v.passing(); err != nil {
			return err // cut off while it waited
		}
		if v.join(l) {
			return nil
		}
	}
}

// join takes a lane of a link, unless the link broke this moment.
func (v *View) join(l *link) bool {
	v.relay.mu.Lock()
	defer v.relay.mu.Unlock()
	if l.lanes == nil {
		return false
	}
	l.next++
	v.link, v.stream = l, l.next
	l.lanes[v.stream] = v
	return true
}

// Answered tells whether the holder has answered Open, or never will.
func (v *View) Answered() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.opened || v.err != nil
}

// Send passes a frame on to the holder.
func (v *View) Send(ctx context.Context, f wire.Frame) error {
	if err := v.passing(); err != nil {
		return err
	}
	if v.link.passing() != nil {
		return wire.ErrLinkLost
	}
	v.relay.input.count(f)
	f.Stream = v.stream
	// Writing must not end with the viewer: the link is not its own.
	return v.link.conn.Write(context.WithoutCancel(ctx), f)
}

// Road is the link to a viewer's client. A wire.Conn is one.
type Road interface {
	Write(context.Context, wire.Frame) error
	Roomy() bool // a Write would not wait for the client
}

// Straight has output written to road, as stream, by the goroutine that brings
// it, as long as nothing waits in front of it and the road is free: to wake another
// goroutine for every frame costs more than to forward it. All else comes out of
// Recv as before, and is to be written to the same road.
func (v *View) Straight(road Road, stream uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.road, v.lane = road, stream
}

// straight says that a frame may be written at once and overtakes nothing. Only
// push asks, which the link's one reader calls.
func (v *View) straight(f wire.Frame) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	simple := f.Kind == wire.KindOutput || f.Kind == wire.KindStderr || f.Kind == wire.KindAck
	idle := v.opened && !v.handed && v.err == nil && v.ack == nil && v.queue.empty()
	return simple && idle && v.road != nil && v.passing() == nil && v.road.Roomy()
}

// Recv is the next frame of the holder, once the last one has been written. Its
// stream is the session link's.
func (v *View) Recv(ctx context.Context) (wire.Frame, error) {
	v.mu.Lock()
	v.handed = false
	v.mu.Unlock()
	for {
		f, ok, err := v.pop()
		if ok || err != nil {
			return f, err
		}
		select {
		case <-v.wake:
		case <-ctx.Done():
			return wire.Frame{}, ctx.Err()
		}
	}
}

func (v *View) pop() (f wire.Frame, ok bool, err error) {
	if err := v.passing(); err != nil {
		return f, false, err // what is queued is for nobody's eyes any more
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ack != nil && v.opened {
		f, v.ack = *v.ack, nil
		v.handed = true
		return f, true, nil
	}
	if v.queue.empty() {
		return f, false, v.err // an end is told after all that came before it
	}
	f = v.queue.pop()
	v.handed = true
	v.opened = v.opened || f.Kind == wire.KindOpened
	return f, true, nil
}

// push keeps a frame for the viewer. Of Acks the last says all: they do not pile
// up, and overtake what is there but the answer to Open, which comes first.
func (v *View) push(f wire.Frame) {
	if v.straight(f) {
		f.Stream = v.lane
		_ = v.road.Write(context.Background(), f) // its reader notices a broken one
		return
	}
	if f.Kind == wire.KindOpened {
		v.cameFirst(f)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.err != nil:
		return
	case f.Kind == wire.KindAck:
		v.ack = new(wire.Frame)
		*v.ack = f
		v.ack.Payload = bytes.Clone(f.Payload)
	default:
		v.queue.push(f)
	}
	if v.queue.bytes > maxQueued {
		v.queue, v.ack = queue{}, nil
		v.err = wire.ErrLinkLost.With("this viewer is too far behind") // it may come again for the rest
	}
	v.nudge()
}

// cameFirst notes since when this viewer is there: only the holder knows, where
// it has lost its links before, or the server was restarted.
func (v *View) cameFirst(f wire.Frame) {
	var o wire.Opened
	if wire.Decode(f.Payload, &o) != nil {
		return // its client will say so
	}
	v.relay.mu.Lock()
	defer v.relay.mu.Unlock()
	if !o.Since.IsZero() && o.Since.Before(v.viewer.Since) {
		v.viewer.Since = o.Since.UTC()
	}
}

func (v *View) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err == nil {
		v.err = err
	}
	v.nudge()
}

func (v *View) nudge() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// Leave gives the place up. The holder is told, so that it need not wait for a
// viewer that will not come back.
func (v *View) Leave(ctx context.Context, why *wire.Error) {
	r := v.relay
	r.leave(v.entry)
	r.mu.Lock()
	delete(r.views[v.session], v)
	if len(r.views[v.session]) == 0 {
		delete(r.views, v.session)
	}
	joined := v.link != nil && v.link.lanes[v.stream] == v
	if joined {
		delete(v.link.lanes, v.stream)
	}
	r.mu.Unlock()
	v.fail(wire.ErrLinkLost) // whoever waits for frames goes as well
	if joined {
		f := wire.Frame{Kind: wire.KindClose, Stream: v.stream}
		if why != nil {
			f.Payload = wire.Encode(why)
		}
		_ = v.link.conn.Write(context.WithoutCancel(ctx), f)
	}
}
