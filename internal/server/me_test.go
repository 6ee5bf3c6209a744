package server

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// A page is told who is signed in, and no secret with it.
func TestMeTellsNoSecret(t *testing.T) {
	w := newWorld(t)
	root, ann := w.account("root"), w.account("ann")
	for who, want := range map[account]wire.Account{
		root: {ID: root.id, Username: "root", Email: root.email, Admin: true},
		ann:  {ID: ann.id, Username: "ann", Email: ann.email},
	} {
		r := w.do("GET", "/api/me", nil, bearer(who.token))
		var me wire.Me
		r.into(t, &me)
		if at := me.User.CreatedAt; at == nil || !at.Equal(w.now()) {
			t.Errorf("created at %v", at)
		}
		if me.User.CreatedAt = nil; me.User != want {
			t.Errorf("%+v, want %+v", me.User, want)
		}
		var all struct {
			User map[string]any `json:"user"`
		}
		r.into(t, &all)
		if names := slices.Sorted(maps.Keys(all.User)); !slices.Equal(names, []string{"admin", "created_at", "email", "id", "username"}) {
			t.Errorf("a page is told %v", names)
		}
	}
}

// Anybody learns whether signup is open, and nothing more.
func TestTheServerSaysOnlyWhetherSignupIsOpen(t *testing.T) {
	for _, signup := range []string{signupOpen, signupInvite, signupClosed} {
		w := newWorld(t, func(c *Config) { c.Signup, c.Version = signup, "1.2.3" })
		r := w.do("GET", "/api/server", nil)
		if r.status != http.StatusOK || r.body != `{"signup":"`+signup+"\"}\n" {
			t.Errorf("%s: %d %s", signup, r.status, r.body)
		}
	}
}

// The list of machines says how many sessions run on each.
func TestMachinesCountTheirSessions(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	box, idle := newBox(w), newBox(w)
	box.enroll(ann.apiKey, "box")
	idle.enroll(ann.apiKey, "idle")
	var last string
	for range 3 {
		x := store.Session{
			ID: randomID(), Kind: wire.KindShell, AgentID: box.id, UserID: ann.id, Username: "ann",
			MachineName: "box", StartedAt: w.now(), LastActive: w.now(),
		}
		if err := w.s.store.CreateSession(t.Context(), &x); err != nil {
			t.Fatal(err)
		}
		last = x.ID
	}
	if _, err := w.s.store.EndSession(t.Context(), last, w.now().Add(time.Second), nil); err != nil {
		t.Fatal(err)
	}
	var list wire.Machines
	w.do("GET", "/api/machines", nil, bearer(ann.token)).into(t, &list)
	var one wire.OneMachine
	w.do("GET", "/api/machines/"+box.id, nil, bearer(ann.token)).into(t, &one)
	if got := []int{list.Machines[0].Sessions, list.Machines[1].Sessions, one.Machine.Sessions}; !slices.Equal(got, []int{2, 0, 2}) {
		t.Errorf("sessions: %v", got)
	}
}
