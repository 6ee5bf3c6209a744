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

func (a *app) tokenCmd() *cobra.Command {
	var minTTL time.Duration
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print a valid token",
		Long: "Print a token that is valid now, refreshed first when less than half its life is left.\n" +
			"curl -H \"Authorization: Bearer $(vsay token)\" https://example.com/api/machines",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runToken(cmd.Context(), minTTL) },
	}
	cmd.Flags().DurationVar(&minTTL, "min-ttl", 0, "promise that the token lasts at least this long (exit 4 if it cannot)")
	return cmd
}

func (a *app) runToken(ctx context.Context, minTTL time.Duration) error {
	l, err := a.login(ctx)
	if err != nil {
		return err
	}
	token, err := l.tokens.AtLeast(ctx, minTTL)
	if err != nil {
		return err
	}
	return a.printToken(token)
}

func (a *app) printToken(token string) error {
	return a.print(wire.Signed{Token: token}, func(w io.Writer) { fmt.Fprintln(w, clean(token)) })
}

func (a *app) refreshCmd() *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:   "refresh",
		Short: "Exchange the token for a fresh one",
		Long: "Exchange the cached token, or the one in VSAY_TOKEN, for a fresh one of the same login.\n" +
			"With VSAY_TOKEN nothing is kept: --print is the way to get the fresh one.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runRefresh(cmd.Context(), show) },
	}
	cmd.Flags().BoolVar(&show, "print", false, "print the fresh token, alone, on stdout")
	return cmd
}

func (a *app) runRefresh(ctx context.Context, show bool) error {
	l, err := a.login(ctx)
	if err != nil {
		return err
	}
	token, err := l.tokens.Refresh(ctx)
	if err != nil {
		return err
	}
	claims, err := client.ReadToken(token)
	if err != nil {
		return err
	}
	show = show || a.json()
	switch {
	case l.cache != nil:
		a.say("refreshed the token for %s; the new one ends at %s", l.who.Host, stamp(claims.Expires))
	case show:
		a.say("refreshed the token in VSAY_TOKEN for %s; the new one ends at %s", l.who.Host, stamp(claims.Expires))
	default:
		a.say("refreshed the token in VSAY_TOKEN for %s; the new one ends at %s, and --print would show it", l.who.Host, stamp(claims.Expires))
	}
	if !show {
		return nil
	}
	return a.printToken(token)
}

// stamp is a time as people and programs both read it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
