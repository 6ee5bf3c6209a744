//go:build unix

package chaos

import (
	"syscall"
	"time"
)

// do begins a fault. What it does later, it does in the background.
func (r *run) do(f fault) {
	hop := r.stack.hops[f.Hop]
	later := func(end func()) {
		r.effects.Go(func() {
			<-time.After(f.For)
			end()
		})
	}
	switch f.Kind {
	case serverKill:
		r.restart(r.stack.server, syscall.SIGKILL, false, later)
	case serverTerm:
		r.restart(r.stack.server, syscall.SIGTERM, false, later)
	case serverSwap:
		r.restart(r.stack.server, syscall.SIGTERM, true, later)
	case agentKill:
		r.restart(r.stack.agent, syscall.SIGKILL, false, later)
	case agentSwap:
		r.restart(r.stack.agent, syscall.SIGKILL, true, later)
	case clientKill:
		r.visitor(f.Pick).kill()
	case cutLink:
		hop.cut()
	case halfOpen:
		hop.halfOpen(f.Way, func(p *pair) bool { return f.Spare && p.agents() })
		later(func() {})
	case outage:
		later(hop.outage(f.Way))
	case slowLink:
		hop.slow(f.Delay)
		later(func() { hop.slow(-f.Delay) })
	case splitLink:
		hop.pieces(1)
		later(func() { hop.pieces(-1) })
	}
}

// restart ends a service now and starts it later. Nothing else happens to it
// until then.
func (r *run) restart(v *service, sig syscall.Signal, other bool, later func(func())) {
	v.busy.Lock()
	v.stop(sig)
	if other {
		v.build = 1 - v.build
	}
	later(func() {
		defer v.busy.Unlock()
		if err := v.start(); err != nil {
			r.news.wrong("the %s does not start: %v", v.name, err)
		}
	})
}

// visitor is the nth session whose client can be killed.
func (r *run) visitor(n int) *visited {
	for _, x := range r.all {
		v, ok := x.(*visited)
		if !ok {
			continue
		}
		if n == 0 {
			return v
		}
		n--
	}
	panic("the plan kills a client that is not there")
}
