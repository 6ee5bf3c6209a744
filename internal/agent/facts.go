//go:build unix

package agent

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"vsay/internal/wire"
)

// facts are read as far as the system gives them; what it does not is 0.
func facts(ctx context.Context) wire.Facts {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // a dead network disk must not stop the heart
	defer cancel()
	var f wire.Facts
	if p, err := cpu.PercentWithContext(ctx, 0, false); err == nil && len(p) == 1 {
		f.CPUPercent = tenth(p[0])
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		f.MemoryPercent = tenth(m.UsedPercent)
	}
	if d, err := disk.UsageWithContext(ctx, "/"); err == nil {
		f.DiskPercent = tenth(d.UsedPercent)
	}
	if up, err := host.UptimeWithContext(ctx); err == nil {
		f.Uptime = int64(up)
	}
	return f
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }

// description is what runs here, for people: "debian 12.5".
func description() string {
	name, _, version, err := host.PlatformInformation()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(name + " " + version)
}
