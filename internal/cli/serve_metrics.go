package cli

import (
	"context"
	"log/slog"
	"net"

	"github.com/spf13/cobra"

	"vsay/internal/server"
)

func careFlags(cmd *cobra.Command) {
	cmd.Flags().Int64("ballast", 64, "MiB set aside in the data folder for a full disk; 0: none")
	cmd.Flags().String("metrics-listen", "", "an `address` of this machine for /metrics (Prometheus) and /debug/pprof/, as 127.0.0.1:9090; none by default")
}

// serveCare is what those who look after a server set.
type serveCare struct {
	Metrics string `mapstructure:"metrics-listen"`
	Ballast int64  `mapstructure:"ballast"` // MiB
}

func (o serveCare) check(insecure bool) error {
	if o.Ballast < 0 || o.Ballast > 1<<20 {
		return usage("--ballast is a number of MiB: 0 for none, 64 as a rule")
	}
	if o.Metrics == "" || insecure || onLoopback(o.Metrics) {
		return nil
	}
	return usage("%s can be reached from other machines, and --metrics-listen asks nobody who he is: choose an address of this machine, or give --insecure-http when something in front keeps the world out", o.Metrics)
}

// serveMetrics answers there, if anywhere, until stop.
func (o serveCare) serveMetrics(ctx context.Context, s *server.Server, log *slog.Logger) (stop func(), err error) {
	if o.Metrics == "" {
		return func() {}, nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Metrics)
	if err != nil {
		return nil, failed("cannot listen on %s: %s", o.Metrics, err)
	}
	log.Info("metrics", "url", "http://"+ln.Addr().String()+"/metrics")
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // while the server drains somebody wants to see it
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.RunMetrics(ctx, ln); err != nil {
			log.Error("metrics cannot go on", "err", err)
		}
	}()
	return func() { cancel(); <-done }, nil
}
