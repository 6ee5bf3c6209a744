package wire

import "time"

// Pace is how fast a viewer's terminal draws. The window is sized by it, in time and
// not in bytes: it is what Ctrl-C has to wait for. The zero value knows nothing yet.
type Pace struct {
	total int           // bytes drawn, ever
	bytes int           // of them, those that were drawn lately
	spent time.Duration // in drawing them
}

// MinWindow is granted however slow a terminal is, in bytes.
const MinWindow = 64 << 10

const (
	windowTime = 35 * time.Millisecond
	maxWindow  = 4 << 20
	telling    = 256 << 10 // bytes after which the pace is known: the kernel takes the first ones at once
)

// Drew says that so many bytes took so long.
func (p *Pace) Drew(n int, took time.Duration) {
	p.total += n
	p.bytes += n
	p.spent += took
	if p.spent > 100*time.Millisecond { // older strokes count half
		p.bytes /= 2
		p.spent /= 2
	}
}

// Window is what the terminal draws in windowTime, and what is on its way in a
// round trip besides.
func (p *Pace) Window(rtt time.Duration) uint32 {
	if p.total < telling {
		return DefaultWindow
	}
	rate := float64(p.bytes) / max(p.spent.Seconds(), 1e-6)
	return uint32(min(max(rate*(windowTime+2*rtt).Seconds(), MinWindow), maxWindow))
}
