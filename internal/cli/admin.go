package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/wire"
)

func (a *app) adminCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "Manage the people of a server, as its administrator",
		Long: "Manage the people of a server, as its administrator. USER is a username, an email or an id,\n" +
			"as vsay admin users shows them.",
		Args: a.unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.usersCmd(),
		a.manageCmd(manage{
			name: "disable", short: "Shut an account: logins, machines, open terminals and shells end at once",
			ask: "disable %s? Every login, link and shell ends", done: "%s is disabled; all they had here has ended",
		}),
		a.manageCmd(manage{name: "enable", short: "Open an account again; nothing that ended comes back", done: "%s may sign in again"}),
		a.manageCmd(manage{name: "revoke-all", short: "End every login of a user; their shells run on", done: "%s is signed out everywhere"}),
		a.manageCmd(manage{name: "promote", short: "Make an administrator of a user", done: "%s is an administrator"}),
		a.manageCmd(manage{name: "demote", short: "Make an ordinary user of an administrator", done: "%s is an administrator no more"}),
		a.manageCmd(manage{
			name: "delete", short: "Remove an account with its machines; ends what disable ends",
			ask: "delete %s, with all machines? There is no way back", done: "%s is deleted",
		}),
		a.replaceCmd(), a.inviteCmd(), a.invitesCmd(), a.adminRotateCmd(),
	)
	return cmd
}

func (a *app) usersCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "users",
		Short: "List all accounts",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runUsers(cmd.Context()) },
	}
}

func (a *app) runUsers(ctx context.Context) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Users(ctx)
	if err != nil {
		return err
	}
	return a.print(list, func(w io.Writer) {
		rows := [][]string{{"USERNAME", "EMAIL", "ROLE", "STATUS", "MACHINES", "SESSIONS", "LAST LOGIN", "ID"}}
		for _, u := range list.Users {
			rows = append(rows, userRow(u, time.Now()))
		}
		table(w, rows)
	})
}

func userRow(u wire.AdminUser, now time.Time) []string {
	row := []string{u.Username, u.Email, "user", "enabled", strconv.Itoa(u.Machines), strconv.Itoa(u.Sessions), "never", u.ID}
	if u.Admin {
		row[2] = "admin"
	}
	if u.Disabled {
		row[3] = "disabled"
	}
	if u.LastLogin != nil {
		row[6] = ago(*u.LastLogin, now)
	}
	return row
}

// user finds the account that is meant: by its id, its username or its email.
func (a *app) user(ctx context.Context, which string) (*client.Client, wire.AdminUser, error) {
	api, err := a.client(ctx)
	if err != nil {
		return nil, wire.AdminUser{}, err
	}
	list, err := api.Users(ctx)
	if err != nil {
		return nil, wire.AdminUser{}, err
	}
	for _, u := range list.Users {
		if u.ID == which || strings.EqualFold(u.Username, which) || strings.EqualFold(u.Email, which) {
			return api, u, nil
		}
	}
	return nil, wire.AdminUser{}, wire.ErrNotFound.With("no user %q: vsay admin users lists them", which)
}

// manage is one thing that can be done to an account.
type manage struct {
	name, short string
	ask         string // what is asked before, of a person; empty: nothing
	done        string
}

func (a *app) manageCmd(m manage) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   m.name + " USER",
		Short: m.short,
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runManage(cmd.Context(), m, args[0], yes)
		},
	}
	if m.ask != "" {
		cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	}
	return cmd
}

func (a *app) runManage(ctx context.Context, m manage, which string, yes bool) error {
	api, u, err := a.user(ctx, which)
	if err != nil {
		return err
	}
	if m.ask != "" && !yes {
		if err := a.confirm(ctx, fmt.Sprintf(m.ask, clean(u.Username))); err != nil {
			return err
		}
	}
	if m.name == "delete" {
		err = api.DeleteUser(ctx, u.ID)
	} else {
		err = api.ManageUser(ctx, u.ID, m.name)
	}
	if err != nil {
		return err
	}
	a.say(m.done, u.Username)
	return a.printJSON(wire.Signed{Message: m.name, User: &wire.User{ID: u.ID, Username: u.Username, Email: u.Email}})
}

// confirm asks the person at the terminal. Without one there is nobody to ask, and
// who runs a script has decided.
func (a *app) confirm(ctx context.Context, question string) error {
	if a.terminal() == nil {
		return nil
	}
	line, err := a.askLine(ctx, question+" [yes/no]", "an answer", "", false)
	if err != nil {
		return err
	}
	if !strings.EqualFold(line, "yes") && !strings.EqualFold(line, "y") {
		return failed("nothing was done")
	}
	return nil
}
