package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/wire"
)

// identity is what whoami prints.
type identity struct {
	Host      string    `json:"host"`
	User      wire.User `json:"user"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (a *app) whoamiCmd() *cobra.Command {
	var minTTL time.Duration
	cmd := &cobra.Command{
		Use:     "whoami",
		Aliases: []string{"status"},
		Short:   "Show the server, the user, and when the token ends",
		Args:    takes(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runWhoami(cmd.Context(), minTTL) },
	}
	cmd.Flags().DurationVar(&minTTL, "min-ttl", 0, "exit 4 when the token ends sooner than this")
	return cmd
}

// runWhoami asks the server, since only that knows whether a login still
// stands. It refreshes nothing: who asks wants to know how things are.
func (a *app) runWhoami(ctx context.Context, minTTL time.Duration) error {
	l, err := a.login(ctx)
	if err != nil {
		return err
	}
	token, err := l.tokens.Peek(ctx)
	if err != nil {
		return err
	}
	claims, err := client.ReadToken(token)
	if err != nil {
		return err
	}
	user, err := client.New(l.api.Endpoint, client.Fixed(token)).Me(ctx)
	if err != nil {
		return err
	}
	id := identity{l.who.Host, user, claims.Expires}
	if err := a.print(id, id.human); err != nil {
		return err
	}
	if claims.Left(time.Now()) < minTTL {
		return wire.ErrUnauthed.With("the token ends at %s, sooner than in %s: run vsay refresh, or vsay login", stamp(claims.Expires), minTTL)
	}
	return nil
}

func (id identity) human(w io.Writer) {
	table(w, [][]string{
		{"host", id.Host},
		{"user", fmt.Sprintf("%s (%s)", id.User.Username, id.User.Email)},
		{"token ends", stamp(id.ExpiresAt)},
	})
}
