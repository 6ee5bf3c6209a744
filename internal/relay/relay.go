// Package relay knows who is connected now: agents by their control links,
// sessions by the links of their holders, and who watches which. It joins
// viewers to session links and keeps nothing: what it forwards is bounded by
// the window the far ends granted each other, and it may die at any time.
package relay

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"vsay/internal/wire"
)

// Who is whom a link belongs to. Viewers have a Login; agents and holders have
// the generation of the API key their machine was enrolled with.
type Who struct {
	UserID  string
	Login   string
	AgentID string
	KeyGen  int64
	Session string // of a holder
}

// Relay is one server's connections.
type Relay struct {
	log *slog.Logger

	output, input traffic

	mu       sync.Mutex
	agents   map[string]*control           // by agent id
	sessions map[string]*link              // by session id
	arrived  map[string]chan struct{}      // closed when a link of that session, or machine, comes
	views    map[string]map[*View]struct{} // by session id
	open     map[*entry]struct{}           // everything that can be cut
	empty    chan struct{}                 // closed when nothing is open, if somebody waits for it
}

// New starts with nobody.
func New(log *slog.Logger) *Relay {
	return &Relay{
		log:      log,
		agents:   map[string]*control{},
		sessions: map[string]*link{},
		arrived:  map[string]chan struct{}{},
		views:    map[string]map[*View]struct{}{},
		open:     map[*entry]struct{}{},
	}
}

// entry is one connection as Cut sees it.
type entry struct {
	who Who
	why atomic.Pointer[wire.Error] // it was cut: nothing passes any more
	end func(*wire.Error)          // closes it, may take a moment
}

// cut has nothing pass from now on, and closes the connection. The first one
// says why.
func (e *entry) cut(why *wire.Error) {
	if e.why.CompareAndSwap(nil, why) {
		go e.end(why)
	}
}

// passing is nil until the entry is cut.
func (e *entry) passing() error {
	if why := e.why.Load(); why != nil {
		return why
	}
	return nil
}

func (r *Relay) enter(who Who, end func(*wire.Error)) *entry {
	e := &entry{who: who, end: end}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[e] = struct{}{}
	return e
}

func (r *Relay) leave(e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, e)
	if len(r.open) == 0 && r.empty != nil {
		close(r.empty)
		r.empty = nil
	}
}

// Attend has Cut know of a connection that is no viewer, agent or holder by itself: one
// that may carry viewers. leave says that it is gone.
func (r *Relay) Attend(who Who, end func(*wire.Error)) (leave func()) {
	e := r.enter(who, end)
	return func() { r.leave(e) }
}

// Cut ends every connection that matches. When it returns nothing more passes
// through any of them; their sockets close a moment later.
func (r *Relay) Cut(why *wire.Error, match func(Who) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := range r.open {
		if match(e.who) {
			e.cut(why)
		}
	}
}

// ended waits until every connection is gone, or ctx ends.
func (r *Relay) ended(ctx context.Context) {
	r.mu.Lock()
	if len(r.open) > 0 && r.empty == nil {
		r.empty = make(chan struct{})
	}
	empty := r.empty
	r.mu.Unlock()
	if empty == nil {
		return
	}
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
