package client

import (
	"time"

	"vsay/internal/wire"
)

// pace is how fast the viewer's terminal draws. The window is sized by it, in
// time and not in bytes: it is what Ctrl-C has to wait for.
type pace struct {
	total int           // bytes drawn, ever
	bytes int           // of them, those that were drawn lately
	spent time.Duration // inside Write, for them
}

const (
	windowTime = 35 * time.Millisecond
	minWindow  = 64 << 10
	maxWindow  = 4 << 20
	telling    = 256 << 10 // bytes after which the pace is known: the kernel takes the first ones at once
)

func (p *pace) drew(n int, took time.Duration) {
	p.total += n
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
	if p.total < telling {
		return wire.DefaultWindow
	}
	rate := float64(p.bytes) / max(p.spent.Seconds(), 1e-6)
	return uint32(min(max(rate*(windowTime+2*rtt).Seconds(), minWindow), maxWindow))
}
