package cli

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) waitCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "wait ID",
		Short: "Wait for a session to end, and exit with its exit code",
		Long: `Wait for a session to end, and exit with its exit code: that of vsay exec --detach,
or any other of yours. A session that has ended already is waited for no longer.`,
		Args:        takes(1, 1),
		Annotations: map[string]string{ownFailure: "255"},
		RunE:        func(cmd *cobra.Command, args []string) error { return a.wait(cmd.Context(), args[0]) },
	}
}

func (a *app) wait(ctx context.Context, id string) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	for patience := unheardFor; ; patience = forEver {
		s, err := api.WaitSession(ctx, id)
		if passing(err) {
			a.note("the server cannot be reached: waiting on")
			err = untilReached(ctx, patience, func() error { s, err = api.WaitSession(ctx, id); return err })
		}
		if err != nil {
			return err
		}
		if s.Status != wire.StatusClosed {
			continue // the server answers when it has waited long enough
		}
		if err := a.print(wire.OneSession{Session: s}, func(io.Writer) {}); err != nil {
			return err
		}
		switch {
		case s.ExitCode == nil:
			return failed("how that session ended was lost: its machine was restarted, or could not report")
		case *s.ExitCode != 0:
			return exitError(*s.ExitCode)
		}
		return nil
	}
}

// passing says that an error is the server's absence, which may end.
func passing(err error) bool {
	return errors.Is(err, wire.ErrUnreachable) || errors.Is(err, wire.ErrUnavailable)
}

// How long a server is waited for: one that was never heard may be no server.
const (
	unheardFor = 30 * time.Second
	forEver    = time.Duration(math.MaxInt64)
)

// untilReached tries until the server is there again.
func untilReached(ctx context.Context, patience time.Duration, try func() error) error {
	for began := time.Now(); ; {
		select {
		case <-time.After(rand.N(2 * time.Second)):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := try(); !passing(err) || time.Since(began) > patience {
			return err
		}
	}
}
