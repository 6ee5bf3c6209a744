package cli

import (
	"slices"
	"time"

	"github.com/spf13/pflag"
)

// serveAudit is what `vsay serve` writes down, and where.
type serveAudit struct {
	LogLevel      string        `mapstructure:"log-level"`
	AuditKeep     time.Duration `mapstructure:"audit-keep"`
	AuditLog      string        `mapstructure:"audit-log"`
	StrictRefresh bool          `mapstructure:"strict-refresh"`
}

func auditFlags(f *pflag.FlagSet) {
	f.String("log-level", "info", "debug, info or warn")
	f.Duration("audit-keep", 365*24*time.Hour, "the audit log goes back this far")
	f.String("audit-log", "", "append the audit log to this `file` as well, as JSON lines; - is stdout")
	f.Bool("strict-refresh", false, "a token that was exchanged before ends its login when it is exchanged again")
}

func (o serveAudit) check() error {
	switch {
	case !slices.Contains([]string{"debug", "info", "warn"}, o.LogLevel):
		return usage("--log-level is debug, info or warn, not %q", o.LogLevel)
	case o.AuditKeep < 24*time.Hour:
		return usage("--audit-keep has to be a day at least: 24h")
	}
	return nil
}
