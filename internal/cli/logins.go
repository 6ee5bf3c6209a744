package cli

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) loginsCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "logins",
		Short: "Show where you are signed in",
		Long: `Show where you are signed in: browsers, and this and other vsay. What you do not know
goes with vsay logout --login ID, and all others go with vsay passwd, which changes the
password. CLIENT is what each calls itself; LAST SEEN and FROM are when and from which
address it was used last.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runLogins(cmd.Context()) },
	}
}

func (a *app) runLogins(ctx context.Context) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Logins(ctx)
	if err != nil {
		return err
	}
	return a.print(list, func(w io.Writer) {
		rows := [][]string{{"CLIENT", "FROM", "SIGNED IN", "LAST SEEN", "ENDS IN", "ID"}}
		for _, l := range list.Logins {
			rows = append(rows, loginRow(l, time.Now()))
		}
		table(w, rows)
	})
}

func loginRow(l wire.LoginInfo, now time.Time) []string {
	client := or(l.Client, "-")
	if l.Current {
		client += " (this one)"
	}
	return []string{client, l.IPAddress, ago(l.CreatedAt, now), ago(l.LastSeen, now), span(l.ExpiresAt.Sub(now)), l.ID}
}

// runEndLogin signs out somewhere else. What turns out to be this login is ended as
// vsay logout does it, which forgets the token as well.
func (a *app) runEndLogin(ctx context.Context, which string) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Logins(ctx)
	if err != nil {
		return err
	}
	l, err := pickLogin(list.Logins, which)
	if err != nil {
		return err
	}
	if l.Current {
		return a.runLogout(ctx)
	}
	answer, err := api.EndLogin(ctx, l.ID)
	if err != nil {
		return err
	}
	a.say("signed out there: %s, from %s", or(l.Client, "-"), l.IPAddress)
	return a.printJSON(answer)
}

// pickLogin chooses the login that is meant. Of an id the beginning will do.
func pickLogin(logins []wire.LoginInfo, which string) (found wire.LoginInfo, err error) {
	n := 0
	for _, l := range logins {
		if l.ID == which {
			return l, nil
		}
		if len(which) >= shortID && strings.HasPrefix(l.ID, which) {
			found = l
			n++
		}
	}
	switch n {
	case 0:
		return found, wire.ErrNotFound.With("no login %q: vsay logins shows their ids", which)
	case 1:
		return found, nil
	}
	return found, wire.ErrNotFound.With("%d logins begin with %q: give more of the id", n, which)
}
