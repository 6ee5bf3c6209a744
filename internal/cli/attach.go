package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vsay/internal/client"
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

In the terminal, after Enter: ~. leaves (the session runs on), ~s tells the round
trip, ~? helps, ~~ is a ~.

With something else than a terminal on stdin, that is typed, and its end is typed
as Ctrl-D, which ends a shell at its prompt: vsay attach box <commands. A session
that was joined ends the same way; with --read-only nothing is typed. Where
neither stdin nor stdout is a terminal the session keeps the size it has.

The exit code is the shell's when that ends; 0 when it is left with ~. and 128+n
when signal n ended vsay: the session runs on. 255 is a failure of vsay's own.`,
		Args:              takes(1, 1),
		ValidArgsFunction: a.completeMachines,
		Annotations:       map[string]string{ownFailure: "255"},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target = args[0]
			ctx, ended := untilSignal(cmd.Context())
			return ended(a.attach(ctx, o))
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
	waited := a.tellWait(name)
	defer waited()
	api, m, err := a.machine(ctx, name)
	if err != nil {
		return err
	}
	tty := a.terminal()
	ask := wire.Open{
		New: o.fresh, ReadOnly: o.readOnly, Steal: o.steal, Source: "cli",
		Spec: wire.Spec{Kind: wire.KindShell, TTY: true, Term: termName(), Env: locale()},
	}
	ask.Name = session
	ask.Cols, ask.Rows = a.size()
	att, err := api.Attach(ctx, m.AgentID, ask)
	waited()
	if err != nil {
		return err
	}
	if !att.Opened.Fresh {
		if session == "" {
			a.say("vsay: taking up %s (--new starts another)", m.Name+":"+att.Opened.Name)
		}
		a.makeRoom()
	}
	return a.view(ctx, att, viewing{
		escape: esc, tty: tty, input: true, readOnly: o.readOnly, endKey: tty == nil && !o.readOnly,
		farewell: func(w *window) string {
			full := m.Name + ":" + w.nameNow(api)
			return fmt.Sprintf("left %s; it runs on: vsay attach %s takes it up again", full, full)
		},
	})
}

// patience is how long a start may take before a person is told what it waits for.
const patience = 3 * time.Second

// tellWait says on a terminal that machine is waited for, when that takes long,
// until told to stop.
func (a *app) tellWait(machine string) (stop func()) {
	if !isTerminal(a.Err) {
		return func() {}
	}
	t := time.AfterFunc(patience, func() { a.say("vsay: waiting for %s ...", machine) })
	return func() { t.Stop() }
}

// size is that of the terminal, wherever it is; 0 when there is none, and then
// the session keeps the size it has.
func (a *app) size() (cols, rows uint16) {
	for _, stream := range []any{a.In, a.Out} {
		if isTerminal(stream) {
			return screenSize(stream.(*os.File))
		}
	}
	return 0, 0
}

// farewellWithin is how long the server is asked for what a session is called now.
const farewellWithin = time.Second

// nameNow is the session's name, which may have changed since it was opened.
func (w *window) nameNow(api *client.Client) string {
	opened := w.att.Opened
	if w.away() > 0 {
		return opened.Name
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewellWithin)
	defer cancel()
	list, err := api.Sessions(ctx)
	if err != nil {
		return opened.Name
	}
	for _, s := range list.Sessions {
		if s.SessionID == opened.Session && s.Name != "" {
			return s.Name
		}
	}
	return opened.Name
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
