package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// [cli] token cache 0600 in a 0700 folder even with umask 000; a symbolic link or a
// file that others can read is refused.
func TestAttackCache(t *testing.T) {
	s := newSite(t)
	server, url, err := s.serve("HOST", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.end(os.Kill) })
	s.env = append(s.env, "VSAY_HOST="+url, "VSAY_PASSWORD=correct horse")
	vsay := func(args ...string) (string, error) {
		out, err := s.command("sh", append([]string{"-c", `umask 000; exec vsay "$@"`, "sh"}, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := vsay("signup", "--username", "ann", "--email", "ann@example.com"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	dir := filepath.Join(s.dir, ".local/state/vsay")
	file := filepath.Join(dir, "vsay.db")
	checkModes := func() {
		t.Helper()
		files, err := filepath.Glob(dir + "/*")
		if err != nil || len(files) == 0 {
			t.Errorf("%q, %v", files, err)
		}
		for _, path := range append(files, dir) {
			info, err := os.Lstat(path)
			if err != nil || info.Mode() != 0o600 && info.Mode() != os.ModeDir|0o700 {
				t.Errorf("%s is %v, %v", path, info.Mode(), err)
			}
		}
	}
	checkModes()
	token, err := vsay("token")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := vsay("refresh"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	checkModes()
	for name, c := range map[string]struct {
		spoil, mend func() error
		says        string
	}{
		"a link":                   {func() error { return aside(file) }, func() error { return os.Rename(file+".real", file) }, "symbolic link"},
		"a link to nowhere":        {func() error { return errors.Join(os.Rename(file, file+".real"), os.Symlink("nowhere", file)) }, func() error { return os.Rename(file+".real", file) }, "symbolic link"},
		"readable by a group":      {func() error { return os.Chmod(file, 0o640) }, func() error { return os.Chmod(file, 0o600) }, "can be read by other users"},
		"the folder is a link":     {func() error { return aside(dir) }, func() error { return moved(dir+".real", dir) }, "symbolic link"},
		"its log is open to all":   {func() error { return errors.Join(os.WriteFile(file+"-wal", nil, 0o600), os.Chmod(file+"-wal", 0o644)) }, func() error { return os.Remove(file + "-wal") }, "can be read by other users"},
		"its journal is a symlink": {func() error { return os.Symlink("/etc/passwd", file+"-journal") }, func() error { return os.Remove(file + "-journal") }, "symbolic link"},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"token"}, {"ls"}, {"refresh"}, {"login", "--email", "ann@example.com"}} {
			out, err := vsay(args...)
			if err == nil || !strings.Contains(out, c.says) || strings.Contains(out, token) || strings.Count(out, "\n") != 1 {
				t.Errorf("%s: vsay %v says %q, %v", name, args, out, err)
			}
		}
		if err := c.mend(); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := vsay("token"); err != nil {
		t.Errorf("after all that: %v: %s", err, out)
	}
}

// moved puts something in the place of a link.
func moved(from, to string) error {
	if err := os.Remove(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// modesOn are what a program leaves on that is killed: another screen, the mouse,
// marks around what is pasted, no cursor.
const modesOn = `printf '\033[?1049h\033[?1000h\033[?1006h\033[?2004h\033[?25lfu''ll'; cat` + "\r"

// [cli] server death, revoked token while attached: termios restored, alternate
// screen, mouse, bracketed paste off, cursor shown. Signals have a test of their own.
func TestAttackRestored(t *testing.T) {
	s := newStage(t)
	t.Cleanup(func() { s.server.end(os.Kill) })
	attached := func(t *testing.T, name string) (*terminal, *exec.Cmd) {
		t.Helper()
		cmd := s.site.command("sh", "-c", `trap : INT TERM HUP; stty -a >before; vsay attach box:`+name+`; code=$?; stty -a >after; cmp before after && echo "same, $code"`)
		cmd.Env = append(cmd.Env, "TERM=xterm-256color")
		term, err := openTerminal(cmd)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(term.close)
		sees(t, term, `[#$] $`)
		_, _ = term.keys.WriteString(modesOn)
		sees(t, term, `full`)
		return term, cmd
	}
	restored := func(t *testing.T, term *terminal, code string) {
		t.Helper()
		sees(t, term, `same, `+code)
		if _, err := term.ends(); err != nil {
			t.Fatal(err)
		}
		for _, undone := range []string{"\x1b[?25h", "\x1b[?1000l", "\x1b[?1006l", "\x1b[?1049l", "\x1b[?2004l"} {
			if _, after, _ := strings.Cut(term.all, "full"); !strings.Contains(after, undone) {
				t.Errorf("%q is missing in %q", undone, after)
			}
		}
	}
	t.Run("the session is ended", func(t *testing.T) {
		term, _ := attached(t, "a")
		if out, err := s.site.command("vsay", "kill", "box:a").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		restored(t, term, "129")
	})
	t.Run("the server dies, and the keys leave", func(t *testing.T) {
		term, _ := attached(t, "b")
		back := s.away(t)
		sees(t, term, `reconnecting`)
		_, _ = term.keys.WriteString("\r~.")
		restored(t, term, "0")
		back()
	})
	t.Run("the server dies, and vsay is ended", func(t *testing.T) {
		term, cmd := attached(t, "c")
		back := s.away(t)
		sees(t, term, `reconnecting`)
		if err := syscall.Kill(childOf(t, cmd), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		restored(t, term, "143")
		back()
	})
	t.Run("the login is revoked", func(t *testing.T) {
		term, _ := attached(t, "d")
		if out, err := s.site.command("vsay", "logout").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		restored(t, term, "255")
		if !strings.Contains(term.all, "vsay login") {
			t.Errorf("it does not say what to do: %q", term.all)
		}
	})
}

// sees waits for what a terminal is to show.
func sees(t *testing.T, term *terminal, text string) {
	t.Helper()
	if err := term.see(regexp.MustCompile(text)); err != nil {
		t.Fatal(err)
	}
}
