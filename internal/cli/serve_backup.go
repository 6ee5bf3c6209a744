package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"vsay/internal/server"
)

type backupOptions struct {
	dataOptions `mapstructure:",squash"`
	WithKey     bool `mapstructure:"with-key"`
}

func (a *app) backupCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all that the server has to remember to a file, while it runs",
		Long: `Writes accounts, machines, sessions and the audit log, as they are at one moment, to a
new file. The server may run meanwhile.

The master key is not in it: without that key nobody can use the backup, you included.
Keep a copy of it elsewhere, or give --with-key, which writes it to FILE.key; who has
both can do what the server can.`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var o backupOptions
			if err := a.settle(cmd, &o); err != nil {
				return err
			}
			return a.backup(cmd.Context(), o, args[0])
		},
	}
	dataFlags(cmd)
	cmd.Flags().Bool("with-key", false, "write the master key as well, to FILE.key")
	return cmd
}

func (a *app) backup(ctx context.Context, o backupOptions, dest string) error {
	cfg, err := o.serverConfig()
	if err != nil {
		return err
	}
	if !exists(cfg.Database()) {
		return failed("there is no server in %s: say --data-dir", cfg.DataDir)
	}
	if err := server.Backup(ctx, cfg, dest, o.WithKey); err != nil {
		return err
	}
	if o.WithKey {
		a.say("written: %s, and the master key: %s.key. Who has both can do what the server can: keep them apart", dest, dest)
		return nil
	}
	a.say("written: %s. The master key is NOT in it, and without it nobody can restore it: keep a copy elsewhere", dest)
	return nil
}

type restoreOptions struct {
	dataOptions `mapstructure:",squash"`
	Trust       bool `mapstructure:"trust-backup"`
}

func (a *app) restoreCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore FILE --data-dir NEW",
		Short: "Make the data folder of a server out of a backup",
		Long: `Makes a new data folder out of a backup and its master key, which is looked for where
--master-key-file says, in the folder, and in FILE.key.

The backup knows nothing of what was revoked after it was made, so nothing of before
counts: everybody has to sign in again, every API key is replaced, machines wait until
their owners approve them, and all accounts but the administrators' are disabled until
an administrator enables them. With --trust-backup, for when nothing was revoked
since, machines and accounts stay as they were. Passwords are those of the backup
either way.`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var o restoreOptions
			if err := a.settle(cmd, &o); err != nil {
				return err
			}
			return a.restore(cmd.Context(), o, args[0])
		},
	}
	dataFlags(cmd)
	cmd.Flags().Bool("trust-backup", false, "nothing was revoked since: machines and accounts stay as they were")
	return cmd
}

func (a *app) restore(ctx context.Context, o restoreOptions, from string) error {
	if o.DataDir == "" {
		return usage("say where to: --data-dir NEW")
	}
	cfg, err := o.serverConfig()
	if err != nil {
		return err
	}
	admins, err := server.Restore(ctx, cfg, from, o.Trust, a.logger("text", "info"))
	if err != nil {
		return err
	}
	a.say("restored to %s. Everybody has to sign in again; every API key was replaced; passwords are those of the backup", cfg.DataDir)
	if !o.Trust {
		a.say("accounts other than administrators' are disabled (vsay admin enable), and machines wait for their owners (vsay ls approve)")
	}
	a.say("administrators as of then, who can sign in: %s. Remove those who are none any more at once (vsay admin delete)", strings.Join(admins, ", "))
	return nil
}
