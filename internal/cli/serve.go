package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/server"
)

type serveOptions struct {
	dataOptions `mapstructure:",squash"`
	Listen      string        `mapstructure:"listen"`
	Signup      string        `mapstructure:"signup"`
	PublicURL   string        `mapstructure:"public-url"`
	SessionMax  time.Duration `mapstructure:"session-max"`
	DetachedTTL time.Duration `mapstructure:"detached-ttl"`
	LogFormat   string        `mapstructure:"log-format"`
	Origins     []string      `mapstructure:"allowed-origins"`
	Limits      []string      `mapstructure:"limit"`
	Approve     bool          `mapstructure:"approve-machines"`
	serveTLS    `mapstructure:",squash"`
	serveAudit  `mapstructure:",squash"`
	serveCare   `mapstructure:",squash"`
}

func (a *app) serveCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Args:  takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var o serveOptions
			if err := a.settle(cmd, &o); err != nil {
				return err
			}
			return a.runServe(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.String("listen", "127.0.0.1:8080", "the `address` to listen on; port 0 takes a free one")
	dataFlags(cmd)
	f.String("signup", "open", "who may create an account: open, invite or closed")
	serveTLSFlags(f)
	f.Bool("approve-machines", false, "a new machine waits until its owner lets it in (vsay ls approve)")
	f.String("public-url", "", "the `URL` people reach this server by, if that is not the address it listens on")
	f.StringSlice("allowed-origins", nil, "`origins` of pages elsewhere that may open terminals, as https://shell.example.com, with commas between")
	f.StringSlice("limit", nil, "another limit than the default, as `NAME=VALUE`; may be given often")
	f.Duration("session-max", 30*24*time.Hour, "a login ends this long after the password was given")
	f.Duration("detached-ttl", 72*time.Hour, "a session that nobody watches ends after this long")
	f.String("log-format", "text", "text or json")
	auditFlags(f)
	careFlags(cmd)
	cmd.AddCommand(a.rotateKeysCmd(), a.backupCmd(), a.restoreCmd())
	return cmd
}

// check finds what cannot go together before anything is opened.
func (o serveOptions) check(insecure bool) error {
	switch {
	case o.Signup != "open" && o.Signup != "invite" && o.Signup != "closed":
		return usage("--signup is open, invite or closed, not %q", o.Signup)
	case o.LogFormat != "text" && o.LogFormat != "json":
		return usage("--log-format is text or json, not %q", o.LogFormat)
	case o.SessionMax <= 0 || o.DetachedTTL <= 0:
		return usage("--session-max and --detached-ttl have to be longer than nothing")
	}
	if err := o.serveAudit.check(); err != nil {
		return err
	}
	if err := o.serveCare.check(insecure); err != nil {
		return err
	}
	return o.serveTLS.check(o.Listen, insecure)
}

func (o serveOptions) limits() (l server.Limits, err error) {
	for _, assignment := range o.Limits {
		if err := l.Set(assignment); err != nil {
			return l, usage("%s", err)
		}
	}
	return l, nil
}

// config is what the server is told of all that.
func (o serveOptions) config(out io.Writer) (server.Config, error) {
	c, err := o.serverConfig()
	if err != nil {
		return c, err
	}
	if c.Limits, err = o.limits(); err != nil {
		return c, err
	}
	if c.Proxies, err = server.ParseProxies(o.TrustedProxies); err != nil {
		return c, usage("--trusted-proxies: %s", err)
	}
	c.Version, c.PublicURL, c.Origins, c.TLS = thisBuild().Version, o.PublicURL, o.Origins, o.certificate()
	c.Signup, c.ApproveMachines, c.StrictRefresh = o.Signup, o.Approve, o.StrictRefresh
	c.SessionMax, c.DetachedTTL = o.SessionMax, o.DetachedTTL
	c.AuditKeep, c.AuditLog, c.Stdout = o.AuditKeep, o.AuditLog, out
	c.Ballast = o.Ballast << 20
	return c, nil
}

func (a *app) runServe(ctx context.Context, o serveOptions) error {
	if err := o.check(a.InsecureHTTP); err != nil {
		return err
	}
	c, err := o.config(a.Out)
	if err != nil {
		return err
	}
	log := a.logger(o.LogFormat, o.LogLevel)
	if err := leaveNoCore(); err != nil {
		log.Warn("a crash of this server may leave an image of its memory, which holds keys", "err", err)
	}
	s, err := server.New(ctx, c, log)
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return errors.Join(failed("cannot listen on %s: %s", o.Listen, err), s.Close())
	}
	stop, err := a.beside(ctx, o, s, log)
	if err != nil {
		return errors.Join(err, ln.Close(), s.Close())
	}
	defer stop()
	a.announce(o, ln.Addr(), log)
	if pin := s.Pin(); pin != "" {
		log.Info("agents may be told this key with --pin", "pin", pin)
	}
	return s.Run(ctx, ln)
}

// beside begins what goes on beside a server's own listener, until stop.
func (a *app) beside(ctx context.Context, o serveOptions, s *server.Server, log *slog.Logger) (stop func(), err error) {
	if err := o.redirects(ctx, s); err != nil {
		return nil, err
	}
	if err := a.inviteOwner(ctx, s); err != nil {
		return nil, err
	}
	noMetrics, err := o.serveMetrics(ctx, s, log)
	if err != nil {
		return nil, err
	}
	noHangup := a.onHangup(func() {
		if err := s.Reopen(); err != nil {
			log.Error("after SIGHUP", "err", err)
		}
	})
	return func() { noHangup(); noMetrics() }, nil
}

// inviteOwner tells who starts a server that nobody owns yet how to be the one. It is
// no line of the log, which others may read, and --quiet does not hide it.
func (a *app) inviteOwner(ctx context.Context, s *server.Server) error {
	code, err := s.OwnerInvite(ctx)
	if err != nil || code == "" {
		return err
	}
	_, err = fmt.Fprintf(a.Err, "nobody has an account here yet; the one who signs up with this invitation runs the server:\n  vsay signup HOST --invite %s\n", code)
	return err
}

// announce says where the server is, in the form of the log it begins.
func (a *app) announce(o serveOptions, addr net.Addr, log *slog.Logger) {
	url := "http://" + addr.String()
	if o.has() {
		url = "https://" + addr.String()
	}
	if o.LogFormat == "json" {
		log.Info("listening", "url", url)
		return
	}
	a.say("listening on %s", url)
}
