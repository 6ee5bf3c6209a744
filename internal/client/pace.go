package client

import (
	"time"

	"vsay/internal/wire"
)

// pace is how fast the viewer's terminal draws. The window is sized by it, in
// time and not in bytes: it is what Ctrl-C has to wait for.
type pace struct {
	bytes int
	spent time.Duration // inside Write
}

const (
	windowTime = 35 * time.Millisecond
	minWindow  = 64 << 10
	maxWindow  = 4 << 20
)

func (p *pace) drew(n int, took time.Duration) {
	p.bytes += n
	p.spent += took
	if p.spent > 100*time.Millisecond { // older strokes count half
		p.bytes /= 2
		p.spent /= 2
	}
}

// window is what the terminal draws in windowTime, and what is on its way in a
// round trip besides.
func (p *pace) window(rtt time.Duration) uint32 {
	if p.bytes < 4*minWindow {
		return wire.DefaultWindow // too little to tell
	}
	rate := float64(p.bytes) / max(p.spent.Seconds(), 1e-6)
	return uint32(min(max(rate*(windowTime+2*rtt).Seconds(), minWindow), maxWindow))
}
