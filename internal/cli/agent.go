//go:build unix

package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vsay/internal/agent"
	"vsay/internal/session"
	"vsay/internal/wire"
)

type agentOptions struct {
	Token     string   `mapstructure:"token"`
	TokenFile string   `mapstructure:"token-file"`
	Name      string   `mapstructure:"name"`
	Labels    []string `mapstructure:"label"`
	StateDir  string   `mapstructure:"state-dir"`
	Shell     string   `mapstructure:"shell"`
	LogFormat string   `mapstructure:"log-format"`
	Pins      []string `mapstructure:"pin"`
	ReadOnly  bool     `mapstructure:"read-only"`
	Commands  []string `mapstructure:"allow-command"`
}

func (a *app) agentCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agent --host HOST [--token-file FILE]",
		Short: "Make this machine reachable",
		Long: `Agent dials the server and keeps the line open, so that this machine can be
reached wherever it is. The first run needs an API key (vsay api-key shows
yours): in --token-file, in VSAY_API_KEY, or as --token. The machine gets a
credential of its own for it; later runs need no key.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.agentOptions(cmd)
			if err != nil {
				return err
			}
			return a.runAgent(cmd.Context(), o)
		},
	}
	agentFlags(cmd)
	stateDirFlag(cmd)
	cmd.Flags().String("log-format", "text", "text or json")
	cmd.AddCommand(a.enrollCmd(), a.installCmd(), a.uninstallCmd())
	return cmd
}

// agentFlags are those of all commands that make a machine reachable.
func agentFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("token", "", "the API `key` (it is hidden from ps at once; --token-file is better)")
	f.String("token-file", "", "a `file` that holds the API key; - is stdin, where a terminal asks for it")
	f.String("name", "", "what to call this machine (default its host name)")
	f.StringSlice("label", nil, "a label, `key=value`; may be given more than once")
	f.StringSlice("pin", nil, "the server has to have this key, `sha256/…`, or another that is listed; learn pins what is found at the first link, off forgets it")
	f.Bool("read-only", false, "nobody types here, whatever the server says: sessions can only be watched, and no command is run that --allow-command does not name")
	f.StringSlice("allow-command", nil, "run this `command` and no other, and no shell to type into, whatever the server says; may be given more than once")
	f.String("shell", "", "the shell that sessions run (default your login shell)")
}

func stateDirFlag(cmd *cobra.Command) {
	cmd.Flags().String("state-dir", "", "the `folder` for the machine's credential and its sessions (default $XDG_STATE_HOME/vsay/agent)")
}

func (a *app) agentOptions(cmd *cobra.Command) (o agentOptions, err error) {
	err = a.settle(cmd, &o)
	// VSAY_TOKEN is a user's JWT, and no agent's business.
	o.Token, _ = cmd.Flags().GetString("token")
	if err == nil && cmd.Flags().Changed("allow-command") && len(o.Commands) == 0 {
		err = errNoCommand
	}
	return o, err
}

func (a *app) runAgent(ctx context.Context, o agentOptions) error {
	if err := hideSecrets(o); err != nil {
		return err
	}
	catchSignals()
	c, err := a.agentConfig(ctx, o)
	if err != nil {
		return err
	}
	c.Online = tellSystemd
	ag, err := agent.New(c)
	if err != nil {
		return err
	}
	defer ag.Close()
	return ag.Run(ctx)
}

func (a *app) agentConfig(ctx context.Context, o agentOptions) (c agent.Config, err error) {
	if a.Host == "" {
		return c, usage("--host is missing: which server is this machine to be reached through?")
	}
	c = agent.Config{
		Insecure: a.InsecureHTTP, CAFile: a.TLSCA, Name: o.Name, StateDir: o.StateDir, Shell: o.Shell,
		Version: thisBuild().Version, Log: a.logger(o.LogFormat, "info"),
	}
	if c.Endpoint, err = a.endpoint(a.Host); err != nil {
		return c, err
	}
	if err := o.pins(&c); err != nil {
		return c, err
	}
	if c.Policy, err = o.policy(); err != nil {
		return c, err
	}
	if c.APIKey, err = a.agentKey(ctx, o); err != nil {
		return c, err
	}
	if c.CAFile != "" {
		if c.CAFile, err = filepath.Abs(c.CAFile); err != nil {
			return c, err
		}
	}
	if c.StateDir == "" {
		dir, err := stateDir()
		if err != nil {
			return c, err
		}
		c.StateDir = filepath.Join(dir, "agent")
	}
	if c.StateDir, err = filepath.Abs(c.StateDir); err != nil {
		return c, err
	}
	if c.Labels, err = parseLabels(o.Labels); err != nil {
		return c, err
	}
	if c.Name == "" {
		if c.Name, err = os.Hostname(); err != nil {
			return c, usage("--name is missing, and this machine does not know its own")
		}
		c.Name = strings.ToValidUTF8(c.Name, "")
	}
	if c.Shell != "" {
		if info, err := os.Stat(c.Shell); err != nil || info.IsDir() {
			return c, usage("--shell: there is no program %s", c.Shell)
		}
	}
	c.Program, err = os.Executable()
	return c, err
}

// catchSignals makes sure that shells get the signals of their keys. Started by
// a script's &, an agent has SIGINT ignored and every shell under it would
// inherit that: Ctrl-C would never work. What is caught is not inherited.
func catchSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGPIPE)
}

// agentKey is key, asked for where --token-file - finds a person at a terminal: what is
// pasted there is not shown.
func (a *app) agentKey(ctx context.Context, o agentOptions) (string, error) {
	in := a.terminal()
	if o.TokenFile != "-" || in == nil {
		return o.key(a.In)
	}
	typed, err := a.askHidden(ctx, in, "API key")
	if err != nil {
		return "", err
	}
	return o.key(strings.NewReader(typed))
}

// key is the API key, or empty: a machine that is enrolled needs none.
func (o agentOptions) key(stdin io.Reader) (string, error) {
	if o.TokenFile == "" {
		return o.Token, nil
	}
	read := func() ([]byte, error) { return os.ReadFile(o.TokenFile) }
	if o.TokenFile == "-" {
		read = func() ([]byte, error) { return io.ReadAll(io.LimitReader(stdin, 4<<10)) }
	}
	b, err := read()
	if err != nil {
		return "", usage("--token-file: %s", err)
	}
	key := string(bytes.TrimSpace(b))
	if !utf8.ValidString(key) {
		return "", usage("--token-file: %s holds no API key", o.TokenFile)
	}
	return key, nil
}

// hideSecrets takes the key out of the arguments and the environment, where
// every user of the machine could read it: it starts this process anew, without
// them, with the key in a pipe. It returns if there is nothing to hide.
func hideSecrets(o agentOptions) error {
	key := o.Token
	if env := os.Getenv("VSAY_API_KEY"); key == "" && o.TokenFile == "" {
		key = env
	}
	inEnv := os.Getenv("VSAY_API_KEY") != "" || os.Getenv("VSAY_TOKEN") != ""
	if o.Token == "" && !inEnv {
		return nil
	}
	args := withoutToken(os.Args)
	if key != "" {
		var pipe [2]int
		if err := syscall.Pipe(pipe[:]); err != nil { // unlike os.Pipe's, it outlives exec
			return err
		}
		if _, err := syscall.Write(pipe[1], []byte(key)); err != nil { // a pipe holds more than a key
			return err
		}
		syscall.Close(pipe[1])
		args = append(args, "--token-file", fmt.Sprintf("/dev/fd/%d", pipe[0]))
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, args, withoutSecrets(os.Environ()))
}

func withoutToken(args []string) (kept []string) {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--token":
			i++
		case strings.HasPrefix(args[i], "--token="):
		default:
			kept = append(kept, args[i])
		}
	}
	return kept
}

func withoutSecrets(environ []string) (kept []string) {
	for _, kv := range environ {
		if !strings.HasPrefix(kv, "VSAY_API_KEY=") && !strings.HasPrefix(kv, "VSAY_TOKEN=") {
			kept = append(kept, kv)
		}
	}
	return kept
}

// holdCmd is what the agent starts for each session. Nobody else does.
func (a *app) holdCmd() *cobra.Command {
	return &cobra.Command{
		Use: "hold", Hidden: true, Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			// There may be hundreds of these, most of them idle: a heap of one megabyte
			// is large enough before it is swept, and what is left goes back.
			debug.SetGCPercent(25)
			runtime.GOMAXPROCS(1) // one program, one road: more would wake each other
			time.AfterFunc(5*time.Second, debug.FreeOSMemory)
			out, ok := a.Out.(*os.File)
			if !ok {
				return usage("vsay hold is started by the agent")
			}
			err := session.Run(context.WithoutCancel(cmd.Context()), a.In, out, slog.New(slog.DiscardHandler))
			if err != nil {
				_, _ = io.WriteString(out, wire.AsError(err).Message+"\n") // to the agent
			}
			return err
		},
	}
}
