package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"vsay/internal/private"
	"vsay/internal/server"
)

// dataOptions say where a server keeps its things and its secret.
type dataOptions struct {
	DataDir       string `mapstructure:"data-dir"`
	MasterKeyFile string `mapstructure:"master-key-file"`
}

func dataFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("data-dir", "", "the `folder` that holds all the server has to remember (default $XDG_STATE_HOME/vsay/server)")
	f.String("master-key-file", "", "a `file` that holds the master key, in place of DATA-DIR/master.key (also VSAY_MASTER_KEY, or the systemd credential vsay-master-key)")
}

// serverConfig is the part of a server's settings that its data needs.
func (o dataOptions) serverConfig() (server.Config, error) {
	c := server.Config{DataDir: o.DataDir}
	if c.DataDir == "" {
		dir, err := stateDir()
		if err != nil {
			return c, err
		}
		c.DataDir = filepath.Join(dir, "server")
	}
	var err error
	c.MasterKey, err = o.masterKey()
	return c, err
}

// masterKey is the master key that was given from outside the data folder, or nil.
func (o dataOptions) masterKey() ([]byte, error) {
	credential := filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "vsay-master-key")
	switch {
	case os.Getenv("VSAY_MASTER_KEY") != "":
		key := os.Getenv("VSAY_MASTER_KEY")
		if err := os.Unsetenv("VSAY_MASTER_KEY"); err != nil {
			return nil, err
		}
		return parseMaster([]byte(key), "VSAY_MASTER_KEY")
	case o.MasterKeyFile != "":
		text, err := private.Read(o.MasterKeyFile)
		if err != nil {
			return nil, err
		}
		return parseMaster(text, o.MasterKeyFile)
	case os.Getenv("CREDENTIALS_DIRECTORY") != "" && exists(credential):
		text, err := os.ReadFile(credential) // systemd sees to it that nobody else can
		if err != nil {
			return nil, err
		}
		return parseMaster(text, "the credential vsay-master-key")
	}
	return nil, nil
}

func parseMaster(text []byte, where string) ([]byte, error) {
	key, err := server.ParseMaster(text)
	if err != nil {
		return nil, failed("%s cannot be used: %s", where, err)
	}
	return key, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

type rotateOptions struct {
	dataOptions   `mapstructure:",squash"`
	Master        bool   `mapstructure:"master"`
	SignOut       bool   `mapstructure:"sign-out"`
	NewMasterFile string `mapstructure:"new-master-key-file"`
}

func (a *app) rotateKeysCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate-keys",
		Short: "Replace the keys of a server that does not run",
		Long: `Replaces the key that signs tokens, and with --master the master key as well. Tokens,
API keys, machines and sessions stay as good as they were. The server must not run
meanwhile; to replace the signing key of one that runs, use vsay admin rotate-keys.

Backups of before open with the old master key only: keep it with them, or make a new
backup afterwards.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var o rotateOptions
			if err := a.settle(cmd, &o); err != nil {
				return err
			}
			return a.rotateKeys(cmd.Context(), o)
		},
	}
	dataFlags(cmd)
	f := cmd.Flags()
	f.Bool("master", false, "replace the master key too")
	f.Bool("sign-out", false, "end every token now: what to do when a key has leaked")
	f.String("new-master-key-file", "", "write the new master key to this `file`; where the old one was given from outside")
	return cmd
}

func (a *app) rotateKeys(ctx context.Context, o rotateOptions) error {
	cfg, err := o.serverConfig()
	if err != nil {
		return err
	}
	if !exists(cfg.Database()) {
		return failed("there is no server in %s: say --data-dir", cfg.DataDir)
	}
	s, err := server.New(ctx, cfg, a.logger("text", "info"))
	if err != nil {
		return err
	}
	err = s.RotateKeys(context.WithoutCancel(ctx), server.KeyRotation{Master: o.Master, SignOut: o.SignOut, NewMaster: o.NewMasterFile})
	if cerr := s.Close(); err != nil || cerr != nil {
		return cmp.Or(err, cerr)
	}
	a.say("%s", rotated(o))
	return nil
}

func rotated(o rotateOptions) string {
	said := "tokens are signed with a new key"
	if o.Master {
		said = "the master key was replaced; backups of before open with the old one only"
	}
	if o.NewMasterFile != "" {
		said += "; give the server " + o.NewMasterFile + " from now on"
	}
	if o.SignOut {
		said += "; everybody has to sign in again"
	}
	return said
}
