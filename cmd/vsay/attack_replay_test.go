//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// questions are those that terminals answer by typing.
const questions = `\033[c\033[>c\033[=c\033[5n\033[6n\033[?6n\033P$q"p\033\\\033P$qm\033\\\033[18t\033[21t\033[?2004$p\033[>q\033[?u\005` +
	`\033]52;c;?\007\033]10;?\033\\\033]11;?\007\033]4;1;?\007`

// [cli] output that holds questions, replayed at attach, at resume and to several
// viewers: no answer reaches the shell's stdin.
func TestAttackReplay(t *testing.T) {
	needProgram(t, "tmux", "tmux", "-V")
	s := newStage(t)
	t.Cleanup(func() { s.server.end(os.Kill) })
	all := newPanes(t, s.site)
	file := func(name string) string { return filepath.Join(s.site.dir, name) }
	asks := func(t *testing.T, name string) *pane {
		t.Helper()
		script := "cd " + s.site.dir + "; PS1='% '; clear; stty raw -echo; echo waits; until test -e go-" + name + "; do sleep .02; done; printf '" + questions +
			"asked\\n'; touch asked-" + name + "; cat >got-" + name
		p := all.with(t).open("vsay", "attach", "--escape", "none", "box:"+name)
		p.sees(`[#$] ?$`)
		p.types(script + "\r")
		p.sees("waits")
		return p
	}
	ask := func(t *testing.T, name string) {
		t.Helper()
		if err := os.WriteFile(file("go-"+name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := until("nothing is asked", func() bool { _, err := os.Stat(file("asked-" + name)); return err == nil }); err != nil {
			t.Fatal(err)
		}
	}
	only := func(t *testing.T, name, want string, from *pane) {
		t.Helper()
		from.sees("asked")
		from.types(want)
		var got []byte
		err := until("what is typed does not come", func() bool {
			got, _ = os.ReadFile(file("got-" + name))
			return strings.HasSuffix(string(got), want)
		})
		if err != nil || string(got) != want {
			t.Errorf("the shell was typed %q, %v", got, err)
		}
	}
	t.Run("attach", func(t *testing.T) {
		p := asks(t, "attach")
		p.tmux("kill-pane", "-t", p.id)
		if err := until("somebody watches still", func() bool { return s.named("attach") == "detached" }); err != nil {
			t.Fatal(err)
		}
		ask(t, "attach")
		first := all.with(t).open("vsay", "attach", "box:attach")
		first.sees("asked")
		second := all.with(t).open("vsay", "attach", "box:attach")
		second.sees("asked")
		only(t, "attach", "typed", second)
	})
	t.Run("resume", func(t *testing.T) {
		p := asks(t, "resume")
		back := s.away(t)
		p.sees("reconnecting")
		ask(t, "resume")
		back()
		only(t, "resume", "typed", p)
	})
}

// named is the status of a session with that name.
func (s *stage) named(name string) string {
	out, err := s.site.command("vsay", "sessions").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); words[0] == "box:"+name {
			return words[2]
		}
	}
	return ""
}
