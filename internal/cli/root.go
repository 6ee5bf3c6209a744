package cli

import (
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

func (a *app) rootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:           "vsay",
		Short:         "A terminal to a machine that cannot be reached, through a server that can be",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       thisBuild().Version,
		Args:          a.unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Name() == "hold" { // it obeys its spec; a mistake in config.yaml must not end sessions
				a.running = true
				return nil
			}
			err := a.settleAll(cmd)
			if err == nil {
				err = a.readable()
			}
			a.running = err == nil
			return err
		},
	}
	root.SuggestionsMinimumDistance = 2
	globalFlags(root)
	root.AddCommand(
		a.tryCmd(), a.serveCmd(), a.agentCmd(), a.holdCmd(),
		a.signupCmd(), a.loginCmd(), a.logoutCmd(), a.loginsCmd(), a.refreshCmd(), a.tokenCmd(), a.whoamiCmd(),
		a.machinesCmd(), a.attachCmd(), a.execCmd(), a.sessionsCmd(), a.killCmd(), a.renameCmd(), a.waitCmd(),
		a.apiKeyCmd(), a.auditCmd(), a.passwdCmd(), a.adminCmd(), a.versionCmd(),
	)
	root.AddCommand(a.packagers()...)
	a.checkHelp(root)
	return root
}

// checkHelp has help refuse what is no command, where cobra shows the whole list
// and calls that a success.
func (a *app) checkHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return // it is cobra's own, and cannot fail to be there
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		found, rest, err := root.Find(args)
		if err != nil {
			return err
		}
		return a.unknownCommand(found, rest)
	}
}

// readable refuses bytes that are no text. JSON cannot carry them, and what would
// arrive in their place is not what was meant.
func (a *app) readable() error {
	for _, arg := range a.args {
		if !utf8.ValidString(arg) {
			return usage("%q is not UTF-8, and only that can be sent: write it another way", arg)
		}
	}
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "VSAY_") && !utf8.ValidString(value) {
			return usage("%s is not UTF-8, and only that can be sent: set it to something else", name)
		}
	}
	return nil
}

// unknownCommand refuses a first word that is no command.
func (a *app) unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "vsay help lists them all"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + near[0] + "?"
	}
	return usage("%q is no command: %s", args[0], hint)
}

// takes checks the number of arguments, from least to most; most < 0 is any.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		problem := "too many arguments"
		if len(args) < least {
			problem = "an argument is missing"
		}
		return usage("%s: %s", problem, strings.TrimSuffix(cmd.UseLine(), " [flags]"))
	}
}
