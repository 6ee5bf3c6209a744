//go:build linux

package chaos

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// faults are those of a disk: of each thread of the server the n-th write or sync
// fails, or all from then on.
type faults struct {
	trace string // where strace tells of them
	plan  string // those of this life

	met, ended int          // faults, and lives that they ended
	refused    atomic.Int64 // changes
}

// TestFailingWrites is TestCrash with a disk that fails now and then: a change that
// could not be stored is refused and never acknowledged, and the next life of the
// server, on a sound disk, finds all that was acknowledged and nothing half done.
func TestFailingWrites(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%v: it is what makes writes fail", err)
	}
	if out, err := exec.Command("strace", "-D", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("writes cannot be made to fail here, without a strace that may trace: %v: %s", err, out)
	}
	rounds, patient := *killsFlag, startWithin
	if rounds == 0 {
		rounds, patient = 6, 5*startWithin
	}
	c := newCrash(t)
	c.faults = &faults{trace: filepath.Join(c.stack.dir, "log", "strace")}
	c.run(rounds, patient)
	f := c.faults
	fmt.Fprintf(t.Output(), "%d writes and syncs failed; %d changes were refused for it; %d lives ended in it, with a sentence\n", f.met, f.refused.Load(), f.ended)
	if f.met < rounds/2 || f.refused.Load() == 0 {
		t.Errorf("%d faults and %d refusals in %d lives: this run proves little", f.met, f.refused.Load(), rounds)
	}
}

// begin has the server live with the faults of this round.
func (f *faults) begin(c *crash) {
	calls := []string{"pwrite64", "fsync,fdatasync", "pwrite64,fsync,fdatasync,ftruncate"}[c.rnd.IntN(3)]
	code := []string{"EIO", "ENOSPC"}[c.rnd.IntN(2)]
	first := 1 + c.rnd.IntN(12)
	if c.rnd.IntN(4) > 0 {
		first = 8 + c.rnd.IntN(60) // past the start
	}
	again := []string{"", "+", fmt.Sprintf("+%d", 2+c.rnd.IntN(9))}[c.rnd.IntN(3)]
	f.plan = fmt.Sprintf("%s:error=%s:when=%d%s", calls, code, first, again)
	v := c.stack.server
	v.stop(syscall.SIGKILL)
	v.under = []string{"strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", f.trace, "-e", "trace=" + calls, "-e", "inject=" + f.plan}
	said := len(c.stack.whole("server"))
	if err := v.start(); err != nil {
		<-v.ended
		f.sentence(c, c.stack.whole("server")[said:])
	}
}

// sentence is what a server that cannot start has to end with.
func (f *faults) sentence(c *crash, said string) {
	f.ended++
	lines := strings.Split(strings.TrimSpace(said), "\n")
	last := lines[len(lines)-1]
	if code := c.stack.server.cmd.ProcessState.ExitCode(); code != 1 || !strings.HasPrefix(last, "vsay: ") || strings.Contains(said, "goroutine ") {
		c.t.Errorf("with %s the server ended with %d and said:\n%s", f.plan, code, said)
	}
}

// end counts, after the server was killed, and makes the disk a sound one.
func (f *faults) end(c *crash) {
	c.stack.server.under = nil
	told, err := os.ReadFile(f.trace)
	must(c.t, err)
	f.met += bytes.Count(told, []byte("(INJECTED)"))
}
