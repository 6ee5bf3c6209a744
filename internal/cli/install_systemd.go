//go:build unix

package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// manager is the flag that says whose units are meant.
func (s *service) manager() []string {
	if s.user {
		return []string{"--user"}
	}
	return []string{"--system"}
}

func (s *service) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, program, append(s.manager(), args...)...)
}

func (s *service) systemctl(ctx context.Context, args ...string) error {
	return ran(s.command(ctx, "systemctl", args...))
}

// ran runs a program of systemd; its last word is the reason if it fails.
func ran(cmd *exec.Cmd) error {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	err := cmd.Run()
	if err == nil {
		return nil
	}
	why := lastLine(errs.String())
	if why == "" {
		why = err.Error()
	}
	return failed("%s failed: %s", strings.Join(cmd.Args, " "), why)
}

// shows is the state of the unit by the names of systemd.
func (s *service) shows(ctx context.Context) map[string]string {
	out, _ := s.command(ctx, "systemctl", "show", "--property=ActiveState,SubState,StatusText", unitName).Output()
	state := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		state[name] = value
	}
	return state
}

// untilOnline waits until the agent says that it came online.
func (s *service) untilOnline(ctx context.Context) (status string, err error) {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		state := s.shows(ctx)
		switch {
		case strings.HasPrefix(state["StatusText"], onlineStatus):
			return state["StatusText"], nil
		case state["ActiveState"] == "failed", state["SubState"] == "auto-restart":
			return "", failed("the service has started and ended again: %s", s.lastWord(context.WithoutCancel(ctx)))
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return "", ctx.Err()
			}
			return "", failed("the service runs, but did not come online within 30 seconds: %s", s.lastWord(context.WithoutCancel(ctx)))
		}
	}
}

// lastWord is what the agent said last.
func (s *service) lastWord(ctx context.Context) string {
	unit := "--unit=" + unitName
	if s.user {
		unit = "--user-unit=" + unitName
	}
	out, _ := exec.CommandContext(ctx, "journalctl", unit, "--identifier=vsay", "--lines=1", "--output=cat", "--quiet").Output()
	word := strings.TrimPrefix(lastLine(string(out)), "vsay: ")
	if word == "" {
		return "see systemctl status " + unitName
	}
	return word
}

// writeWhole writes a file that is there as a whole, or not at all.
func writeWhole(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".vsay-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
