package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vsay/internal/wire"
)

func shell(id string, m Machine) Session {
	return Session{
		ID: id, Kind: wire.KindShell, AgentID: m.AgentID, UserID: m.UserID, Username: m.Owner, MachineName: m.Name,
		Source: "cli", StartedAt: midday, LastActive: midday,
	}
}

func TestSessionsAreNamedByTheSmallestFreeNumber(t *testing.T) {
	s := newStore(t)
	box := Machine{AgentID: "box", UserID: "u"}
	start := func(id, name string) (string, error) {
		x := shell(id, box)
		x.Name = name
		err := s.CreateSession(t.Context(), &x)
		return x.Name, err
	}
	for i, step := range []struct{ asks, gets string }{{"", "1"}, {"", "2"}, {"4", "4"}, {"", "3"}, {"", "5"}, {"work", "work"}} {
		if got, err := start(fmt.Sprint("s", i), step.asks); got != step.gets || err != nil {
			t.Fatalf("session %d: %q, %v, want %q", i, got, err, step.gets)
		}
	}
	if _, err := start("twice", "work"); !errors.Is(err, wire.ErrTaken) {
		t.Errorf("a name in use: %v", err)
	}
	_, err := s.EndSession(t.Context(), "s1", midday, nil)
	must(t, err)
	if got, err := start("again", ""); got != "2" || err != nil {
		t.Errorf("the number of an ended session: %q, %v", got, err)
	}
	run := shell("exec", box)
	run.Kind = wire.KindExec
	must(t, s.CreateSession(t.Context(), &run))
	if run.Name != "" {
		t.Errorf("an exec got the name %q", run.Name)
	}
}

func TestManyStartAtOnce(t *testing.T) {
	s := newStore(t)
	var mu sync.Mutex
	names := map[string]int{}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			x := shell(fmt.Sprint("s", i), Machine{AgentID: "box", UserID: "u"})
			if err := s.CreateSession(t.Context(), &x); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			names[x.Name]++
		})
	}
	wg.Wait()
	for i := range 20 {
		if names[fmt.Sprint(i+1)] != 1 {
			t.Errorf("name %d was given %d times", i+1, names[fmt.Sprint(i+1)])
		}
	}
}

// A session that ended by SIGHUP is not one that somebody ended: their exit codes are
// the same, and only of the second has its machine still to hear.
func TestEndedWhileAway(t *testing.T) {
	s := newStore(t)
	box := Machine{AgentID: "box", UserID: "u", Owner: "ann", Name: "box"}
	for _, id := range []string{"killed", "hung up"} {
		x := shell(id, box)
		must(t, s.CreateSession(t.Context(), &x))
	}
	code := 129
	_, err := s.EndSession(t.Context(), "hung up", midday, &code)
	must(t, err)
	for _, id := range []string{"killed", "hung up"} {
		must(t, s.VoidSession(t.Context(), id, midday, code))
		x, err := s.SessionByID(t.Context(), id)
		if err != nil || x.Void != (id == "killed") || *x.ExitCode != code || !x.EndedAt.Equal(midday) {
			t.Errorf("%s: %+v, %v", id, x, err)
		}
	}
	if running, err := s.RunningSessions(t.Context(), "box"); err != nil || len(running) > 0 {
		t.Errorf("%d run, %v", len(running), err)
	}
}

func TestSessionLife(t *testing.T) {
	s := newStore(t)
	want := shell("s", Machine{AgentID: "box", UserID: "u", Owner: "ann", Name: "box"})
	must(t, s.CreateSession(t.Context(), &want))
	must(t, s.SetSessionSecret(t.Context(), "s", []byte("hash")))
	if err := s.SetSessionSecret(t.Context(), "s", []byte("mine")); !errors.Is(err, wire.ErrForbidden) {
		t.Errorf("a second secret: %v", err)
	}
	must(t, s.TouchSession(t.Context(), "s", midday.Add(time.Minute)))
	want.LastActive, want.SecretHash = midday.Add(time.Minute), []byte("hash")
	running, err := s.RunningSessions(t.Context(), "box")
	if diff := cmp.Diff([]Session{want}, running); diff != "" || err != nil {
		t.Fatalf("%v\n%s", err, diff)
	}

	code := 3
	for i, late := range []*int{&code, nil} { // the second is too late to matter
		first, err := s.EndSession(t.Context(), "s", midday.Add(time.Duration(i+1)*time.Hour), late)
		if must(t, err); first != (i == 0) {
			t.Errorf("word %d of the end is taken for the first: %v", i+1, first)
		}
	}
	got, err := s.SessionByID(t.Context(), "s")
	if err != nil || got.ExitCode == nil || *got.ExitCode != 3 || !got.EndedAt.Equal(midday.Add(time.Hour)) || got.SecretHash == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := s.SetSessionSecret(t.Context(), "s", []byte("late")); !errors.Is(err, wire.ErrForbidden) {
		t.Errorf("a secret after the end: %v", err)
	}
	for closedToo, want := range map[bool]int{false: 0, true: 1} {
		if all, err := s.SessionsOf(t.Context(), "u", closedToo); err != nil || len(all) != want {
			t.Errorf("closed too %v: %d, %v", closedToo, len(all), err)
		}
	}
}
