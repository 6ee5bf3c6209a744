package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) passwdCmd() *cobra.Command {
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   "passwd",
		Short: "Change your password, and end your other logins",
		Long: "Change your password, and end your other logins. With --password-stdin the first line of stdin is the\n" +
			"password of now, and the second the new one.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runPasswd(cmd.Context(), fromStdin) },
	}
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read both passwords from stdin")
	return cmd
}

func (a *app) runPasswd(ctx context.Context, fromStdin bool) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	body, err := a.askBoth(ctx, fromStdin)
	if err != nil {
		return err
	}
	if err := api.ResetPassword(ctx, body); err != nil {
		return err
	}
	a.say("the password is changed; every other login has ended")
	return a.printJSON(wire.Signed{Message: "Password changed successfully"})
}

func (a *app) askBoth(ctx context.Context, fromStdin bool) (body wire.ResetPassword, err error) {
	if fromStdin {
		text, err := readSecret(a.In)
		now, fresh, ok := strings.Cut(text, "\n")
		if err == nil && !ok {
			err = usage("stdin holds one line: the first has to be the password of now, the second the new one")
		}
		return wire.ResetPassword{CurrentPassword: strings.TrimSuffix(now, "\r"), NewPassword: fresh}, err
	}
	in := a.terminal()
	if in == nil {
		return body, usage("--password-stdin is missing, and there is no terminal to ask on")
	}
	if body.CurrentPassword, err = a.askHidden(ctx, in, "Password now"); err != nil {
		return body, err
	}
	body.NewPassword, err = a.askPassword(ctx, true)
	return body, err
}
