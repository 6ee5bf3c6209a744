package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) replaceCmd() *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   "reset-password USER",
		Short: "Give a user another password, and end every login",
		Long: "Give a user another password, and end every login. It also opens an account that was guessed at too\n" +
			"often. The password is made up and printed: it signs in once, within three days, and vsay passwd then\n" +
			"replaces it. With --password-stdin it is the one you give, and lasts.",
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runReplace(cmd.Context(), args[0], fromStdin)
		},
	}
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from stdin")
	return cmd
}

func (a *app) runReplace(ctx context.Context, which string, fromStdin bool) error {
	var body wire.NewPassword
	if fromStdin {
		var err error
		if body.Password, err = readSecret(a.In); err != nil {
			return err
		}
	}
	api, u, err := a.user(ctx, which)
	if err != nil {
		return err
	}
	done, err := api.ReplacePassword(ctx, u.ID, body)
	if err != nil {
		return err
	}
	if done.ExpiresAt == nil {
		a.say("%s has another password, and is signed out everywhere", u.Username)
	} else {
		a.say("%s is signed out everywhere; this password signs in once, until %s; then vsay passwd sets one of their own", u.Username, stamp(*done.ExpiresAt))
	}
	return a.print(done, func(w io.Writer) {
		if done.Password != "" {
			fmt.Fprintln(w, clean(done.Password))
		}
	})
}
