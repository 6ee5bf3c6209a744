package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/store"
	"vsay/internal/wire"
)

func (a *app) loginCmd() *cobra.Command {
	var o credentials
	cmd := &cobra.Command{
		Use:   "login [HOST]",
		Short: "Sign in to a server",
		Long: "Sign in to a server. HOST may be left out where --host, VSAY_HOST or the last login say it.\n" +
			"What is missing is asked for on a terminal; without one it has to be a flag.",
		Args: takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.settle(cmd, &o); err != nil {
				return err
			}
			return a.runLogin(cmd.Context(), args, o)
		},
	}
	credentialFlags(cmd)
	return cmd
}

func credentialFlags(cmd *cobra.Command) {
	cmd.Flags().String("email", "", "the account's email address")
	cmd.Flags().Bool("password-stdin", false, "read the password from stdin")
}

func (a *app) runLogin(ctx context.Context, args []string, o credentials) error {
	api, err := a.stranger(ctx, args)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, &o, false); err != nil {
		return err
	}
	signed, err := a.signIn(ctx, api, o)
	if err != nil {
		return err
	}
	a.say("signed in to %s as %s", api.Endpoint.URL.String(), signed.User.Username)
	a.say("vsay api-key shows the key that brings a machine in")
	return a.printJSON(signed)
}

// stranger makes a client without an account: of the HOST in args, or of the
// usual one.
func (a *app) stranger(ctx context.Context, args []string) (*client.Client, error) {
	host := a.Host
	if len(args) == 1 {
		host = args[0]
	}
	if host == "" {
		cache, err := a.readCache(ctx)
		if err != nil {
			return nil, err
		}
		if host, err = cache.Host(ctx); err != nil {
			return nil, usage("HOST is missing: name the server, as in vsay login example.com")
		}
	}
	ep, err := a.endpoint(host)
	if err != nil {
		return nil, err
	}
	return client.New(ep, nil), nil
}

// signIn logs in and keeps the token.
func (a *app) signIn(ctx context.Context, api *client.Client, o credentials) (wire.Signed, error) {
	cache, err := a.openCache(ctx) // before the password is spent: a token that cannot be kept is of no use
	if err != nil {
		return wire.Signed{}, err
	}
	signed, err := api.Login(ctx, wire.Login{Email: o.Email, Password: o.password})
	if err != nil {
		return signed, wrongPassword(err)
	}
	claims, err := client.ReadToken(signed.Token)
	if err != nil {
		return signed, err
	}
	err = cache.SignedIn(ctx, store.Account{
		Host: api.Endpoint.URL.String(), UserID: signed.User.ID,
		Email: signed.User.Email, Username: signed.User.Username,
		Login: claims.Login, Token: signed.Token, Issued: claims.Issued, Expires: claims.Expires,
	})
	if envToken() != "" {
		a.say("VSAY_TOKEN is set and goes before this login: unset it to use the login")
	}
	return signed, err
}

// wrongPassword keeps the server's sentence, but for its own general one, which
// would tell who has just run vsay login to run vsay login.
func wrongPassword(err error) error {
	e := wire.AsError(err)
	if e.Is(wire.ErrUnauthed) && e.Message == wire.ErrUnauthed.Message {
		return e.With("the email or the password is wrong")
	}
	return err
}

func (a *app) logoutCmd() *cobra.Command {
	var which string
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "End this login, here and on the server, or another one of yours",
		Args:  takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if which != "" {
				return a.runEndLogin(cmd.Context(), which)
			}
			return a.runLogout(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&which, "login", "", "the one to end: its id, as vsay logins shows it, or the first eight characters of it")
	return cmd
}

// runLogout forgets the token here before it ends the login there: a server
// that is out of reach keeps nobody from leaving.
func (a *app) runLogout(ctx context.Context) error {
	l, err := a.login(ctx)
	if err != nil {
		return err
	}
	token, err := l.tokens.Peek(ctx)
	if err != nil {
		return err
	}
	if l.cache != nil {
		if err := l.cache.Forget(ctx, l.who.Host, l.who.UserID); err != nil {
			return err
		}
	}
	answer, err := l.api.Logout(ctx, token)
	switch {
	case err == nil:
		a.say("signed out of %s", l.who.Host)
	case wire.AsError(err).Exit == wire.ExitSignedOut:
		a.say("signed out of %s, where the login had ended already", l.who.Host)
	default:
		return wire.AsError(err).With("signed out here only, %s%s", wire.AsError(err).Message, stillValid(token))
	}
	return a.printJSON(answer)
}

// stillValid says what a server that was not told goes on to accept.
func stillValid(token string) string {
	claims, err := client.ReadToken(token)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; the token stays valid there until %s", stamp(claims.Expires))
}
