package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// stubborn is a program that no closed terminal ends. It says "runs PID".
const stubborn = `trap '' HUP; echo >&2 runs $$; while :; do sleep 1000; done`

// A trial leaves nothing behind: not when its terminal is closed under a program
// that does not care, and not when it is killed.
func TestAttackTry(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"closed": syscall.SIGHUP, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			r, err := launch(s.command("vsay", "try", "--", "sh", "-c", stubborn), regexp.MustCompile(`^runs (\d+)$`))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.end(os.Kill) })
			word, err := r.says()
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
			_ = r.process.Signal(sig)
			if sig != syscall.SIGKILL { // whose program is what keeps stderr open
				if _, err := r.ends(); err != nil {
					t.Error(err)
				}
			}
			if err := until("something is left", func() bool { return processWith("HOME="+s.dir) == "" && gone(pid) }); err != nil {
				t.Errorf("%v: %s", err, processWith("HOME="+s.dir))
			}
			left, err := filepath.Glob(filepath.Join(s.dir, "vsay-try-*"))
			if err != nil || len(left) > 0 && sig != syscall.SIGKILL {
				t.Errorf("there is %q, %v", left, err)
			}
			for _, dir := range left { // as if it were of yesterday
				if err := os.Chtimes(dir, time.Time{}, time.Now().Add(-24*time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if out, err := s.command("vsay", "try", "--", "sh", "-c", `ls -d "$0"/vsay-try-*`, s.dir).CombinedOutput(); err != nil || len(regexp.MustCompile(`vsay-try-`).FindAll(out, -1)) != 1 {
				t.Errorf("the next trial shows %s, %v", out, err)
			}
		})
	}
}
