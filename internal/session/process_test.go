//go:build linux

package session

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vsay/internal/wire"
)

func TestMain(m *testing.M) {
	adoptOrphans() // or what a program leaves behind could not be found
	goleak.VerifyTestMain(m)
}

// spec is a command of a session, as an agent gives it to a holder.
func spec(tty bool, argv ...string) Config {
	return Config{
		Run: wire.Spec{Kind: wire.KindExec, Command: argv, TTY: tty, Cols: 80, Rows: 24},
		Dir: "/", Shell: "/bin/sh", Env: []string{"PATH=" + os.Getenv("PATH"), "TERM=dumb"},
	}
}

// begun starts a program and puts an end to it after the test. There is one at a
// time: to its end belongs that of everything else this process has started.
func begun(t *testing.T, c Config) *process {
	t.Helper()
	p, exit := start(c)
	if p == nil {
		t.Fatalf("it did not start: %+v", exit)
	}
	t.Cleanup(func() {
		endTree(p, 100*time.Millisecond)
		<-p.exited
		p.close()
		if left := descendants(); len(left) > 0 {
			t.Errorf("processes are left: %v", left)
		}
	})
	return p
}

// until reads what a program puts out until want is in it, or it ends.
func until(t *testing.T, p *process, want string) string {
	t.Helper()
	var got bytes.Buffer
	for want == "" || !strings.Contains(got.String(), want) {
		buf, n, err := p.read(p.outs[0], wire.MaxPayload)
		if n > 0 {
			got.Write(buf[:n])
			chunks.Put(buf)
		}
		if err != nil {
			if want != "" {
				t.Fatalf("it ended without %q: %q", want, got.String())
			}
			break
		}
	}
	return got.String()
}

func sh(script string) []string { return []string{"sh", "-c", script} }

func TestExits(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		argv []string
		want wire.Exit
	}{
		{sh("exit 0"), wire.Exit{}},
		{sh("exit 3"), wire.Exit{Code: 3}},
		{sh("kill -TERM $$"), wire.Exit{Code: 143, Signal: "TERM"}},
		{sh("kill -KILL $$"), wire.Exit{Code: 137, Signal: "KILL"}},
		{[]string{"no-such-program-here"}, wire.Exit{Code: 127, Error: "no-such-program-here: command not found"}},
		{[]string{"/no/such/program"}, wire.Exit{Code: 127, Error: "/no/such/program: command not found"}},
		{[]string{script}, wire.Exit{Code: 126, Error: script + ": permission denied"}},
		{[]string{"/"}, wire.Exit{Code: 126, Error: "/: is a folder"}},
		{[]string{}, wire.Exit{Code: 127}},
	} {
		for _, tty := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.argv, tty), func(t *testing.T) {
				fds := openFiles(t)
				p, exit := start(spec(tty, tc.argv...))
				if p != nil {
					until(t, p, "")
					<-p.exited
					exit = p.exit
					p.close()
				}
				if tc.want.Error == "" && len(tc.argv) == 0 {
					exit.Error = ""
				}
				if exit != tc.want {
					t.Errorf("it ended with %#v, want %#v", exit, tc.want)
				}
				if now := openFiles(t); now != fds {
					t.Errorf("%d files are open, were %d", now, fds)
				}
			})
		}
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	c := spec(false, "true")
	c.Run.Dir = "no/such/folder"
	if p, exit := start(c); p != nil || exit.Code != 126 || !strings.Contains(exit.Error, "/no/such/folder") {
		t.Errorf("it ended with %+v", exit)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestThousandProgramsLeaveNothing(t *testing.T) {
	fds, routines := openFiles(t), runtime.NumGoroutine()
	for n := range 1000 {
		c := spec(n%2 == 0, "true")
		if n%10 == 9 {
			c = spec(n%4 == 3, "no-such-program-here")
		}
		p, _ := start(c)
		if p == nil {
			continue
		}
		until(t, p, "")
		<-p.exited
		endTree(p, time.Second)
		p.close()
	}
	if now := openFiles(t); now != fds {
		t.Errorf("%d files are open, were %d", now, fds)
	}
	if left := descendants(); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	if now := runtime.NumGoroutine(); now > routines {
		t.Errorf("%d goroutines run, were %d", now, routines)
	}
}

// pids finds the numbers that a script printed, one a line, behind a word.
func pids(t *testing.T, text, word string) (all []int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if _, number, ok := strings.Cut(strings.TrimSpace(line), word+" "); ok {
			pid, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, pid)
		}
	}
	return all
}

func TestWholeTreeEnds(t *testing.T) {
	for _, tty := range []bool{false, true} {
		t.Run(fmt.Sprintf("tty %v", tty), func(t *testing.T) {
			p := begun(t, spec(tty, sh(`
				sleep 1000 & echo pid $!
				setsid sleep 1001 & echo pid $!
				setsid sh -c 'trap "" HUP TERM; echo pid $$; while :; do sleep 1000; done' &
				(setsid sh -c 'sleep 1002 & echo pid $!; kill -STOP $$' &)
				echo pid $$
				wait`)...))
			text := ""
			for len(pids(t, text, "pid")) < 5 {
				text += until(t, p, "\n")
			}
			endTree(p, 200*time.Millisecond)
			<-p.exited
			for _, pid := range pids(t, text, "pid") {
				if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
					t.Errorf("process %d: %v", pid, err)
				}
			}
		})
	}
}

// Daemons of every kind, and so many of them that some are started while others
// are ended.
func TestNothingEscapes(t *testing.T) {
	p := begun(t, spec(true, sh(`
		nohup sleep 1003 >/dev/null &
		(setsid setsid sleep 1004 &)
		setsid sh -c 'exec <&- >&- 2>&-; trap "" HUP; (setsid sleep 1005 &); sleep 1006 & wait' &
		env -i "$(command -v sh)" -c 'trap "" HUP; (sleep 1007 &)'
		unshare -r sh -c 'trap "" HUP; setsid sleep 1008 & wait' 2>/dev/null &
		trap "" HUP
		n=0; while [ $n -lt 200 ]; do (setsid sleep 1009 &); n=$((n+1)); done
		echo all
		while :; do (setsid sleep 1010 &); sleep 0.01; done`)...))
	until(t, p, "all")
	endTree(p, 200*time.Millisecond)
	<-p.exited
	if left := descendants(); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
}

func TestHangUpComesFirst(t *testing.T) {
	p := begun(t, spec(true, sh(`trap 'echo saved; exit' HUP; echo ready; sleep 1000 & wait`)...))
	until(t, p, "ready")
	gone := make(chan struct{})
	go func() {
		endTree(p, killGrace)
		close(gone)
	}()
	if got := until(t, p, "saved"); !strings.Contains(got, "saved") {
		t.Errorf("the program was not given a chance: %q", got)
	}
	<-p.exited
	<-gone // or it would end the next test's program as well
}

func TestLastWordsWithABackgroundChild(t *testing.T) {
	for _, tty := range []bool{false, true} {
		t.Run(fmt.Sprintf("tty %v", tty), func(t *testing.T) {
			p := begun(t, spec(tty, sh(`trap '' HUP; sleep 1000 & echo last words`)...))
			<-p.exited
			p.hurry(drainFor)
			if got := until(t, p, ""); !strings.Contains(got, "last words") {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestReadsAreJoined(t *testing.T) {
	p := begun(t, spec(false, sh(`printf a; printf b; printf c; echo; exec sleep 1000`)...))
	if got := until(t, p, "\n"); got != "abc\n" {
		t.Errorf("got %q", got)
	}
}

func TestSignalsReachTheProgramInFront(t *testing.T) {
	for _, tty := range []bool{false, true} {
		t.Run(fmt.Sprintf("tty %v", tty), func(t *testing.T) {
			p := begun(t, spec(tty, sh(`trap 'echo caught' USR1; echo ready; while :; do sleep 1000 & wait $!; done`)...))
			until(t, p, "ready")
			p.signal("NOSUCH")
			p.signal("USR1")
			until(t, p, "caught")
		})
	}
}

// What ends programs reaches the shell behind the one in front, which may be deaf; what
// a key sends does not.
func TestSignalsThatReachTheShellBehind(t *testing.T) {
	deaf := `set -m; while :; do sh -c 'trap "" HUP TERM; echo ready; exec sleep 1000'; done`
	for _, name := range []string{"HUP", "TERM", "KILL"} {
		t.Run(name, func(t *testing.T) {
			p := begun(t, spec(true, sh(deaf)...))
			until(t, p, "ready")
			p.signal(name)
			<-p.exited
			if p.exit.Signal != name {
				t.Errorf("the shell ended with %+v", p.exit)
			}
		})
	}
	t.Run("USR1", func(t *testing.T) {
		p := begun(t, spec(true, sh(`set -m; trap 'echo wrong' USR1; sh -c 'trap "echo caught; exit" USR1; echo ready; while :; do sleep 1000 & wait; done'; echo "behind"; read end`)...))
		until(t, p, "ready")
		p.signal("USR1")
		if got := until(t, p, "behind"); !strings.Contains(got, "caught") || strings.Contains(got, "wrong") {
			t.Errorf("they print %q", got)
		}
	})
}

func TestEnvironmentIsClean(t *testing.T) {
	t.Setenv("VSAY_API_KEY", "secret")
	p := begun(t, spec(false, "env"))
	if got := until(t, p, ""); strings.Contains(got, "VSAY") || !strings.Contains(got, "TERM=dumb") {
		t.Errorf("the program sees %q", got)
	}
}
