package relay

import (
	"sync/atomic"

	"vsay/internal/wire"
)

// traffic counts what passed through.
type traffic struct{ frames, bytes atomic.Uint64 }

func (t *traffic) count(f wire.Frame) {
	t.frames.Add(1)
	t.bytes.Add(uint64(len(f.Payload)))
}

// Load is how much there is to do: what is connected now, and what passed since the
// start.
type Load struct {
	Machines, Sessions, Viewers, Links int
	FramesOut, BytesOut                uint64 // to viewers
	FramesIn, BytesIn                  uint64 // to sessions
}

// Load counts.
func (r *Relay) Load() Load {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := Load{
		Machines: len(r.agents), Sessions: len(r.sessions), Links: len(r.open),
		FramesOut: r.output.frames.Load(), BytesOut: r.output.bytes.Load(),
		FramesIn: r.input.frames.Load(), BytesIn: r.input.bytes.Load(),
	}
	for _, views := range r.views {
		l.Viewers += len(views)
	}
	return l
}
