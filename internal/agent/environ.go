//go:build unix

package agent

import (
	"os"
	"os/user"
	"slices"
	"strings"

	"vsay/internal/wire"
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// kept of the agent's own environment, for shells: where things are and how
// they are written. Nothing of vsay, nothing secret.
var kept = []string{"PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"}

// environment is the whole environment of a session's program.
func environment(spec wire.Spec, home, shell string) []string {
	name := userName()
	env := []string{"HOME=" + home, "USER=" + name, "LOGNAME=" + name, "SHELL=" + shell}
	if os.Getenv("PATH") == "" {
		env = append(env, "PATH="+defaultPath)
	}
	for _, kv := range os.Environ() {
		key, _, _ := strings.Cut(kv, "=")
		if slices.Contains(kept, key) || strings.HasPrefix(key, "LC_") {
			env = append(env, kv)
		}
	}
	if spec.TTY {
		env = append(env, "TERM="+term(spec.Term))
	}
	for _, kv := range spec.Env {
		if key, _, ok := strings.Cut(kv, "="); ok && key != "" && !strings.ContainsRune(kv, 0) {
			env = append(env, kv)
		}
	}
	return env
}

// userName is this process's user, or empty.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// term is a TERM that is safe to hand on.
func term(t string) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-+._", r)
	}
	if t == "" || len(t) > 64 || strings.ContainsFunc(t, odd) {
		return "xterm-256color"
	}
	return t
}

// holderEnv is what a holder needs to dial as this agent does.
func holderEnv(environ []string) (env []string) {
	needed := []string{"PATH", "HOME", "SHELL", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"}
	for _, kv := range environ {
		if key, _, _ := strings.Cut(kv, "="); slices.Contains(needed, key) {
			env = append(env, kv)
		}
	}
	return env
}
