//go:build !unix

package cli

import "github.com/spf13/cobra"

func (a *app) unixOnly(use, short string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, RunE: func(*cobra.Command, []string) error {
		return failed("vsay %s runs on Linux and macOS; from here you can attach to those", use)
	}}
}

func (a *app) agentCmd() *cobra.Command {
	return a.unixOnly("agent", "Make this machine reachable (Linux and macOS)")
}

func (a *app) tryCmd() *cobra.Command {
	return a.unixOnly("try", "All of vsay at once (Linux and macOS)")
}

func (a *app) holdCmd() *cobra.Command {
	cmd := a.unixOnly("hold", "")
	cmd.Hidden = true
	return cmd
}
