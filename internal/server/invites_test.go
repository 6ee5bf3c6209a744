package server

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vsay/internal/wire"
)

func byInvitation(c *Config) { c.Signup = signupInvite }
func takesNobody(c *Config)  { c.Signup = signupClosed }

// asked is who would make an account.
func asked(name, code string) wire.Signup {
	return wire.Signup{Username: name, Email: name + "@example.com", Password: goodPassword, Invite: code}
}

// owned is a server with an owner, who came by the invitation that it made.
func owned(t *testing.T, change func(*Config)) (*world, account) {
	t.Helper()
	w := newWorld(t, change)
	code, err := w.s.OwnerInvite(t.Context())
	if err != nil || !strings.HasPrefix(code, invitePrefix) {
		t.Fatalf("%q, %v", code, err)
	}
	if r := w.do("POST", "/api/signup", asked("ann", code)); r.status != 201 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	return w, w.signIn("ann@example.com")
}

// invite is a fresh invitation.
func (w *world) invite(admin account, how wire.NewInvite) wire.Invite {
	w.t.Helper()
	var got wire.OneInvite
	r := w.do("POST", "/api/admin/invites", how, bearer(admin.token))
	if r.into(w.t, &got); r.status != 201 || got.Invite.Code == "" {
		w.t.Fatalf("%d %s", r.status, r.body)
	}
	return got.Invite
}

func TestFreshInstallTakesItsOwnerAlone(t *testing.T) {
	for name, change := range map[string]func(*Config){signupInvite: byInvitation, signupClosed: takesNobody} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, change)
			w.do("POST", "/api/signup", asked("eve", "")).refused(t, wire.AsError(w.s.uninvited()))
			w.do("POST", "/api/signup", asked("eve", "vsay_inv_nonsense")).refused(t, wire.ErrForbidden)
			first, err := w.s.OwnerInvite(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			second, err := w.s.OwnerInvite(t.Context()) // of a restart, since the first cannot be shown again
			if err != nil || second == first {
				t.Fatalf("%q, %v", second, err)
			}
			w.do("POST", "/api/signup", asked("eve", first)).refused(t, wire.ErrForbidden)

			var owners atomic.Int32
			var wg sync.WaitGroup
			for i := range 50 {
				wg.Go(func() {
					r := w.do("POST", "/api/signup", asked(fmt.Sprint("ann", i), second))
					switch r.status {
					case http.StatusCreated:
						owners.Add(1)
					case http.StatusForbidden, http.StatusServiceUnavailable: // late, or one hash too many at once
					default:
						t.Errorf("%d %s", r.status, r.body)
					}
				})
			}
			wg.Wait()
			people, err := w.s.store.People(t.Context())
			if err != nil || owners.Load() != 1 || len(people) != 1 || !people[0].Admin {
				t.Errorf("%d owners; %+v, %v", owners.Load(), people, err)
			}
			if again, err := w.s.OwnerInvite(t.Context()); again != "" || err != nil {
				t.Errorf("a second owner is invited: %v", err)
			}
		})
	}
}

func TestAnInvitationIsForOne(t *testing.T) {
	w, ann := owned(t, byInvitation)
	code := w.invite(ann, wire.NewInvite{}).Code
	var made atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if r := w.do("POST", "/api/signup", asked(fmt.Sprint("bob", i), code)); r.status == 201 {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	people, err := w.s.store.People(t.Context())
	if err != nil || made.Load() != 1 || len(people) != 2 || people[1].Admin {
		t.Errorf("%d came in; %+v, %v", made.Load(), people, err)
	}
	var list wire.Invites
	r := w.do("GET", "/api/admin/invites", nil, bearer(ann.token))
	r.into(t, &list)
	if len(list.Invites) != 1 || list.Invites[0].UsedBy != people[1].Username || list.Invites[0].UsedAt == nil || list.Invites[0].CreatedBy != "ann" {
		t.Errorf("%s", r.body)
	}
	w.do("DELETE", "/api/admin/invites/"+list.Invites[0].ID, nil, bearer(ann.token)).refused(t, wire.ErrNotFound)
}

func TestInvitationsThatAreNotGood(t *testing.T) {
	w, ann := owned(t, byInvitation)
	taken := w.invite(ann, wire.NewInvite{})
	if r := w.do("DELETE", "/api/admin/invites/"+taken.ID, nil, bearer(ann.token)); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	pinned := w.invite(ann, wire.NewInvite{Email: "Bob@Example.com"})
	short := w.invite(ann, wire.NewInvite{ExpiresIn: 60})
	w.pass(time.Minute)
	for name, code := range map[string]string{"taken back": taken.Code, "another's": pinned.Code, "over": short.Code, "unknown": invitePrefix + "x"} {
		t.Run(name, func(t *testing.T) {
			w.do("POST", "/api/signup", asked("eve", code)).refused(t, wire.ErrForbidden)
		})
	}
	// A signup that fails for another reason leaves the invitation as it was.
	again := asked("ann", pinned.Code)
	again.Email = "bob@example.com"
	w.do("POST", "/api/signup", again).refused(t, wire.ErrTaken)
	if r := w.do("POST", "/api/signup", asked("bob", pinned.Code+"\n")); r.status != 201 {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, wrong := range []wire.NewInvite{{Email: "nonsense"}, {ExpiresIn: -1}, {ExpiresIn: 366 * 86400}, {ExpiresIn: 1 << 62}} {
		w.do("POST", "/api/admin/invites", wrong, bearer(ann.token)).refused(t, wire.ErrBadRequest)
	}
}

// Where signup is closed, an invitation of before is good no more.
func TestClosedTakesNoInvitations(t *testing.T) {
	w, ann := owned(t, byInvitation)
	code := w.invite(ann, wire.NewInvite{}).Code
	w.start(takesNobody)
	w.do("POST", "/api/signup", asked("bob", code)).refused(t, wire.ErrForbidden)
	w.do("POST", "/api/admin/invites", wire.NewInvite{}, bearer(ann.token)).refused(t, wire.ErrForbidden)
	w.start()
	if r := w.do("POST", "/api/signup", asked("bob", "whatever")); r.status != 201 {
		t.Errorf("open: %d %s", r.status, r.body)
	}
}

// The owner's invitation ends with the first account, however that came to be.
func TestTheOwnersInvitationIsForTheFirst(t *testing.T) {
	w := newWorld(t, takesNobody)
	code, err := w.s.OwnerInvite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.start()
	w.account("ann")
	w.start(takesNobody)
	w.do("POST", "/api/signup", asked("eve", code)).refused(t, wire.ErrForbidden)
}

// A code is as good as an account: nothing keeps it.
func TestInvitationCodesAreNotKept(t *testing.T) {
	w, ann := owned(t, byInvitation)
	code := w.invite(ann, wire.NewInvite{}).Code
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), code[len(invitePrefix):]) {
			t.Errorf("%s has it", f)
		}
	}
	if strings.Contains(w.log.String(), code[len(invitePrefix):]) {
		t.Error("the log has it")
	}
}
