package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vsay/internal/wire"
)

const hup = 129

// What a user has running is over with the same commit that shuts the user out, and
// so is what others run on the user's machines; nothing else is.
func TestDisableIsOneCommit(t *testing.T) {
	s := newStore(t)
	ann, bob := withUser(t, s, "ann"), withUser(t, s, "bob")
	box, err := s.EnrollMachine(t.Context(), machine(bob, "box"))
	must(t, err)
	anns, err := s.EnrollMachine(t.Context(), machine(ann, "hers"))
	must(t, err)
	mine, guest, other := shell("mine", box), shell("guest", box), shell("other", anns)
	mine.UserID, guest.UserID, other.UserID = bob.ID, ann.ID, ann.ID
	for _, x := range []*Session{&mine, &guest, &other} {
		must(t, s.CreateSession(t.Context(), x))
	}
	must(t, s.CreateLogin(t.Context(), Login{ID: "sid", UserID: bob.ID, AuthTime: midday}, 1))
	if running, err := s.RunningOf(t.Context(), bob.ID); err != nil || len(running) != 2 {
		t.Errorf("%+v, %v", running, err)
	}
	must(t, s.Disable(t.Context(), bob.ID, hup))
	for id, over := range map[string]bool{"mine": true, "guest": true, "other": false} {
		x, err := s.SessionByID(t.Context(), id)
		if err != nil || x.Void != over || (x.EndedAt != nil) != over || over && *x.ExitCode != hup {
			t.Errorf("%s: %+v, %v", id, x, err)
		}
	}
	if l, u, err := s.LoginByID(t.Context(), "sid"); err != nil || !l.Revoked || !u.Disabled || u.Epoch == bob.Epoch {
		t.Errorf("%+v %+v, %v", l, u, err)
	}
	if err := s.CreateLogin(t.Context(), Login{ID: "late", UserID: bob.ID, AuthTime: midday}, 1); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("a login that was being checked: %v", err)
	}
	must(t, s.Enable(t.Context(), bob.ID))
	if l, _, err := s.LoginByID(t.Context(), "sid"); err != nil || !l.Revoked {
		t.Errorf("the login came back: %v", err)
	}
	if x, err := s.SessionByID(t.Context(), "mine"); err != nil || !x.Void {
		t.Errorf("the session came back: %v", err)
	}
}

func TestDeletedUserLeavesHistoryAlone(t *testing.T) {
	s := newStore(t)
	ann, bob := withUser(t, s, "ann"), withUser(t, s, "bob")
	box, err := s.EnrollMachine(t.Context(), machine(bob, "box"))
	must(t, err)
	x := shell("mine", box)
	must(t, s.CreateSession(t.Context(), &x))
	must(t, s.CreateLogin(t.Context(), Login{ID: "sid", UserID: bob.ID, AuthTime: midday}, 1))
	must(t, s.DeleteUser(t.Context(), bob.ID, hup))
	for what, err := range map[string]error{
		"user":    second(s.UserByID(t.Context(), bob.ID)),
		"key":     second(s.UserByKeyID(t.Context(), bob.KeyID)),
		"machine": second(s.MachineByID(t.Context(), box.AgentID)),
		"again":   s.DeleteUser(t.Context(), bob.ID, hup),
		"nobody":  s.SetAdmin(t.Context(), bob.ID, true),
	} {
		if !errors.Is(err, wire.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := s.LoginByID(t.Context(), "sid"); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("login: %v", err)
	}
	if x, err := s.SessionByID(t.Context(), "mine"); err != nil || !x.Void || x.EndedAt == nil {
		t.Errorf("%+v, %v", x, err)
	}
	if err := s.DeleteUser(t.Context(), ann.ID, hup); !errors.Is(err, wire.ErrForbidden) {
		t.Errorf("the last administrator: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// Fifty use one invitation at once: one gets the account, and the others none.
func TestFiftyUsesOfOneInvitation(t *testing.T) {
	s := newStore(t)
	withUser(t, s, "ann")
	ends := midday.Add(time.Hour)
	must(t, s.CreateInvite(t.Context(), Invite{ID: "i", Hash: []byte("hash"), CreatedAt: midday, ExpiresAt: &ends}, "id-ann"))
	var made atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			switch err := s.CreateInvitedUser(t.Context(), user(fmt.Sprint("user", i)), []byte("hash"), midday, true); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, wire.ErrForbidden):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	people, err := s.People(t.Context())
	if made.Load() != 1 || len(people) != 2 || err != nil {
		t.Fatalf("%d succeeded: %+v, %v", made.Load(), people, err)
	}
}
