//go:build unix

package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

const (
	unitName    = "vsay-agent"
	serviceUser = "vsay-agent" // who the shells are, if nobody says otherwise
	serviceHome = "/var/lib/vsay-agent"
)

func (a *app) installCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "install --host HOST --token-file FILE [--run-as USER | --user]",
		Short: "Make the agent a service of this machine's systemd",
		Long: `Install enrolls this machine, writes a unit, starts it and waits until it is
online. The API key is used once and not kept. Doing it again changes the
settings; a machine that is in needs no key for that.

The shells are those of the user vsay-agent, who is made, or of --run-as. With
--user it is a service of your own, for which you need not be root.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.agentOptions(cmd)
			if err != nil {
				return err
			}
			return a.install(cmd.Context(), o, a.serviceOf(cmd))
		},
	}
	agentFlags(cmd)
	cmd.Flags().String("run-as", serviceUser, "the `user` whose shells they are")
	cmd.Flags().Bool("user", false, "a service of your own, not of the machine")
	return cmd
}

func (a *app) uninstallCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "uninstall [--user]",
		Short: "Undo agent install; sessions that run live on",
		Args:  takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.uninstall(cmd.Context(), a.serviceOf(cmd))
		},
	}
	cmd.Flags().Bool("user", false, "the service is your own, not the machine's")
	return cmd
}

// service is the agent as a unit of systemd.
type service struct {
	user     bool   // of the user's manager, not the system's
	runAs    string //
	program  string // the vsay binary
	stateDir string
	dir      string   // where units lie
	env      []string // settings of the agent, as VSAY_*
}

func (a *app) serviceOf(cmd *cobra.Command) *service {
	s := &service{dir: "/etc/systemd/system", stateDir: serviceHome}
	s.user, _ = cmd.Flags().GetBool("user")
	s.runAs, _ = cmd.Flags().GetString("run-as")
	return s
}

func (s *service) path() string { return filepath.Join(s.dir, unitName+".service") }

// check finds what stands in the way before anything is changed.
func (s *service) check() (err error) {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return failed("this machine does not run systemd: have its init run vsay agent --host HOST --state-dir DIR at boot, after vsay agent enroll with the same")
	}
	if s.program, err = os.Executable(); err != nil {
		return err
	}
	if s.user {
		config, err := os.UserConfigDir()
		if err != nil {
			return usage("%s: set HOME", err)
		}
		state, err := stateDir()
		s.dir, s.stateDir = filepath.Join(config, "systemd/user"), filepath.Join(state, "agent")
		return err
	}
	if os.Geteuid() != 0 {
		return usage("a service of the machine needs root: use sudo, or --user for a service of your own")
	}
	if text, err := os.ReadFile(s.path()); err == nil && !strings.HasPrefix(string(text), unitMark) {
		return failed("%s is not of vsay agent install: remove it first", s.path())
	}
	return nil
}

// ownedByRoot refuses a program that others than root could replace: it would be
// theirs what the service runs.
func ownedByRoot(program string) error {
	for path := program; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || stat.Uid != 0 || info.Mode().Perm()&0o022 != 0 || info.Mode().Perm()&0o001 == 0 {
			return failed("a service cannot run %s, since %s is not root's alone or closed to others: install -m 755 %s /usr/local/bin/vsay, and use that one", program, path, program)
		}
		if path == "/" {
			return nil
		}
	}
}

func (a *app) install(ctx context.Context, o agentOptions, s *service) error {
	if err := hideSecrets(o); err != nil {
		return err
	}
	if err := a.prepare(ctx, o, s); err != nil {
		return err
	}
	key, err := a.agentKey(ctx, o)
	if err != nil {
		return err
	}
	if s.shows(ctx)["ActiveState"] != "active" { // one that runs is enrolled, and has the folder
		if err := a.enrollAs(ctx, s, key); err != nil {
			return err
		}
	}
	before, _ := os.ReadFile(s.path())
	status, err := s.run(ctx, s.unit())
	if err != nil && len(before) > 0 {
		_, _ = s.run(context.WithoutCancel(ctx), string(before)) // which may be all that leads to this machine
	}
	if err != nil {
		return err
	}
	a.say("vsay-agent.service is installed and %s", status)
	a.advise(s)
	return nil
}

// run has systemd run the agent by this unit, and waits until it is online.
func (s *service) run(ctx context.Context, unit string) (status string, err error) {
	if err := writeWhole(s.path(), unit); err != nil {
		return "", err
	}
	for _, do := range [][]string{{"daemon-reload"}, {"enable", "--quiet", unitName}, {"restart", unitName}} {
		if err := s.systemctl(ctx, do...); err != nil {
			return "", err
		}
	}
	return s.untilOnline(ctx)
}

// prepare settles everything the unit says, and makes the user it names.
func (a *app) prepare(ctx context.Context, o agentOptions, s *service) error {
	if err := s.check(); err != nil {
		return err
	}
	o.Token, o.TokenFile, o.LogFormat, o.StateDir = "", "", "text", s.stateDir
	c, err := a.agentConfig(ctx, o) // which refuses wrong ones
	if err != nil {
		return err
	}
	if err := c.Endpoint.Knock(ctx); err != nil {
		return err
	}
	set := func(name, value string) {
		if value != "" {
			s.env = append(s.env, "VSAY_"+name+"="+value)
		}
	}
	set("HOST", c.Endpoint.URL.String())
	set("NAME", o.Name)
	set("LABEL", strings.Join(o.Labels, ","))
	set("SHELL", o.Shell)
	set("PIN", strings.Join(o.Pins, ","))
	set("ALLOW_COMMAND", strings.Join(o.Commands, ","))
	if o.ReadOnly {
		set("READ_ONLY", "true")
	}
	set("TLS_CA", c.CAFile)
	if a.InsecureHTTP {
		set("INSECURE_HTTP", "true")
	}
	for _, word := range append(s.agent(), append(s.env, s.runAs)...) {
		if strings.ContainsFunc(word, wire.Unsafe) {
			return usage("%q cannot stand in a unit: write it without control characters", word)
		}
	}
	if s.user {
		return nil
	}
	if err := ownedByRoot(s.program); err != nil {
		return err
	}
	return s.makeUser(ctx)
}

// makeUser makes the user of the service, where it is ours and is missing, and has
// its systemd run always: that keeps its sessions (see internal/agent/scope.go).
func (s *service) makeUser(ctx context.Context) error {
	if s.runAs == serviceUser {
		if _, err := user.Lookup(serviceUser); err != nil {
			cmd := exec.CommandContext(ctx, "systemd-sysusers", "-")
			cmd.Stdin = strings.NewReader(`u ` + serviceUser + ` - "vsay agent" ` + serviceHome + " /bin/bash\n")
			if err := ran(cmd); err != nil {
				return err
			}
		}
	}
	if s.runAs == "root" {
		return nil
	}
	return ran(exec.CommandContext(ctx, "loginctl", "enable-linger", s.runAs))
}

// enrollAs runs vsay agent enroll as the service will run.
func (a *app) enrollAs(ctx context.Context, s *service, key string) error {
	args := append(s.manager(), "--wait", "--pipe", "--quiet", "--collect", "--no-ask-password", "--service-type=exec", "--property=KillMode=process")
	for _, p := range s.context() {
		args = append(args, "--property="+p)
	}
	for _, kv := range s.env {
		args = append(args, "--setenv="+kv)
	}
	args = append(args, "--", s.program, "agent", "enroll", "--quiet", "--state-dir", s.stateDir, "--output", a.Output)
	if key != "" {
		args = append(args, "--token-file", "-")
	}
	cmd := exec.CommandContext(ctx, "systemd-run", args...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(key), a.Err
	err := cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() > 0 {
		return exitError(ended.ExitCode()) // it has said why
	}
	return err
}

// advise says what is worth knowing about a service of one's own.
func (a *app) advise(s *service) {
	me, err := user.Current()
	if !s.user || err != nil {
		return
	}
	if _, err := os.Stat(filepath.Join("/var/lib/systemd/linger", me.Username)); err != nil {
		a.say("it ends with your last login, and its sessions too: loginctl enable-linger keeps them")
	}
}

func (a *app) uninstall(ctx context.Context, s *service) error {
	if err := s.check(); err != nil {
		return err
	}
	unit, err := os.ReadFile(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return failed("there is no %s: nothing is installed", s.path())
	}
	if err := s.systemctl(ctx, "disable", "--quiet", "--now", unitName); err != nil {
		return err
	}
	if err := os.Remove(s.path()); err != nil {
		return err
	}
	if err := s.systemctl(ctx, "daemon-reload"); err != nil {
		return err
	}
	a.say("the agent is no service any more; its sessions live on until  %s 'vsay-session-*'", s.stopper(string(unit)))
	a.say("this machine's credential lies in %s; vsay ls rm takes it from the server", s.stateDir)
	return nil
}

// stopper is what stops the scopes of an agent that this unit was of.
func (s *service) stopper(unit string) string {
	_, after, _ := strings.Cut(unit, "\nUser=")
	of, _, _ := strings.Cut(after, "\n")
	switch {
	case s.user:
		return "systemctl --user stop"
	case of == "root":
		return "systemctl stop"
	}
	return "systemctl --user --machine=" + of + "@ stop"
}
