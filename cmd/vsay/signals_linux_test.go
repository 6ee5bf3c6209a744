package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// However vsay is ended, the terminal is as it was.
func TestSignalsRestoreTheTerminal(t *testing.T) {
	s := newStage(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd := s.site.command("sh", "-c", `trap : INT TERM HUP QUIT; stty -a >before; vsay attach --new box; code=$?; stty -a >after; cmp before after && echo "same, $code"`)
			cmd.Env = append(cmd.Env, "TERM=xterm-256color")
			term, err := openTerminal(cmd)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(term.close)
			for _, step := range []struct{ keys, shows string }{
				{"", `[#$] $`},
				{`printf '\033[?1049h\033[?1000h\033[?2004h\033[?25lfu''ll'; cat` + "\r", `full`},
			} {
				_, _ = term.keys.WriteString(step.keys)
				if err := term.see(regexp.MustCompile(step.shows)); err != nil {
					t.Fatal(err)
				}
			}
			if err := syscall.Kill(childOf(t, cmd), sig); err != nil {
				t.Fatal(err)
			}
			for _, undone := range []string{`\x1b\[\?25h`, `\x1b\[\?1000l`, `\x1b\[\?1049l`, `vsay: left box:\d`, fmt.Sprint("same, ", 128+int(sig))} {
				if err := term.see(regexp.MustCompile(undone)); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// childOf is the one child of a process.
func childOf(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	var list []byte
	err := until("there is no child", func() bool {
		list, _ = os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
		return len(list) > 0
	})
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(list)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
