package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"
)

// settings are what every command obeys. A setting has one name everywhere:
// --tls-ca, VSAY_TLS_CA, and tls-ca (or tls_ca) in config.yaml.
type settings struct {
	Host         string `mapstructure:"host"`
	Account      string `mapstructure:"account"`
	Output       string `mapstructure:"output"`
	Quiet        bool   `mapstructure:"quiet"`
	InsecureHTTP bool   `mapstructure:"insecure-http"`
	TLSCA        string `mapstructure:"tls-ca"`
}

// configKeys are the settings config.yaml may hold. Secrets are none of them.
var configKeys = []string{
	"host", "account", "output", "quiet", "insecure-http", "tls-ca", // everywhere
	"email", "username", // login, signup
	"name", "label", "state-dir", "shell", "token-file", "pin", "read-only", "allow-command", // agent
	"listen", "data-dir", "master-key-file", "ballast", "public-url", // serve, from here on
	"tls-cert", "tls-key", "acme-domain", "acme-directory", "acme-email", "http-listen", "trusted-proxies",
	"signup", "approve-machines", "allowed-origins", "limit", "session-max", "detached-ttl", "strict-refresh",
	"log-format", "log-level", "audit-keep", "audit-log", "metrics-listen",
}

// globalFlags gives root the flags of settings.
func globalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.String("host", "", "the server: example.com or https://example.com:8443")
	f.String("account", "", "which account there, by email or username")
	f.StringP("output", "o", "human", "human or json")
	f.BoolP("quiet", "q", false, "say nothing but results and errors")
	f.Bool("insecure-http", false, "allow plain http:// to a host that is not this machine")
	f.String("tls-ca", "", "trust the certificates in this PEM `file` as well")
	f.String("config", "", "read settings from this `file` instead of config.yaml")
}

// settleAll settles what every command obeys, before it runs.
func (a *app) settleAll(cmd *cobra.Command) error {
	if err := a.settle(cmd, &a.settings); err != nil {
		return err
	}
	if a.Output != "human" && a.Output != "json" {
		wrong := a.Output
		a.Output = "human"
		return usage("--output is human or json, not %q", wrong)
	}
	return nil
}

// settle fills a plain struct, by its mapstructure tags, from what is strongest
// of: cmd's flags, VSAY_* variables, config.yaml, the flags' defaults. A
// command with settings of its own calls it once with a struct of them.
func (a *app) settle(cmd *cobra.Command, into any) error {
	v := viper.NewWithOptions(viper.ExperimentalBindStruct())
	v.SetEnvPrefix("vsay")
	v.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	v.AutomaticEnv()
	if err := v.BindPFlags(cmd.Flags()); err != nil {
		return err
	}
	if a.config == nil {
		var err error
		if a.config, err = readConfig(v.GetString("config")); err != nil {
			return err
		}
	}
	if err := v.MergeConfigMap(a.config); err != nil {
		return err
	}
	if err := v.Unmarshal(into); err != nil {
		return usage("a setting cannot be read: %s", lastLine(err.Error()))
	}
	return nil
}

// readConfig reads a config file; path may be empty, which means the usual
// place, where it need not exist.
func readConfig(path string) (map[string]any, error) {
	if path == "" {
		dir, err := xdg("XDG_CONFIG_HOME", ".config")
		if err != nil {
			return map[string]any{}, nil
		}
		path = filepath.Join(dir, "config.yaml")
		if _, err := os.Stat(path); err != nil {
			return map[string]any{}, nil
		}
	}
	v := viper.NewWithOptions(viper.KeyDelimiter("\x00")) // a key with a dot is a wrong key, not a tree
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	if err := v.ReadInConfig(); err != nil {
		return nil, usage("%s cannot be read as YAML: %s", path, lastLine(err.Error()))
	}
	config := map[string]any{}
	for key, value := range v.AllSettings() {
		name := strings.ReplaceAll(key, "_", "-")
		if !slices.Contains(configKeys, name) {
			return nil, usage("%s: %q is no setting; remove it or correct its name", path, key)
		}
		config[name] = value
	}
	return config, nil
}

// xdg is vsay's folder in one of the base directories of the desktop standard,
// which has relative ones ignored.
func xdg(variable, fallback string) (string, error) {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "vsay"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", usage("neither HOME nor %s is set: set one", variable)
	}
	return filepath.Join(home, fallback, "vsay"), nil
}

// stateDir is where vsay keeps what it has to remember.
func stateDir() (string, error) { return xdg("XDG_STATE_HOME", filepath.Join(".local", "state")) }

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
}
