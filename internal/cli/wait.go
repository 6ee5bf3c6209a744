package cli

import (
	"context"
	"errors"
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
	began, heard, told := time.Now(), false, false
	for {
		s, err := api.WaitSession(ctx, id)
		if absent(err) && (heard || time.Since(began) < unheardFor) {
			if !told {
				a.note("the server cannot be reached: waiting on")
			}
			told = true
			if err := sleep(ctx, rand.N(2*time.Second)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		heard, told = true, false
		if s.Status != wire.StatusClosed {
			continue // the server answers when it has waited long enough
		}
		if err := a.printJSON(wire.OneSession{Session: s}); err != nil {
			return err
		}
		if s.ExitCode == nil {
			return failed("how that session ended was lost: its machine was restarted, or could not report")
		}
		return remoteExit(*s.ExitCode)
	}
}

// unheardFor is how long a server is waited for that was never heard: it may be none.
const unheardFor = 30 * time.Second

// absent says that an error is the server's absence, which may end.
func absent(err error) bool {
	return errors.Is(err, wire.ErrUnreachable) || errors.Is(err, wire.ErrUnavailable)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
