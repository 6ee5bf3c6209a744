package server

import (
	"strings"
	"sync"
	"testing"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

// users is what an administrator sees.
func (w *world) users(admin account) map[string]wire.AdminUser {
	w.t.Helper()
	var list wire.AdminUsers
	w.do("GET", "/api/admin/users", nil, bearer(admin.token)).into(w.t, &list)
	all := map[string]wire.AdminUser{}
	for _, u := range list.Users {
		all[u.Username] = u
	}
	return all
}

// manage does something to a user as an administrator, which has to work.
func (w *world) manage(admin account, method, user, what string) {
	w.t.Helper()
	if r := w.do(method, "/api/admin/users/"+user+what, nil, bearer(admin.token)); r.status != 200 {
		w.t.Fatalf("%s %s: %d %s", method, what, r.status, r.body)
	}
}

func TestAdminSeesEverybody(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	newBox(w).enroll(bob.apiKey, "box")
	all := w.users(ann)
	a, b := all["ann"], all["bob"]
	if len(all) != 2 || !a.Admin || b.Admin || a.Disabled || b.Email != bob.email || b.ID != bob.id {
		t.Errorf("%+v", all)
	}
	if b.Machines != 1 || a.Machines != 0 || b.Sessions != 0 || b.LastLogin == nil || !b.LastLogin.Equal(w.now()) || !b.CreatedAt.Equal(w.now()) {
		t.Errorf("%+v", b)
	}
}

// Every route of administrators, found in the table, is closed to others, and a
// change of the role acts on the next request.
func TestOnlyAdminsManage(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	routes := 0
	for _, r := range w.s.table() {
		if r.who != forAdmins {
			continue
		}
		routes++
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.ReplaceAll(path, "{id}", ann.id)
		w.do(method, path, nil, bearer(bob.token)).refused(t, wire.ErrForbidden)
		w.do(method, path, nil).refused(t, wire.ErrUnauthed)
	}
	if routes < 8 {
		t.Errorf("%d routes are for administrators", routes)
	}
	if all := w.users(ann); all["ann"].Disabled || len(all) != 2 {
		t.Fatalf("it was refused, and done: %+v", all)
	}
	w.manage(ann, "POST", bob.id, "/promote")
	w.manage(bob, "POST", ann.id, "/demote")
	w.do("GET", "/api/admin/users", nil, bearer(ann.token)).refused(t, wire.ErrForbidden)
	w.do("POST", "/api/admin/users/nobody/disable", nil, bearer(bob.token)).refused(t, wire.ErrNotFound)
}

func TestTheLastAdministratorStays(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	refuse := func(method, what string) {
		t.Helper()
		w.do(method, "/api/admin/users/"+ann.id+what, nil, bearer(ann.token)).refused(t, wire.ErrForbidden)
	}
	all := func() {
		t.Helper()
		refuse("POST", "/disable")
		refuse("POST", "/demote")
		refuse("DELETE", "")
	}
	all()
	w.manage(ann, "POST", bob.id, "/promote")
	w.manage(ann, "POST", bob.id, "/disable")
	all() // the other one is disabled
	w.manage(ann, "POST", bob.id, "/enable")

	var wg sync.WaitGroup // of two that go at once, one stays
	for _, x := range []account{ann, bob} {
		wg.Go(func() { w.do("POST", "/api/admin/users/"+x.id+"/demote", nil, bearer(x.token)) })
	}
	wg.Wait()
	people, err := w.s.store.People(t.Context())
	if err != nil || len(people) != 2 || people[0].Admin == people[1].Admin {
		t.Errorf("%+v, %v", people, err)
	}
}

// presence is everything that a user may have open here.
func (w *world) presence(a account) map[string]watched {
	sid := payload(w.t, a.token)["sid"].(string)
	return map[string]watched{
		"viewer": w.watch(relay.Who{UserID: a.id, Login: sid, AgentID: "box"}),
		"agent":  w.watch(relay.Who{UserID: a.id, AgentID: "box", KeyGen: 1}),
		"holder": w.watch(relay.Who{UserID: a.id, AgentID: "box", KeyGen: 1, Session: "s1"}),
	}
}

func TestDisabledAndDeletedUsersAreCut(t *testing.T) {
	for name, how := range map[string][2]string{"disable": {"POST", "/disable"}, "delete": {"DELETE", ""}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ann, bob := w.account("ann"), w.account("bob")
			b := newBox(w)
			b.enroll(bob.apiKey, "box")
			x := store.Session{ID: "0123456789abcdef", AgentID: b.id, UserID: bob.id, Kind: wire.KindShell, StartedAt: w.now(), LastActive: w.now()}
			if err := w.s.store.CreateSession(t.Context(), &x); err != nil {
				t.Fatal(err)
			}
			open, others := w.presence(bob), w.watch(relay.Who{UserID: ann.id, Login: payload(t, ann.token)["sid"].(string)})
			w.manage(ann, how[0], bob.id, how[1])
			for who, code := range map[string]int{"viewer": 4401, "agent": 4401, "holder": 4404} {
				if why := open[who].cut(); why.Close != code {
					t.Errorf("the %s was closed with %d %s", who, why.Close, why.Code)
				}
			}
			others.open()
			w.do("GET", "/api/profile", nil, bearer(bob.token)).refused(t, wire.ErrUnauthed)
			w.do("POST", "/api/login", wire.Login{Email: bob.email, Password: goodPassword}).refused(t, wire.ErrUnauthed)
			w.do("POST", "/api/agent/enroll", newBox(w).enrollment(bob.apiKey, "new")).refused(t, wire.ErrUnauthed)
			if err := b.dial(); err == nil {
				t.Error("the machine is let in")
			}
			if ended, err := w.s.store.SessionByID(t.Context(), x.ID); err != nil || !ended.Void || ended.EndedAt == nil {
				t.Errorf("its session: %+v, %v", ended, err)
			}
		})
	}
}

// What comes back with an account is its password, its key and its machines.
func TestEnabledAgain(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	b := newBox(w)
	b.enroll(bob.apiKey, "box")
	w.manage(ann, "POST", bob.id, "/disable")
	w.manage(ann, "POST", bob.id, "/enable")
	w.do("GET", "/api/profile", nil, bearer(bob.token)).refused(t, wire.ErrUnauthed)
	if again := w.signIn(bob.email); again.apiKey != bob.apiKey {
		t.Error("it has another API key")
	}
	if err := b.dial(); err != nil {
		t.Errorf("its machine: %v", err)
	}
}

func TestRevokeAllEndsLoginsAndNoShells(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	elsewhere := w.signIn(bob.email)
	open, second := w.presence(bob), w.presence(elsewhere)
	w.manage(ann, "POST", bob.id, "/revoke-all")
	for _, x := range []watched{open["viewer"], second["viewer"]} {
		if why := x.cut(); why.Close != 4401 {
			t.Errorf("closed with %d", why.Close)
		}
	}
	open["holder"].open()
	open["agent"].open()
	for _, x := range []account{bob, elsewhere} {
		w.do("GET", "/api/profile", nil, bearer(x.token)).refused(t, wire.ErrUnauthed)
		w.do("POST", "/api/auth/refresh", nil, bearer(x.token)).refused(t, wire.ErrUnauthed)
	}
	w.signIn(bob.email)
	w.do("GET", "/api/admin/users", nil, bearer(ann.token))
}

// A password that the server made up is good for one login, and for choosing
// another one.
func TestTemporaryPassword(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	reset := func() wire.PasswordReset {
		var got wire.PasswordReset
		w.do("POST", "/api/admin/users/"+bob.id+"/reset-password", nil, bearer(ann.token)).into(t, &got)
		return got
	}
	login := func(password string) reply {
		return w.do("POST", "/api/login", wire.Login{Email: bob.email, Password: password})
	}
	temp := reset()
	if len(temp.Password) < 16 || temp.ExpiresAt == nil || !temp.ExpiresAt.Equal(w.now().Add(tempLife)) {
		t.Fatalf("%+v", temp)
	}
	w.do("GET", "/api/profile", nil, bearer(bob.token)).refused(t, wire.ErrUnauthed)
	login(goodPassword).refused(t, wire.ErrUnauthed)
	var in wire.Signed
	login(temp.Password).into(t, &in)
	login(temp.Password).refused(t, wire.ErrUnauthed)
	change := wire.ResetPassword{CurrentPassword: temp.Password, NewPassword: goodPassword}
	if r := w.do("POST", "/api/profile/reset-password", change, bearer(in.Token)); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	w.signIn(bob.email)
	w.signIn(bob.email)

	late := reset()
	w.pass(tempLife)
	login(late.Password).refused(t, wire.ErrUnauthed)
}

// An account that was guessed at a hundred times opens again with a password that
// an administrator gives it.
func TestResetPasswordUnlocks(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	for range suspicious {
		if err := w.s.store.Fail(t.Context(), "user:"+bob.id, w.now()); err != nil {
			t.Fatal(err)
		}
	}
	w.do("POST", "/api/login", wire.Login{Email: bob.email, Password: goodPassword}).refused(t, wire.ErrSlowDown)
	path := "/api/admin/users/" + bob.id + "/reset-password"
	w.do("POST", path, wire.NewPassword{Password: "five5"}, bearer(ann.token)).refused(t, wire.ErrBadRequest)
	r := w.do("POST", path, wire.NewPassword{Password: "another one"}, bearer(ann.token))
	if r.status != 200 || strings.Contains(r.body, "another one") || strings.Contains(r.body, "expires_at") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for range 2 {
		if r := w.do("POST", "/api/login", wire.Login{Email: bob.email, Password: "another one"}); r.status != 200 {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if strings.Contains(w.log.String(), "another one") {
		t.Error("the log has the password")
	}
}
