package wire

import (
	"testing"
	"time"
)

// A terminal that draws 4 MB/s is granted what it draws in 35 ms, all the time:
// once it was taken for an unknown one whenever the pace had been halved.
func TestWindowFollowsTheTerminal(t *testing.T) {
	for name, c := range map[string]struct {
		rate      float64 // bytes/s
		rtt       time.Duration
		low, high uint32
	}{
		"slow":           {4e6, 0, 139e3, 141e3},
		"very slow":      {100e3, 0, MinWindow, MinWindow},
		"fast":           {60e6, 0, 2.0e6, 2.2e6},
		"very fast":      {1e9, 0, maxWindow, maxWindow},
		"slow, far away": {4e6, 100 * time.Millisecond, 930e3, 950e3},
	} {
		var p Pace
		if w := p.Window(c.rtt); w != DefaultWindow {
			t.Errorf("%s: a terminal that drew nothing gets %d", name, w)
		}
		const stroke = 8 << 10
		for drawn := 0; drawn < 20<<20; drawn += stroke {
			p.Drew(stroke, time.Duration(stroke/c.rate*float64(time.Second)))
			if w := p.Window(c.rtt); drawn+stroke >= telling && (w < c.low || w > c.high) {
				t.Fatalf("%s: %d bytes in, the window is %d, want %d to %d", name, drawn, w, c.low, c.high)
			}
		}
	}
}
