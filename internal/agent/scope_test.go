//go:build unix

package agent

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vsay/internal/session"
)

const someSession = "abcdefgh23456789"

// rootWith is a file system that has these files.
func rootWith(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		name, text, _ := strings.Cut(f, "=")
		write(t, filepath.Join(root, name), text, 0o600)
	}
	return root
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestWhoseScopesOutliveTheAgent(t *testing.T) {
	const (
		booted = "/run/systemd/system/x"
		mine   = "/run/user/4711/systemd/private"
	)
	lingering := "/var/lib/systemd/linger/" + userName()
	for _, c := range []struct {
		name  string
		uid   int
		files []string
		want  string
	}{
		{"no systemd", 0, nil, ""},
		{"root", 0, []string{booted}, "--system"},
		{"a user without a manager", 4711, []string{booted, lingering}, ""},
		{"a user whose manager ends with the login", 4711, []string{booted, mine}, ""},
		{"a user who lingers", 4711, []string{booted, mine, lingering}, "--user"},
		{"a service of the user's own", 4711, []string{booted, mine, "/proc/self/cgroup=0::/user.slice/user-4711.slice/user@4711.service/app.slice/vsay-agent.service\n"}, "--user"},
		{"a login", 4711, []string{booted, mine, "/proc/self/cgroup=0::/user.slice/user-4711.slice/session-1.scope\n"}, ""},
	} {
		s := &scopes{root: rootWith(t, c.files...), uid: c.uid}
		if got, _ := s.manager(); got != c.want {
			t.Errorf("%s: manager %q, want %q", c.name, got, c.want)
		}
		ways := s.ways(someSession)
		if last := ways[len(ways)-1]; !last.plain() || (len(ways) > 1) != (c.want != "") {
			t.Errorf("%s: ways %v", c.name, ways)
		}
	}
}

// asked starts sessions on a machine whose systemd-run is a script, and returns
// what it was asked each time.
func asked(t *testing.T, systemdRun string, sessions int) []string {
	t.Helper()
	bin := t.TempDir()
	log := filepath.Join(bin, "log")
	write(t, filepath.Join(bin, "systemd-run"), "#!/bin/sh\nprintf '%s\\n' \"$*\" >>"+log+"\n"+systemdRun, 0o700)
	write(t, filepath.Join(bin, "holder"), "#!/bin/sh\ncat >/dev/null; echo ok\n", 0o700)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	h := &holders{
		c:      Config{Program: filepath.Join(bin, "holder"), Log: slog.New(slog.DiscardHandler)},
		scopes: &scopes{root: rootWith(t, "/run/systemd/system/x"), uid: 0},
	}
	for i := range sessions {
		conf := session.Config{Session: fmt.Sprintf("%08d23456789", i), Ticket: "secret", Socket: filepath.Join(bin, "s")}
		if err := h.run(conf); err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

const works = `while [ "$1" != -- ]; do shift; done; shift; exec "$@"`

func TestAHolderGetsAScope(t *testing.T) {
	got := asked(t, works, 2)
	if len(got) != 2 || !strings.Contains(got[1], "--scope") || !strings.Contains(got[1], "--unit=vsay-session-00000001 ") ||
		!strings.HasSuffix(got[1], "/holder hold") {
		t.Errorf("asked for %q", got)
	}
	if all := strings.Join(got, "\n"); strings.Contains(all, "secret") {
		t.Errorf("a secret is an argument: %s", all)
	}
}

// An old systemd knows no OOMPolicy of a scope; it is asked with it once.
func TestAHolderGetsTheScopeThatOldSystemdKnows(t *testing.T) {
	got := asked(t, `case "$*" in *OOMPolicy*) exit 1;; esac; `+works, 3)
	var with int
	for _, args := range got {
		if strings.Contains(args, "OOMPolicy") {
			with++
		}
	}
	if len(got) != 4 || with != 1 {
		t.Errorf("asked for %q", got)
	}
}

// Where there are no scopes to be had, sessions start without, and systemd is
// not asked for each again.
func TestAHolderStartsWithoutAScope(t *testing.T) {
	if got := asked(t, "exit 1", 3); len(got) != 2 {
		t.Errorf("asked for %q", got)
	}
}
