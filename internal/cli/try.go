//go:build unix

package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/agent"
	"vsay/internal/client"
	"vsay/internal/server"
	"vsay/internal/session"
	"vsay/internal/wire"
)

func (a *app) tryCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "try [-- CMD [ARG...]]",
		Short: "All of vsay on this machine, at once: you are in a shell that went through it",
		Long: `Try starts a server on a free loopback port, makes an account, brings this
machine online as an agent, and opens a terminal through all of it. With a
command it runs that and exits with its exit code. It leaves nothing behind.`,
		Annotations: map[string]string{ownFailure: "255"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.try(cmd.Context(), args)
		},
	}
}

// trial is a whole vsay that lives in one folder and one process, but for the
// holders of its sessions.
type trial struct {
	api     *client.Client
	agent   *agent.Agent
	agentID string
	close   func()
}

func (a *app) try(ctx context.Context, command []string) error {
	catchSignals()
	t, err := a.startTrial(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	tty := a.terminal()
	ask := wire.Open{New: true, Source: "cli", Spec: wire.Spec{Kind: wire.KindExec, Command: command, Env: locale()}}
	if len(command) == 0 && tty == nil { // a script on stdin, as ssh takes it
		ask.Spec.Command = []string{session.LoginShell()}
	}
	v := viewing{input: true, left: "left, and all of it ends"}
	if len(command) == 0 && tty != nil {
		v.tty, v.escape = tty, '~'
		ask.Spec = wire.Spec{Kind: wire.KindShell, TTY: true, Term: termName(), Env: locale()}
		ask.Cols, ask.Rows = screenSize(tty)
		a.say("vsay: this shell went through a server on %s and an agent; exit ends it all", t.api.Endpoint.URL.Host)
		return a.tryShell(ctx, t, ask, v)
	}
	att, finish, err := a.begin(ctx, t.api, t.agentID, ask, 0)
	if err != nil {
		return err
	}
	ctx, stop := untilClosed(withoutSignals(ctx))
	defer stop()
	return finish(orEnd(t.api, att, a.view(ctx, att, v)))
}

// tryShell is a terminal on the trial. A signal ends it: unlike a command, a shell
// at its prompt heeds none.
func (a *app) tryShell(ctx context.Context, t *trial, ask wire.Open, v viewing) error {
	ctx, stop := untilHangup(ctx)
	defer stop()
	att, err := t.api.Attach(ctx, t.agentID, ask)
	if err != nil {
		return err
	}
	return a.view(ctx, att, v)
}

func (a *app) startTrial(ctx context.Context) (t *trial, err error) {
	removeTrials(os.TempDir())
	dir, err := os.MkdirTemp("", trialPrefix) // 0700 from birth
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	t = &trial{}
	var ends []func()
	t.close = func() {
		if t.agent != nil {
			within, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			t.agent.EndSessions(within)
			cancel()
		}
		stop()
		for _, end := range ends {
			end()
		}
		_ = os.RemoveAll(dir)
	}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	log := slog.New(slog.DiscardHandler)
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s, err := server.New(ctx, server.Config{
		DataDir: filepath.Join(dir, "server"), Version: thisBuild().Version, DetachedTTL: time.Minute, // all that is left of a trial that was killed
	}, log)
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.Run(life, ln)
	}()
	ends = append(ends, func() { <-served })
	ep, err := a.endpoint("http://" + ln.Addr().String())
	if err != nil {
		return nil, err
	}
	account, err := t.signUp(ctx, ep)
	if err != nil {
		return nil, err
	}
	online := make(chan string, 1)
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	t.agent, err = agent.New(agent.Config{
		Endpoint: ep, APIKey: account.APIKey, Name: "try", StateDir: filepath.Join(dir, "agent"),
		Program: program, Binds: true, Version: thisBuild().Version, Log: log,
		Online: func(agentID, _ string) {
			select {
			case online <- agentID:
			default:
			}
		},
	})
	if err != nil {
		return nil, err
	}
	over := make(chan struct{})
	var ended error // once over
	go func() {
		defer close(over)
		ended = t.agent.Run(life)
	}()
	ends = append(ends, func() { <-over; _ = t.agent.Close() })
	select {
	case t.agentID = <-online:
		return t, t.untilOnline(ctx)
	case <-over:
		return nil, ended
	case <-time.After(20 * time.Second):
		return nil, failed("the agent did not come online")
	}
}

func (t *trial) signUp(ctx context.Context, ep *wire.Endpoint) (*wire.User, error) {
	password := rand.Text()
	t.api = client.New(ep, nil)
	if _, err := t.api.Signup(ctx, wire.Signup{Username: "try", Email: "try@localhost.localdomain", Password: password}); err != nil {
		return nil, err
	}
	signed, err := t.api.Login(ctx, wire.Login{Email: "try@localhost.localdomain", Password: password})
	if err != nil {
		return nil, err
	}
	t.api.Tokens = client.GivenToken(t.api, signed.Token)
	return signed.User, nil
}

// untilOnline waits until the server has heard the agent's first word.
func (t *trial) untilOnline(ctx context.Context) error {
	for {
		m, err := t.api.Machine(ctx, t.agentID)
		if err != nil || m.Machine.Status == wire.StatusOnline {
			return err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
