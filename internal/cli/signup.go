package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/wire"
)

func (a *app) signupCmd() *cobra.Command {
	var o credentials
	cmd := &cobra.Command{
		Use:   "signup [HOST]",
		Short: "Create an account on a server, and sign in",
		Args:  takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.settle(cmd, &o); err != nil {
				return err
			}
			return a.runSignup(cmd.Context(), args, o)
		},
	}
	credentialFlags(cmd)
	cmd.Flags().String("username", "", "the name others see")
	cmd.Flags().String("invite", "", "the `code` of an invitation, where signup is by invitation (or VSAY_INVITE)")
	return cmd
}

func (a *app) runSignup(ctx context.Context, args []string, o credentials) error {
	api, err := a.stranger(ctx, args)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, &o, true); err != nil {
		return err
	}
	signed, err := a.signUp(ctx, api, o)
	if err != nil {
		return err
	}
	if _, err := a.signIn(ctx, api, o); err != nil {
		return err
	}
	a.say("signed up and signed in to %s as %s", api.Endpoint.URL.String(), o.Username)
	a.say("bring a machine in: run there  vsay agent --host %s --token KEY  with the key that vsay api-key shows", api.Endpoint.URL.String())
	return a.printJSON(signed)
}

// signUp asks for an invitation when it turns out that one is needed, and there is
// somebody to ask.
func (a *app) signUp(ctx context.Context, api *client.Client, o credentials) (wire.Signed, error) {
	body := wire.Signup{Username: o.Username, Email: o.Email, Password: o.password, Invite: o.Invite}
	signed, err := api.Signup(ctx, body)
	if !errors.Is(err, wire.ErrUninvited) || o.Invite != "" || o.PasswordStdin || a.terminal() == nil {
		return signed, err
	}
	a.say("signup is by invitation on this server")
	if body.Invite, err = a.askLine(ctx, "Invitation", "--invite", "", false); err != nil {
		return signed, err
	}
	return api.Signup(ctx, body)
}
