package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) apiKeyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "api-key",
		Short: "Show the key that brings machines in",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runAPIKey(cmd.Context()) },
	}
	cmd.AddCommand(a.rotateCmd())
	return cmd
}

func (a *app) runAPIKey(ctx context.Context) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	profile, err := api.Profile(ctx)
	if err != nil {
		return err
	}
	return a.printKey(wire.Signed{APIKey: profile.User.APIKey})
}

func (a *app) printKey(s wire.Signed) error {
	return a.print(s, func(w io.Writer) { fmt.Fprintln(w, clean(s.APIKey)) })
}

func (a *app) rotateCmd() *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Replace the key; the old one is void at once",
		Long: "Replace the key. The old one is void at once, and machines that came in by it are cut off\n" +
			"until they enroll again, unless --keep-machines.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runRotate(cmd.Context(), keep) },
	}
	cmd.Flags().BoolVar(&keep, "keep-machines", false, "leave the machines that are in")
	return cmd
}

func (a *app) runRotate(ctx context.Context, keep bool) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	signed, err := api.RegenerateAPIKey(ctx, wire.RegenerateKey{KeepMachines: keep})
	if err != nil {
		return err
	}
	if keep {
		a.say("the old key is void; the machines that are in stay in")
	} else {
		a.say("the old key is void, and the machines that came in by it are cut off: start their agents with the new one")
	}
	return a.printKey(signed)
}
