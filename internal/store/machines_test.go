package store

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vsay/internal/wire"
)

func machine(u User, name string) Machine {
	return Machine{
		AgentID: "agent-" + u.Username + "-" + name, UserID: u.ID, Owner: u.Username, Name: name, Description: "a box", OS: "linux",
		Arch: "amd64", IP: "192.0.2.9", AgentVersion: "1.2.3", Labels: map[string]string{"env": "prod"},
		PublicKey: []byte("key of " + u.Username + name), KeyGen: u.KeyGen, CreatedAt: midday,
	}
}

func TestMachineComesBackAsItWas(t *testing.T) {
	s := newStore(t)
	u := withUser(t, s, "ann")
	want := machine(u, "box")
	_, err := s.EnrollMachine(t.Context(), want)
	must(t, err)
	want.Wanted = "box"
	got, err := s.MachineByID(t.Context(), want.AgentID)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("%v\n%s", err, diff)
	}
	shown := got.Wire(true)
	if shown.Status != wire.StatusOnline || shown.Owner != "ann" || shown.LastActive != nil || shown.Labels["env"] != "prod" {
		t.Errorf("%+v", shown)
	}
}

func TestEnrollAgain(t *testing.T) {
	s := newStore(t)
	ann, bob := withUser(t, s, "ann"), withUser(t, s, "bob")
	first, err := s.EnrollMachine(t.Context(), machine(ann, "box"))
	must(t, err)
	second := machine(ann, "other")
	second.Name = "BOX"
	if second, err = s.EnrollMachine(t.Context(), second); err != nil || second.Name != "BOX-2" {
		t.Fatalf("a name in use became %q, %v", second.Name, err)
	}
	must(t, s.AdvanceCounter(t.Context(), second.AgentID, 7))

	tests := map[string]struct {
		asks, gets string
	}{
		"the same name": {"BOX", "BOX-2"},
		"no name":       {"", "BOX-2"},
		"a new name":    {"fresh", "fresh"},
		"a taken name":  {"box", "box-2"},
	}
	for _, name := range []string{"the same name", "no name", "a new name", "a taken name"} {
		again := machine(ann, "other")
		again.AgentID, again.Name = "never used", tests[name].asks
		got, err := s.EnrollMachine(t.Context(), again)
		if err != nil || got.AgentID != second.AgentID || got.Name != tests[name].gets || got.Counter != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	must(t, s.AdvanceCounter(t.Context(), second.AgentID, 1)) // started again

	stolen := machine(bob, "box")
	stolen.PublicKey = first.PublicKey
	if _, err := s.EnrollMachine(t.Context(), stolen); !errors.Is(err, wire.ErrForbidden) {
		t.Errorf("another user's public key: %v", err)
	}
	bobs, err := s.EnrollMachine(t.Context(), machine(bob, "box"))
	if err != nil || bobs.Name != "box" {
		t.Errorf("bob may have a box too: %q, %v", bobs.Name, err)
	}
}

func TestManyEnrollUnderOneName(t *testing.T) {
	s := newStore(t)
	u := withUser(t, s, "ann")
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			m := machine(u, fmt.Sprint(i))
			m.Name = "box"
			if _, err := s.EnrollMachine(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, err := s.MachinesOf(t.Context(), u.ID)
	must(t, err)
	names := map[string]bool{}
	for _, m := range all {
		names[m.Name] = true
	}
	if len(names) != 10 || !names["box"] || !names["box-10"] {
		t.Fatalf("%v", names)
	}
}

func TestCounterOnlyGrows(t *testing.T) {
	s := newStore(t)
	u := withUser(t, s, "ann")
	m, err := s.EnrollMachine(t.Context(), machine(u, "box"))
	must(t, err)
	for _, step := range []struct {
		counter uint64
		fine    bool
	}{{5, true}, {5, false}, {4, false}, {0, false}, {6, true}, {math.MaxUint64, false}, {math.MaxInt64, true}} {
		err := s.AdvanceCounter(t.Context(), m.AgentID, step.counter)
		if (err == nil) != step.fine || (err != nil && !errors.Is(err, wire.ErrForbidden)) {
			t.Errorf("%d: %v", step.counter, err)
		}
	}
	if err := s.AdvanceCounter(t.Context(), "nobody", 1); !errors.Is(err, wire.ErrForbidden) {
		t.Errorf("unknown machine: %v", err)
	}
}

func TestOneOfManyWithTheSameCounterWins(t *testing.T) {
	s := newStore(t)
	u := withUser(t, s, "ann")
	m, err := s.EnrollMachine(t.Context(), machine(u, "box"))
	must(t, err)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if s.AdvanceCounter(t.Context(), m.AgentID, 1) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d won", won.Load())
	}
}

func TestSawMachine(t *testing.T) {
	s := newStore(t)
	u := withUser(t, s, "ann")
	m, err := s.EnrollMachine(t.Context(), machine(u, "box"))
	must(t, err)
	hello := wire.Hello{Name: "box", OS: "linux", Arch: "arm64", AgentVersion: "2", Facts: wire.Facts{CPUPercent: 12.5, Uptime: 60}}
	must(t, s.SawMachine(t.Context(), m.AgentID, hello, "192.0.2.77", midday))
	got, err := s.MachineByID(t.Context(), m.AgentID)
	if err != nil || got.Arch != "arm64" || got.IP != "192.0.2.77" || got.Facts.CPUPercent != 12.5 || !got.LastActive.Equal(midday) || got.Name != "box" {
		t.Fatalf("%+v, %v", got, err)
	}
	hello.Name = "renamed"
	must(t, s.SawMachine(t.Context(), m.AgentID, hello, "192.0.2.77", midday))
	must(t, s.SawFacts(t.Context(), []Sighting{
		{AgentID: "deleted meanwhile", At: midday},
		{AgentID: m.AgentID, Facts: wire.Facts{CPUPercent: 99, Uptime: 75}, At: midday.Add(15 * time.Second)},
	}))
	got, err = s.MachineByID(t.Context(), m.AgentID)
	if err != nil || got.Name != "renamed" || got.Facts.CPUPercent != 99 || !got.LastActive.Equal(midday.Add(15*time.Second)) {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := s.SawMachine(t.Context(), "nobody", hello, "", midday); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("unknown machine: %v", err)
	}
}

func TestDeleteMachine(t *testing.T) {
	s := newStore(t)
	ann, bob := withUser(t, s, "ann"), withUser(t, s, "bob")
	m, err := s.EnrollMachine(t.Context(), machine(ann, "box"))
	must(t, err)
	x := shell("s1", m)
	must(t, s.CreateSession(t.Context(), &x))
	must(t, s.SetSessionSecret(t.Context(), x.ID, []byte("hash")))
	if err := s.DeleteMachine(t.Context(), bob.ID, m.AgentID); !errors.Is(err, wire.ErrNotFound) {
		t.Fatalf("bob deleted ann's machine: %v", err)
	}
	must(t, s.DeleteMachine(t.Context(), ann.ID, m.AgentID))
	if err := s.DeleteMachine(t.Context(), ann.ID, m.AgentID); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	got, err := s.SessionByID(t.Context(), x.ID)
	if err != nil || got.EndedAt == nil || !got.Void {
		t.Errorf("its session lives: %+v, %v", got, err)
	}
}
