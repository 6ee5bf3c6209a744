package cli

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/wire"
)

func (a *app) sessionsCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "sessions",
		Short: "Show what runs where, and who watches",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runSessions(cmd.Context()) },
	}
}

func (a *app) runSessions(ctx context.Context) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Sessions(ctx)
	if err != nil {
		return err
	}
	if len(list.Sessions) == 0 && !a.json() {
		a.say("no sessions; vsay attach MACHINE starts one")
		return nil
	}
	return a.print(list, func(w io.Writer) {
		rows := [][]string{{"SESSION", "KIND", "STATUS", "STARTED", "COMMAND", "WATCHED BY", "ID"}}
		for _, s := range list.Sessions {
			rows = append(rows, sessionRow(s, time.Now()))
		}
		table(w, rows)
	})
}

func sessionRow(s wire.Session, now time.Time) []string {
	name := s.MachineName
	if s.Name != "" {
		name += ":" + s.Name
	}
	return []string{name, s.Kind, s.Status, ago(s.StartedAt, now), or(s.Command, "-"), or(watchers(s.Viewers), "-"), s.SessionID}
}

// watchers names those who watch, each with what it watches by.
func watchers(viewers []wire.Viewer) string {
	var names []string
	for _, v := range viewers {
		name := v.Username
		if v.Source != "" {
			name += " (" + v.Source + ")"
		}
		if v.ReadOnly {
			name += " read-only"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

func (a *app) killCmd() *cobra.Command {
	return &cobra.Command{
		Use:               "kill SESSION",
		Short:             "End a session and all it runs",
		Long:              "End a session and all it runs. SESSION is MACHINE:NAME or the id, as vsay sessions shows them.",
		Args:              takes(1, 1),
		ValidArgsFunction: a.completeMachines,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runKill(cmd.Context(), args[0]) },
	}
}

// session finds the running session that is meant.
func (a *app) session(ctx context.Context, which string) (*client.Client, wire.Session, error) {
	api, err := a.client(ctx)
	if err != nil {
		return nil, wire.Session{}, err
	}
	list, err := api.Sessions(ctx)
	if err != nil {
		return nil, wire.Session{}, err
	}
	s, err := pickSession(list.Sessions, which)
	return api, s, err
}

func (a *app) renameCmd() *cobra.Command {
	return &cobra.Command{
		Use:               "rename SESSION NAME",
		Short:             "Give a session another name",
		Long:              "Give a running session another name. SESSION is MACHINE:NAME or the id, as vsay sessions shows them.",
		Args:              takes(2, 2),
		ValidArgsFunction: a.completeMachines,
		RunE: func(cmd *cobra.Command, args []string) error {
			api, s, err := a.session(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			renamed, err := api.RenameSession(cmd.Context(), s.SessionID, args[1])
			if err != nil {
				return err
			}
			a.say("%s:%s is %s:%s now", s.MachineName, or(s.Name, s.SessionID), s.MachineName, renamed.Name)
			return a.print(wire.OneSession{Session: renamed}, func(io.Writer) {})
		},
	}
}

func (a *app) runKill(ctx context.Context, which string) error {
	api, s, err := a.session(ctx, which)
	if err != nil {
		return err
	}
	if err := api.EndSession(ctx, s.SessionID); err != nil {
		return err
	}
	a.say("ended %s on %s", or(s.Name, s.SessionID), s.MachineName)
	return a.print(wire.Sessions{Sessions: []wire.Session{s}}, func(io.Writer) {})
}

// pickSession chooses the running session that is meant, by its id or as
// MACHINE:NAME.
func pickSession(sessions []wire.Session, which string) (wire.Session, error) {
	machine, name := splitTarget(which)
	var found []wire.Session
	for _, s := range sessions {
		if s.SessionID == which {
			return s, nil
		}
		here := machine == s.MachineName || machine == s.AgentID
		if here && name != "" && name == s.Name && s.Status != wire.StatusClosed {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return wire.Session{}, wire.ErrNotFound.With("no session %q runs: name it MACHINE:NAME or by its id, as vsay sessions shows", which)
	case 1:
		return found[0], nil
	}
	return wire.Session{}, wire.ErrNotFound.With("%d sessions are named %q: name one by its id, as vsay sessions shows", len(found), which)
}
