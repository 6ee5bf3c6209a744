package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) inviteCmd() *cobra.Command {
	var email string
	var expires time.Duration
	cmd := &cobra.Command{
		Use:   "invite",
		Short: "Let one person make an account, where signup is by invitation",
		Long: "Let one person make an account, where signup is by invitation. The code is printed once, is good for\n" +
			"one account, and for one email with --email. They run  vsay signup HOST --invite CODE.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runInvite(cmd.Context(), email, expires) },
	}
	cmd.Flags().StringVar(&email, "email", "", "good for this email address alone")
	cmd.Flags().DurationVar(&expires, "expires", 72*time.Hour, "how long it is good for")
	return cmd
}

func (a *app) runInvite(ctx context.Context, email string, expires time.Duration) error {
	if expires < time.Second {
		return usage("--expires has to be a second or more")
	}
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	made, err := api.Invite(ctx, wire.NewInvite{Email: email, ExpiresIn: int64(expires / time.Second)})
	if err != nil {
		return err
	}
	if made.Invite.ExpiresAt != nil {
		a.say("good for one account, until %s: vsay signup %s --invite CODE", stamp(*made.Invite.ExpiresAt), api.Endpoint.URL.String())
	}
	return a.print(made, func(w io.Writer) { fmt.Fprintln(w, clean(made.Invite.Code)) })
}

func (a *app) invitesCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "invites",
		Short: "List the invitations",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runInvites(cmd.Context()) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "rm ID",
		Short: "Take an invitation back",
		Args:  takes(1, 1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.runUninvite(cmd.Context(), args[0]) },
	})
	return cmd
}

func (a *app) runInvites(ctx context.Context) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Invites(ctx)
	if err != nil {
		return err
	}
	return a.print(list, func(w io.Writer) {
		rows := [][]string{{"ID", "EMAIL", "BY", "STATUS"}}
		for _, in := range list.Invites {
			rows = append(rows, []string{in.ID, or(in.Email, "any"), or(in.CreatedBy, "-"), inviteStatus(in, time.Now())})
		}
		table(w, rows)
	})
}

func inviteStatus(in wire.Invite, now time.Time) string {
	switch {
	case in.UsedAt != nil:
		return "used by " + or(in.UsedBy, "somebody who was deleted")
	case in.ExpiresAt != nil && !in.ExpiresAt.After(now):
		return "over"
	case in.ExpiresAt != nil:
		return "waits, for " + span(in.ExpiresAt.Sub(now))
	}
	return "waits"
}

func (a *app) runUninvite(ctx context.Context, id string) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	if err := api.DeleteInvite(ctx, id); err != nil {
		return err
	}
	a.say("the invitation is good for nothing now")
	return a.printJSON(wire.Signed{Message: "Invitation taken back"})
}
