package server

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

func TestEveryLimitHasANameAndIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/running.md")
	if err != nil {
		t.Fatal(err)
	}
	var l Limits
	l.complete()
	if got, want := len(l.named()), reflect.TypeOf(l).NumField(); got != want {
		t.Errorf("%d of %d limits have a name", got, want)
	}
	for _, n := range l.named() {
		said := ""
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "| `"+n.name+"` | "); ok {
				said, _, _ = strings.Cut(rest, " | ")
			}
		}
		name, again := n.name, Limits{}
		if err := again.Set(name + "=" + said); err != nil {
			t.Errorf("docs/running.md says %q of %s: %v", said, name, err)
		}
		again.complete()
		if again != l {
			t.Errorf("docs/running.md says that %s is %s, and it is %v", name, said, n.fallback)
		}
	}
}

func TestSetALimit(t *testing.T) {
	var l Limits
	for _, good := range []string{"sessions-per-user=3", "viewers-per-session=64", "max-wait=90s"} {
		if err := l.Set(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	if l.SessionsPerUser != 3 || l.ViewersPerSession != 64 || l.MaxWait != 90*time.Second {
		t.Errorf("%+v", l)
	}
	for _, bad := range []string{
		"", "=", "sessions-per-user", "nothing=1", "sessions-per-user=", "sessions-per-user=0", "sessions-per-user=-1",
		"sessions-per-user=1e9", "sessions-per-user=many", "viewers-per-session=65", "max-wait=5", "max-wait=0s", "max-wait=-1m",
	} {
		if err := l.Set(bad); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
}

func TestPaceIsForEachOne(t *testing.T) {
	p, now := newPace("things", 60), time.Now()
	take := func(who string, at time.Time) time.Duration {
		var retry retryError
		if err := p.take(who, at); err != nil && !errors.As(err, &retry) {
			t.Fatal(err)
		}
		return retry.after
	}
	for i := range 60 {
		if wait := take("ann", now); wait != 0 {
			t.Fatalf("the %d. has to wait %s", i+1, wait)
		}
	}
	for range 3 { // to be refused costs nothing
		if wait := take("ann", now); wait != time.Second {
			t.Errorf("waits %s", wait)
		}
	}
	if wait := take("bob", now); wait != 0 {
		t.Errorf("bob waits %s", wait)
	}
	if wait := take("ann", now.Add(time.Second)); wait != 0 {
		t.Errorf("a second later she waits %s", wait)
	}
}

func TestSocketsOfAUser(t *testing.T) {
	s := newSockets(Limits{SocketsPerUser: 3, WaitingPerUser: 2})
	enter := func(who string) (opened, leave func()) {
		t.Helper()
		opened, leave, err := s.enter(who)
		if err != nil {
			t.Fatal(err)
		}
		return opened, leave
	}
	refused := func(why string) {
		t.Helper()
		if _, _, err := s.enter("ann"); err == nil {
			t.Errorf("one more came in, though %s", why)
		}
	}
	opened1, leave1 := enter("ann")
	opened2, leave2 := enter("ann")
	refused("two wait")
	_, bobs := enter("bob")
	opened1()
	_, leave3 := enter("ann")
	refused("there are three, of which two wait")
	opened2()
	refused("there are three")
	leave1()
	leave1() // and again does nothing
	_, leave4 := enter("ann")
	for _, leave := range []func(){leave2, leave3, leave4, bobs} {
		leave()
	}
	if len(s.of) != 0 {
		t.Errorf("left behind: %v", s.of)
	}
}

func TestMachinesOfAUserAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.MachinesPerUser, c.Limits.EnrollmentsPerMinute = 2, 5 })
	ann, bob := w.account("ann"), w.account("bob")
	tries := func(a account, b *box) reply { return w.do("POST", "/api/agent/enroll", b.enrollment(a.apiKey, "box")) }
	first := newBox(w)
	first.enroll(ann.apiKey, "first")
	newBox(w).enroll(ann.apiKey, "second")
	tries(ann, newBox(w)).refused(t, wire.ErrSlowDown)
	first.enroll(ann.apiKey, "first again")
	newBox(w).enroll(bob.apiKey, "bobs")
	first.enroll(ann.apiKey, "a fifth time")
	tries(ann, first).refused(t, wire.ErrSlowDown)
	w.pass(12 * time.Second)
	first.enroll(ann.apiKey, "a while later")
}
