package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/wire"
)

func (a *app) killCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "kill SESSION...",
		Short: "End sessions and all they run",
		Long: `End sessions and all they run. SESSION is MACHINE:NAME or the id, as vsay sessions
shows them; of an id, the first eight characters will do. Of several, none is ended when one of them is not found.`,
		Args:              takes(1, -1),
		ValidArgsFunction: a.completeMachines,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runKill(cmd.Context(), args) },
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
			return a.printJSON(wire.OneSession{Session: renamed})
		},
	}
}

func (a *app) runKill(ctx context.Context, which []string) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Sessions(ctx)
	if err != nil {
		return err
	}
	meant := wire.Sessions{Sessions: []wire.Session{}}
	for _, name := range which {
		s, err := pickSession(list.Sessions, name)
		if err != nil {
			return err
		}
		twice := func(other wire.Session) bool { return other.SessionID == s.SessionID }
		if !slices.ContainsFunc(meant.Sessions, twice) {
			meant.Sessions = append(meant.Sessions, s)
		}
	}
	ended, err := a.killAll(ctx, api, meant.Sessions)
	if err != nil && len(ended) == 0 {
		return err
	}
	return errors.Join(err, a.printJSON(wire.Sessions{Sessions: ended}))
}

// killAll ends sessions at once, since each may take its five seconds of grace,
// and tells which ones have ended.
func (a *app) killAll(ctx context.Context, api *client.Client, sessions []wire.Session) (ended []wire.Session, err error) {
	errs := make([]error, len(sessions))
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() { errs[i] = api.EndSession(ctx, s.SessionID) })
	}
	wg.Wait()
	failures := 0
	for i, s := range sessions {
		if errs[i] == nil {
			a.say("ended %s on %s", or(s.Name, s.SessionID), s.MachineName)
			ended = append(ended, s)
			continue
		}
		failures++
		if err == nil {
			err = errs[i]
		}
	}
	if err != nil && len(sessions) > 1 {
		e := wire.AsError(err)
		err = e.With("%d of %d sessions were not ended: %s", failures, len(sessions), e.Message)
	}
	return ended, err
}

// pickSession chooses the running session that is meant, by its id or as
// MACHINE:NAME. Of an id the beginning will do, as a narrow terminal shows it.
func pickSession(sessions []wire.Session, which string) (wire.Session, error) {
	machine, name := splitTarget(which)
	var found []wire.Session
	for _, s := range sessions {
		if s.SessionID == which {
			return s, nil
		}
		if len(which) >= shortID && strings.HasPrefix(s.SessionID, which) {
			found = append(found, s)
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
