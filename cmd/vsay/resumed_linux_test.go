package main

import (
	"regexp"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Who is stopped from elsewhere and taken up again with fg has a terminal that is
// raw again, and a screen that is the session's; in the end it is as it was.
func TestStoppedAndResumed(t *testing.T) {
	s := newStage(t)
	needProgram(t, "bash", "bash", "--version")
	cmd := s.site.command("bash", "--norc", "--noprofile", "-i")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "PS1=local% ")
	term, err := openTerminal(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(term.close)
	step := func(keys, shows string) {
		t.Helper()
		_, _ = term.keys.WriteString(keys)
		if err := term.see(regexp.MustCompile(shows)); err != nil {
			t.Fatal(err)
		}
	}
	step("", `local% $`)
	step("vsay attach --new box\r", `[#$] $`)
	step("printf '\\033[?1049h\\033[Hfu''ll'; cat\r", `full`)
	vsay := childOf(t, cmd)
	if err := syscall.Kill(vsay, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	step("", `Stopped[\s\S]*local% `)
	step("kill -CONT %1; echo be''hind\r", `behind`) // in the background it must not take the terminal
	step("fg\r", `vsay attach`)
	if err := until("the terminal does not get raw", func() bool { return raw(t, term) }); err != nil {
		t.Fatal(err)
	}
	step("x", `\x1b\[\?1049h[\s\S]*full`)
	step("\r~.", `left box:\d[\s\S]*local% `)
	step("[[ $(stty -a) == *' icanon '* ]] && echo co''oked\r", `cooked`)
}

// raw tells whether a terminal gives each key to its program at once.
func raw(t *testing.T, term *terminal) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(term.keys.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) == 0
}
