package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"vsay/internal/wire"
)

// result is what one run of vsay left behind.
type result struct {
	code     int
	out, err string
}

// vsay runs a command with an empty home, no terminal and nothing on stdin.
func vsay(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(t.Context(), append([]string{"vsay"}, args...), Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	return result{code, out.String(), errs.String()}
}

// home gives the test a home of its own, with a config file if it has content.
func home(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "VSAY_") || strings.HasPrefix(name, "XDG_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", dir)
	if config != "" {
		path := filepath.Join(dir, ".config", "vsay", "config.yaml")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExitCodes(t *testing.T) {
	home(t, "")
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"nonsense":                {2, `"nonsense" is no command`},
		"logn":                    {2, "did you mean login?"},
		"ls --nonsense":           {2, "unknown flag: --nonsense: see vsay ls --help"},
		"ls extra":                {2, "too many arguments: vsay ls"},
		"kill":                    {2, "an argument is missing: vsay kill SESSION"},
		"ls -o yaml":              {2, `--output is human or json, not "yaml"`},
		"ls":                      {4, "run vsay login"},
		"token":                   {4, "run vsay login"},
		"ls --host nowhere":       {4, "not signed in to https://nowhere"},
		"ls --host http://far":    {2, "plain HTTP"},
		"ls --host ://":           {2, "is no host"},
		"login":                   {2, "HOST is missing"},
		"login far":               {2, "--email is missing"},
		"login far --email a@b.c": {2, "--password-stdin is missing"},
		"login far --email a@b.c --password-stdin": {2, "stdin is empty"},
		"signup far --email a@b.c":                 {2, "--username is missing"},
		"login far --tls-ca /nonexistent":          {2, "--tls-ca"},
		"token --min-ttl soon":                     {2, "min-ttl"},
		"version":                                  {0, ""},
		"help login":                               {0, ""},
		"help login HOST":                          {2, `"HOST" is no command`},
		"help":                                     {0, ""},
		"help nosuch":                              {2, `"nosuch" is no command: vsay help lists them all`},
		"help logn":                                {2, "did you mean login?"},
		"sessions a b":                             {2, "too many arguments: vsay sessions [MACHINE]"},
		"completion zsh":                           {0, ""},
	} {
		got := vsay(t, strings.Fields(args)...)
		if got.code != want.code || !strings.Contains(got.err, want.says) {
			t.Errorf("vsay %s: exit %d, %q; want %d, …%s…", args, got.code, got.err, want.code, want.says)
		}
		if want.code != 0 && (strings.Count(got.err, "\n") != 1 || got.out != "") {
			t.Errorf("vsay %s: a failure is one line on stderr, not %q and %q", args, got.err, got.out)
		}
	}
}

// Who asks, but never signed in, finds nothing new in his home.
func TestWhoIsSignedOutLeavesNoTrace(t *testing.T) {
	dir := home(t, "")
	for _, args := range []string{"ls", "token", "sessions", "whoami", "logout", "login", "ls --host far"} {
		if got := vsay(t, strings.Fields(args)...); got.code == 0 {
			t.Errorf("vsay %s ended well", args)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("vsay %s left %v, %v", args, left, err)
		}
	}
}

func TestErrorsAsJSON(t *testing.T) {
	home(t, "")
	for args, code := range map[string]string{
		"ls -o json":                "unauthorized",
		"ls --output=json --bad":    "usage",
		"-o json nonsense":          "usage",
		"login far -o json":         "usage",
		"ls --host http://x -ojson": "forbidden",
	} {
		got := vsay(t, strings.Fields(args)...)
		var e struct{ Error, Code string }
		if err := json.Unmarshal([]byte(got.err), &e); err != nil || e.Code != code || e.Error == "" || got.out != "" {
			t.Errorf("vsay %s: %q, %v; want one object of code %s", args, got.err, err, code)
		}
	}
}

// A flag is stronger than the environment, which is stronger than the file,
// which is stronger than the default.
func TestSettings(t *testing.T) {
	host := func(t *testing.T, args ...string) string {
		t.Helper()
		_, after, _ := strings.Cut(vsay(t, append([]string{"ls"}, args...)...).err, "not signed in to ")
		where, _, _ := strings.Cut(after, ":"+" run")
		return where
	}
	home(t, "host: of-file\ntls_ca: ''\n")
	if got := host(t); got != "https://of-file" {
		t.Errorf("from the file: %q", got)
	}
	t.Setenv("VSAY_HOST", "of-env")
	if got := host(t); got != "https://of-env" {
		t.Errorf("from the environment: %q", got)
	}
	if got := host(t, "--host", "of-flag"); got != "https://of-flag" {
		t.Errorf("from the flag: %q", got)
	}
	t.Setenv("VSAY_INSECURE_HTTP", "true")
	if got := host(t, "--host", "http://of-flag"); got != "http://of-flag" {
		t.Errorf("with VSAY_INSECURE_HTTP: %q", got)
	}
}

func TestConfigMistakes(t *testing.T) {
	for config, says := range map[string]string{
		"hots: example.com":   `"hots" is no setting`,
		"host.name: x":        `"host.name" is no setting`,
		"token: eyJ":          `"token" is no setting`, // secrets have no place there
		"host: [":             "cannot be read as YAML",
		"output: xml":         `not "xml"`,
		"insecure-http: soon": "insecure-http",
	} {
		home(t, config)
		if got := vsay(t, "ls"); got.code != 2 || !strings.Contains(got.err, says) || strings.Count(got.err, "\n") != 1 {
			t.Errorf("%q: exit %d, %q; want 2, …%s…", config, got.code, got.err, says)
		}
	}
	home(t, "")
	if got := vsay(t, "ls", "--config", "/nonexistent.yaml"); got.code != 2 || !strings.Contains(got.err, "/nonexistent.yaml") {
		t.Errorf("a named config file that is not there: %d, %q", got.code, got.err)
	}
}

// Every setting of the file is a flag of some command: else it could never work.
func TestConfigKeysAreFlags(t *testing.T) {
	root := (&app{}).rootCmd()
	flags := map[string]bool{}
	for _, cmd := range append(root.Commands(), root) {
		for _, key := range configKeys {
			if cmd.Flags().Lookup(key) != nil || cmd.PersistentFlags().Lookup(key) != nil {
				flags[key] = true
			}
		}
	}
	for _, key := range configKeys {
		if !flags[key] {
			t.Errorf("%q is a setting, and no command has a flag of that name", key)
		}
	}
}

// What a server or an agent is told at each start may be in the file, but for secrets,
// and whoever looks for it in the manual finds it.
func TestFlagsOfServicesAreSettingsAndDocumented(t *testing.T) {
	var manual bytes.Buffer
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		manual.Write(text)
	}
	for _, name := range []string{"serve", "agent"} {
		cmd, _, err := (&app{}).rootCmd().Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "help" {
				return
			}
			if f.Name != "token" && !slices.Contains(configKeys, f.Name) {
				t.Errorf("vsay %s --%s is no setting of config.yaml", name, f.Name)
			}
			if !regexp.MustCompile("--" + f.Name + `\b`).Match(manual.Bytes()) {
				t.Errorf("neither README.md nor docs tell of vsay %s --%s", name, f.Name)
			}
		})
	}
}

func TestAgentByItsName(t *testing.T) {
	home(t, "")
	for _, name := range []string{"vsay-agent", "/usr/bin/vsay-agent", "vsay-agent.exe"} {
		var out, errs bytes.Buffer
		code := Run(t.Context(), []string{name, "--help"}, Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		if code != 0 || !strings.Contains(out.String(), "vsay agent") {
			t.Errorf("%s: exit %d, %q", name, code, out.String())
		}
	}
}

func TestRemoteExitCodeSaysNothing(t *testing.T) {
	var errs bytes.Buffer
	a := &app{Streams: Streams{Err: &errs}, running: true}
	if code := a.exitCode(a.rootCmd(), exitError(130)); code != 130 || errs.Len() != 0 {
		t.Errorf("exit %d, %q", code, errs.String())
	}
	cmd := a.rootCmd()
	cmd.Annotations = map[string]string{ownFailure: "255"}
	if code := a.exitCode(cmd, wire.ErrNotFound); code != 255 || errs.Len() == 0 {
		t.Errorf("exit %d, %q; want 255 and a sentence", code, errs.String())
	}
}
