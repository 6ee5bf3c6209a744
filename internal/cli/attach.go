package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

type attachOptions struct {
	target   string
	fresh    bool
	readOnly bool
	steal    bool
	escape   string
}

func (a *app) attachCmd() *cobra.Command {
	var o attachOptions
	cmd := &cobra.Command{
		Use:     "attach MACHINE[:SESSION]",
		Aliases: []string{"connect"},
		Short:   "A terminal on a machine, in a session that outlives every connection",
		Long: `Attach opens a terminal on a machine.

Without a session's name it takes up your latest session there that nobody is
watching, and says so; if there is none it starts a new one, named by the
smallest free number. With a name it joins that session, watched or not, or
creates it.

In the terminal, after Enter: ~. leaves (the session runs on), ~? helps, ~~ is a ~.`,
		Args:              takes(1, 1),
		ValidArgsFunction: a.completeMachines,
		Annotations:       map[string]string{ownFailure: "255"},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target = args[0]
			return a.attach(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.fresh, "new", false, "start a new session, never join one")
	f.BoolVarP(&o.readOnly, "read-only", "r", false, "only watch")
	f.BoolVar(&o.steal, "steal", false, "leave the other viewers out")
	f.StringVar(&o.escape, "escape", "~", "the escape character: one character, ^X, or none")
	cmd.MarkFlagsMutuallyExclusive("new", "read-only")
	return cmd
}

func (a *app) attach(ctx context.Context, o attachOptions) error {
	esc, err := parseEscape(o.escape)
	if err != nil {
		return err
	}
	name, session := splitTarget(o.target)
	m, err := a.machine(ctx, name)
	if err != nil {
		return err
	}
	tty := a.terminal()
	ask := wire.Open{
		New: o.fresh, ReadOnly: o.readOnly, Steal: o.steal, Source: "cli", Cols: 80, Rows: 24,
		Spec: wire.Spec{Kind: wire.KindShell, TTY: true, Term: termName(), Env: locale()},
	}
	ask.Name = session
	if tty != nil {
		ask.Cols, ask.Rows = screenSize(tty)
	}
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	att, err := api.Attach(ctx, m.AgentID, ask)
	if err != nil {
		return err
	}
	full := m.Name + ":" + att.Opened.Name
	if !att.Opened.Fresh {
		if session == "" {
			a.say("vsay: taking up %s (--new starts another)", full)
		}
		a.makeRoom(tty)
	}
	left := fmt.Sprintf("left %s; it runs on: vsay attach %s takes it up again", full, full)
	ctx, stop := untilHangup(ctx)
	defer stop()
	return a.view(ctx, att, viewing{escape: esc, tty: tty, input: true, left: left})
}

// termName is what kind of terminal this one is, as far as it can be said.
func termName() string { return strings.ToValidUTF8(os.Getenv("TERM"), "") }

// locale is what of this side's environment says how text is written.
func locale() (env []string) {
	for _, key := range []string{"LANG", "LC_ALL", "LC_CTYPE", "COLORTERM"} {
		if v, ok := os.LookupEnv(key); ok && utf8.ValidString(v) {
			env = append(env, key+"="+v)
		}
	}
	return env
}
