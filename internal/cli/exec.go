package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/client"
	"vsay/internal/wire"
)

type execOptions struct {
	machines []string
	command  []string
	labels   []string
	tty      bool
	env      []string
	dir      string
	timeout  time.Duration
	keep     time.Duration
	detach   bool
}

// keepFor is how long a command is kept for a client that is cut off: longer than
// most cuts last, and no longer than somebody would miss it.
const keepFor = 2 * time.Hour

func (a *app) execCmd() *cobra.Command {
	var o execOptions
	cmd := &cobra.Command{
		Use:   "exec MACHINE... -- CMD [ARG...]",
		Short: "Run a command on a machine, or on several",
		Long: `Exec runs a command: its stdin, stdout, stderr and exit code are the remote ones
(128+n for signal n). When vsay itself fails it exits with 255 and says why.

The command is not given to a shell: for a pipe or a variable, run one:
  vsay exec box -- sh -c 'ps aux | wc -l'

INT, TERM, HUP and QUIT that end vsay go to the command, which ends or goes on as
it would here. While its machine cannot be reached they wait; a second one has
vsay leave. When vsay is killed or cut off without a word, the command goes on: the
same vsay finds it again once the network is back, with no byte lost. A command
that nobody came back to is ended after --keep; --detach is for those that should
outlive their client.

On several machines, named or chosen by --label, it runs at the same time; each
line of output begins with the machine's name, stdin is empty, and the exit code
is the first one that is not 0.`,
		Args: func(cmd *cobra.Command, args []string) error {
			return o.split(cmd, args)
		},
		ValidArgsFunction: a.completeMachines,
		Annotations:       map[string]string{ownFailure: "255"},
		RunE:              func(cmd *cobra.Command, _ []string) error { return a.exec(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.labels, "label", nil, "run on all machines with this label, `key=value`")
	f.BoolVarP(&o.tty, "tty", "t", false, "give the command a terminal")
	f.StringArrayVarP(&o.env, "env", "e", nil, "set a variable, `KEY=VALUE`")
	f.StringVarP(&o.dir, "workdir", "w", "", "run in this `folder`, from home if it is relative")
	f.BoolVar(&o.detach, "detach", false, "print the session's id and leave; vsay wait ID tells how it ended")
	f.DurationVar(&o.timeout, "timeout", 0, "end the command after this long, and exit with 124")
	f.DurationVar(&o.keep, "keep", keepFor, "end the command this long after vsay was cut off from it")
	cmd.MarkFlagsMutuallyExclusive("detach", "timeout")
	cmd.MarkFlagsMutuallyExclusive("detach", "tty")
	cmd.MarkFlagsMutuallyExclusive("detach", "keep")
	return cmd
}

// split tells the machines from the command: by the --, or else the first word
// is the machine.
func (o *execOptions) split(cmd *cobra.Command, args []string) error {
	at := cmd.ArgsLenAtDash()
	if at < 0 {
		at = min(1, len(args))
		if len(o.labels) > 0 {
			at = 0
		}
	}
	o.machines, o.command = args[:at], args[at:]
	switch {
	case len(o.machines) == 0 && len(o.labels) == 0:
		return usage("which machine? vsay exec MACHINE -- CMD")
	case len(o.command) == 0 || o.command[0] == "":
		return usage("which command? vsay exec MACHINE -- CMD")
	case o.timeout < 0:
		return usage("--timeout is a time, as in 90s or 5m")
	case o.keep < time.Second:
		return usage("--keep is a time of a second or more, as in 90s or 2h")
	}
	for _, kv := range o.env {
		if key, _, ok := strings.Cut(kv, "="); !ok || key == "" {
			return usage("-e takes KEY=VALUE, not %q", kv)
		}
	}
	_, err := parseLabels(o.labels)
	return err
}

func (a *app) exec(ctx context.Context, o execOptions) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	machines, err := a.execMachines(ctx, api, o)
	if err != nil {
		return err
	}
	if len(machines) == 1 && len(o.labels) == 0 {
		return a.execOne(ctx, api, machines[0], o)
	}
	if o.tty || o.detach {
		return usage("--tty and --detach are for one machine at a time")
	}
	return a.execAll(ctx, api, machines, o)
}

func (a *app) execMachines(ctx context.Context, api *client.Client, o execOptions) (chosen []wire.Machine, err error) {
	list, err := api.Machines(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range o.machines {
		m, err := pick(list.Machines, name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, m)
	}
	for _, m := range list.Machines {
		if len(o.labels) > 0 && len(o.machines) == 0 && labelled(m, o.labels) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, wire.ErrNotFound.With("no machine has the label %s: vsay ls -o json shows labels", strings.Join(o.labels, ", "))
	}
	return chosen, nil
}

func labelled(m wire.Machine, labels []string) bool {
	for _, l := range labels {
		key, value, _ := strings.Cut(l, "=")
		if got, ok := m.Labels[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// execOne runs the command on one machine, as if it ran here.
func (a *app) execOne(ctx context.Context, api *client.Client, m wire.Machine, o execOptions) error {
	if o.detach {
		return a.execDetached(ctx, api, m, o)
	}
	v := viewing{input: true}
	if o.tty {
		v.tty, v.escape = a.terminal(), '~'
	}
	att, finish, err := a.begin(ctx, api, m.AgentID, a.execOpen(o, v.tty), o.timeout)
	if err != nil {
		return err
	}
	v.farewell = func(w *window) string {
		id := att.Opened.Session
		if w.away() > 0 {
			return fmt.Sprintf("left the command on %s, which cannot be reached: it ends in %s, or by vsay kill %s", m.Name, o.keep, id)
		}
		return fmt.Sprintf("left the command on %s; it runs on: vsay kill %s ends it", m.Name, id)
	}
	return finish(orEnd(api, att, a.view(withoutSignals(ctx), att, v)))
}

// execDetached starts the command with an empty stdin, and leaves it to itself.
func (a *app) execDetached(ctx context.Context, api *client.Client, m wire.Machine, o execOptions) error {
	att, err := api.Attach(ctx, m.AgentID, a.execOpen(o, nil))
	if err != nil {
		return err
	}
	att.CloseInput()
	att.Leave()
	id := att.Opened.Session
	a.say("vsay: it runs on %s; vsay wait %s tells how it ends", m.Name, id)
	return a.print(struct {
		SessionID string `json:"session_id"`
	}{id}, func(w io.Writer) { fmt.Fprintln(w, clean(id)) })
}

// brokenPipe is the exit code of a program whose reader has gone.
const brokenPipe = exitError(128 + int(syscall.SIGPIPE))

// endingWithin is how long vsay waits for a command that it cannot follow any more.
const endingWithin = 3 * time.Second

// orEnd makes sure that a command does not run on when vsay fails under it: nobody
// would read its output or hear how it ended. err says how following it went.
func orEnd(api *client.Client, att *client.Attachment, err error) error {
	var remote exitError
	if err == nil || errors.As(err, &remote) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), endingWithin)
	defer cancel()
	_ = api.EndSession(ctx, att.Opened.Session) // what failed before is what is told
	if errors.Is(err, syscall.EPIPE) {
		return brokenPipe
	}
	return err
}

func (a *app) execOpen(o execOptions, tty *os.File) wire.Open {
	ask := wire.Open{
		New: true, Source: "cli",
		Spec: wire.Spec{Kind: wire.KindExec, Command: o.command, Env: append(locale(), o.env...), Dir: o.dir, TTY: o.tty},
	}
	if !o.detach {
		ask.Spec.Orphan = wire.Seconds(o.keep.Seconds())
	}
	if o.tty {
		ask.Spec.Term, ask.Cols, ask.Rows = termName(), 80, 24
	}
	if tty != nil {
		ask.Cols, ask.Rows = screenSize(tty)
	}
	return ask
}

// withoutSignals keeps an interrupt from ending the connection: it is the
// remote program's to decide what becomes of it.
func withoutSignals(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
