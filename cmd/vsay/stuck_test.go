//go:build linux

package main

import (
	"strconv"
	"strings"
	"syscall"
	"testing"

	"vsay/internal/wire"
)

// A session whose holder does not answer is ended all the same, with all that its
// program started, deaf to SIGHUP and in sessions of their own or not.
func TestKillOfASessionThatIsStuck(t *testing.T) {
	s := newStage(t)
	_, word := s.exec(`trap '' HUP; setsid sleep 1000 & child=$!; echo >&2 runs $PPID.$$.$child; while :; do sleep 1000; done`)
	var pids []int
	for number := range strings.SplitSeq(word, ".") {
		pid, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	var list wire.Sessions
	s.get("/api/terminal/sessions", s.token, &list)
	if err := syscall.Kill(pids[0], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, pid := range pids {
			if !gone(pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	if out, err := s.site.command("vsay", "kill", list.Sessions[0].SessionID).CombinedOutput(); err != nil {
		t.Errorf("kill says %s", out)
	}
	for i, who := range []string{"its holder", "its program", "what that started"} {
		if err := until(who+" lives on", func() bool { return gone(pids[i]) }); err != nil {
			t.Error(err)
		}
	}
	s.get("/api/terminal/sessions", s.token, &list)
	if len(list.Sessions) != 0 {
		t.Errorf("it is still listed: %+v", list.Sessions)
	}
}
