//go:build linux

package chaos

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to look at the file without the program
)

var killsFlag = flag.Int("kills", 0, "how often TestCrash kills the server; 0: the short form")

const (
	crashWriters = 5
	startWithin  = 2 * time.Second // what security.md asks for
)

// crash is a server that is killed under people who change their accounts.
type crash struct {
	t       *testing.T
	stack   *stack
	rnd     *rand.Rand
	killed  atomic.Bool
	writers [crashWriters]*writer
	starts  []time.Duration
	doubted map[string]int // deeds that a crash hit, by their name
	boss    *boss
	faults  *faults // nil: none but the kills
}

// writer is one who makes an account after the other, and knows all of them.
type writer struct {
	rnd *rand.Rand
	all []*subject
}

// TestCrash kills the server at moments that a seed decides. What it acknowledged
// must be there after the restart, and nothing may be half done.
func TestCrash(t *testing.T) {
	kills, patient := *killsFlag, startWithin
	if kills == 0 {
		kills, patient = 6, 5*startWithin // CI has other work
	}
	newCrash(t).run(kills, patient)
}

func newCrash(t *testing.T) *crash {
	// To find out whether an account was made one tries its password: on a slow machine often, in vain.
	bare := newBare(t, newNews(), "--signup", "invite", "--limit", "free-failures=1000", "--limit", "failures-per-ip=1000")
	c := &crash{t: t, stack: bare, rnd: rand.New(rand.NewPCG(*seedFlag, 7)), doubted: map[string]int{}}
	c.boss = newBoss(t, c.stack)
	for i := range c.writers {
		c.writers[i] = &writer{rnd: rand.New(rand.NewPCG(*seedFlag, uint64(100+i)))}
		c.settle(c.writers[i])
	}
	return c
}

func (c *crash) run(rounds int, patient time.Duration) {
	t := c.t
	for range rounds {
		c.round()
		if t.Failed() {
			t.Logf("the server said at last:\n%s", c.stack.tail("server"))
			return
		}
	}
	c.everybody(func(ctx context.Context, w *writer) error {
		for _, u := range w.all {
			if err := u.check(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	c.stack.server.stop(syscall.SIGTERM)
	c.sound()
	wrong, _ := c.stack.news.read()
	for _, f := range wrong {
		t.Error(f)
	}
	c.tell(patient)
}

// settle has the writer begin with another account.
func (c *crash) settle(w *writer) {
	u, err := newSubject(c.stack.url("127.0.0.1"), w.rnd)
	must(c.t, err)
	u.boss = c.boss
	w.all = append(w.all, u)
}

// round is one life of the server.
func (c *crash) round() {
	c.killed.Store(false)
	if c.faults != nil {
		c.faults.begin(c)
	}
	var writing sync.WaitGroup
	for _, w := range c.writers {
		writing.Go(func() { c.write(w) })
	}
	<-time.After(time.Duration(20+c.rnd.IntN(900)) * time.Millisecond)
	c.killed.Store(true)
	c.stack.server.stop(syscall.SIGKILL)
	writing.Wait()
	for _, w := range c.writers {
		if d := w.all[len(w.all)-1].doubt; d != nil {
			c.doubted[d.what]++
		}
	}
	if c.faults != nil {
		c.faults.end(c)
	}
	c.sound()
	began := time.Now()
	must(c.t, c.stack.server.start())
	c.starts = append(c.starts, time.Since(began))
	c.everybody(func(ctx context.Context, w *writer) error {
		if err := w.all[len(w.all)-1].recall(ctx); err != nil {
			return err
		}
		return w.all[w.rnd.IntN(len(w.all))].check(ctx) // an older one, of before some crashes
	})
	for _, w := range c.writers {
		if w.rnd.IntN(5) == 0 {
			c.settle(w)
		}
	}
}

// write changes the newest account until the server does not answer.
func (c *crash) write(w *writer) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	u := w.all[len(w.all)-1]
	for {
		err := u.act(ctx)
		switch {
		case errors.Is(err, errAnswer), err != nil && !c.killed.Load() && c.faults == nil && !errors.Is(err, errRefused):
			c.t.Errorf("with the server alive: %v", err)
			return
		case errors.Is(err, errRefused) && c.faults == nil:
			u.doubt = nil // it had other things to do, and did nothing
		case errors.Is(err, errRefused):
			c.faults.refused.Add(1)
			return
		case err != nil:
			return
		}
		if c.killed.Load() {
			return
		}
	}
}

func (c *crash) everybody(do func(context.Context, *writer) error) {
	ctx, stop := context.WithTimeout(context.Background(), 3*patience)
	defer stop()
	var asking sync.WaitGroup
	for _, w := range c.writers {
		asking.Go(func() {
			if err := do(ctx, w); err != nil {
				c.t.Errorf("seed %d, after %d crashes: %v", *seedFlag, len(c.starts), err)
			}
		})
	}
	asking.Wait()
}

// sound looks at a copy of what the crash left: opening the file itself would mend
// it before the server has to.
func (c *crash) sound() {
	dir, err := os.MkdirTemp(c.stack.dir, "copy-")
	must(c.t, err)
	defer os.RemoveAll(dir)
	for _, name := range []string{"vsay.db", "vsay.db-wal"} {
		b, err := os.ReadFile(filepath.Join(c.stack.dir, "data", name))
		if err != nil && name == "vsay.db" {
			c.t.Error(err)
		}
		must(c.t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "vsay.db"))
	must(c.t, err)
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		c.t.Errorf("the database after crash %d: %s, %v", len(c.starts), verdict, err)
	}
	var orphans int
	if err := db.QueryRow("SELECT count(*) FROM pragma_foreign_key_check").Scan(&orphans); err != nil || orphans != 0 {
		c.t.Errorf("the database after crash %d has %d rows that belong to nothing: %v", len(c.starts), orphans, err)
	}
}

func (c *crash) tell(patient time.Duration) {
	told, accounts := 0, 0
	for _, w := range c.writers {
		accounts += len(w.all)
		for _, u := range w.all {
			told += u.told
		}
	}
	slices.Sort(c.starts)
	slowest := c.starts[len(c.starts)-1]
	out := c.t.Output()
	fmt.Fprintf(out, "seed %d: %d kills, %d accounts, %d changes acknowledged and all of them there\n", *seedFlag, len(c.starts), accounts, told)
	fmt.Fprintf(out, "deeds that a kill hit, each whole or not at all: %v\n", c.doubted)
	fmt.Fprintf(out, "from the start of the process until /ready: median %s, at most %s\n",
		c.starts[len(c.starts)/2].Round(time.Millisecond), slowest.Round(time.Millisecond))
	if told < len(c.starts) {
		c.t.Errorf("only %d changes in %d lives: this run proves little", told, len(c.starts))
	}
	if slowest > patient {
		c.t.Errorf("a start took %s, not %s", slowest, patient)
	}
}
