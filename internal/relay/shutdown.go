package relay

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"vsay/internal/wire"
)

// Agents come back within a second, or so that no more than so many do in one.
const (
	backWithin  = time.Second
	backASecond = 500
	sayWithin   = time.Second // that they are sent away; who does not take it finds out
)

// Shutdown tells every end to dial again soon, and closes. Agents are told when:
// they are many, and would come at once.
func (r *Relay) Shutdown(ctx context.Context) {
	r.sendAway(ctx)
	r.Cut(wire.ErrLinkLost, func(Who) bool { return true })
	r.ended(ctx)
}

func (r *Relay) sendAway(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sayWithin)
	defer cancel()
	all := r.controls()
	var said sync.WaitGroup
	for _, c := range all {
		away := wire.GoAway{After: wire.Seconds(backAfter(len(all)).Seconds())}
		said.Go(func() { _ = c.conn.Write(ctx, wire.Frame{Kind: wire.KindGoAway, Payload: wire.Encode(away)}) })
	}
	said.Wait()
}

// backAfter is a moment for one of so many agents to come back.
func backAfter(agents int) time.Duration {
	return rand.N(max(backWithin, time.Duration(agents)*time.Second/backASecond))
}

func (r *Relay) controls() []*control {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*control, 0, len(r.agents))
	for _, c := range r.agents {
		all = append(all, c)
	}
	return all
}
