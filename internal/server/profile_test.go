package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

func TestProfile(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	r := w.do("GET", "/api/profile", nil, bearer(ann.token))
	var in wire.Signed
	r.into(t, &in)
	if in.User.APIKey != ann.apiKey || in.User.ID != ann.id || in.User.CreatedAt == nil || !in.User.CreatedAt.Equal(w.now()) {
		t.Errorf("%s", r.body)
	}
	if want := w.now().UTC().Format(time.RFC3339); !strings.Contains(r.body, `"created_at":"`+want) {
		t.Errorf("%s has no %s", r.body, want)
	}
}

func TestPasswordChangeIsRefused(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	for name, tt := range map[string]struct {
		body any
		want *wire.Error
	}{
		"no current password": {wire.ResetPassword{NewPassword: "another one"}, wire.ErrForbidden},
		"nothing":             {"{}", wire.ErrForbidden},
		"a wrong one":         {wire.ResetPassword{CurrentPassword: "wrong", NewPassword: "another one"}, wire.ErrForbidden},
		"a new one too short": {wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: "five5"}, wire.ErrBadRequest},
		"no new one":          {wire.ResetPassword{CurrentPassword: goodPassword}, wire.ErrBadRequest},
		"no body":             {nil, wire.ErrNotJSON},
	} {
		t.Run(name, func(t *testing.T) {
			w.do("POST", "/api/profile/reset-password", tt.body, bearer(ann.token)).refused(t, tt.want)
		})
	}
	w.signIn(ann.email)
}

func TestGuessingTheCurrentPasswordIsThrottled(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	guess := wire.ResetPassword{CurrentPassword: "wrong", NewPassword: "another one"}
	for range 5 {
		w.do("POST", "/api/profile/reset-password", guess, bearer(ann.token)).refused(t, wire.ErrForbidden)
	}
	w.do("POST", "/api/profile/reset-password", guess, bearer(ann.token)).refused(t, wire.ErrSlowDown)
}

func TestPasswordChangeEndsTheOtherLogins(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	elsewhere := w.signIn(ann.email)
	login := func(a account) string { return payload(t, a.token)["sid"].(string) }
	mine := w.watch(relay.Who{UserID: ann.id, Login: login(ann)})
	others := w.watch(relay.Who{UserID: ann.id, Login: login(elsewhere)})
	agents := w.watch(relay.Who{UserID: ann.id, AgentID: "box", KeyGen: 1})
	bobs := w.watch(relay.Who{UserID: bob.id, Login: login(bob)})

	r := w.do("POST", "/api/profile/reset-password", wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: "another one"}, bearer(ann.token))
	if r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if why := others.cut(); why.Close != 4401 {
		t.Errorf("closed with %d", why.Close)
	}
	mine.open()
	agents.open()
	bobs.open()
	w.do("GET", "/api/profile", nil, bearer(elsewhere.token)).refused(t, wire.ErrUnauthed)
	if r := w.do("GET", "/api/profile", nil, bearer(ann.token)); r.status != 200 {
		t.Errorf("the login that changed it died: %d", r.status)
	}
	w.guess(ann.email, goodPassword).refused(t, wire.ErrUnauthed)
	if r := w.guess(ann.email, "another one"); r.status != 200 {
		t.Errorf("the new password: %d", r.status)
	}
}

func TestRegenerateAPIKey(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint("keep machines ", keep), func(t *testing.T) {
			w := newWorld(t)
			ann, bob := w.account("ann"), w.account("bob")
			b, other := newBox(w), newBox(w)
			b.enroll(ann.apiKey, "box")
			other.enroll(bob.apiKey, "box")
			agent := w.watch(relay.Who{UserID: ann.id, AgentID: b.id, KeyGen: 1})
			viewer := w.watch(relay.Who{UserID: ann.id, Login: "sid", AgentID: b.id})
			bobs := w.watch(relay.Who{UserID: bob.id, AgentID: other.id, KeyGen: 1})

			var body any
			if keep {
				body = wire.RegenerateKey{KeepMachines: true}
			}
			r := w.do("POST", "/api/profile/regenerate-api-key", body, bearer(ann.token))
			var made wire.Signed
			r.into(t, &made)
			if r.status != 200 || made.APIKey == ann.apiKey || made.Message == "" {
				t.Fatalf("%d %s", r.status, r.body)
			}
			if again := w.signIn(ann.email); again.apiKey != made.APIKey {
				t.Error("login shows another key")
			}
			bobs.open()
			w.do("POST", "/api/agent/enroll", newBox(w).enrollment(ann.apiKey, "late")).refused(t, wire.ErrUnauthed)
			if keep {
				agent.open()
				viewer.open()
				if err := b.dial(); err != nil {
					t.Errorf("a machine that was kept: %v", err)
				}
				return
			}
			for name, x := range map[string]watched{"agent": agent, "viewer": viewer} {
				if why := x.cut(); why.Close != 4401 {
					t.Errorf("the %s was closed with %d", name, why.Close)
				}
			}
			if err := b.dial(); err == nil {
				t.Error("a machine of the old key came back")
			}
			id := b.id
			if b.enroll(made.APIKey, "box"); b.id != id {
				t.Errorf("enrolled again as %s, was %s", b.id, id)
			}
			b.counter = 0
			if err := b.dial(); err != nil {
				t.Errorf("enrolled again: %v", err)
			}
		})
	}
}

// Of many who know the password and change it at once, one does.
func TestPasswordChangesAtOnce(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	answers := make(chan reply)
	const tries = 5
	for n := range tries {
		go func() {
			body := wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: fmt.Sprintf("another one %d", n)}
			answers <- w.do("POST", "/api/profile/reset-password", body, bearer(ann.token))
		}()
	}
	done := 0
	for range tries {
		switch r := <-answers; r.status {
		case http.StatusOK:
			done++
		case http.StatusConflict, http.StatusForbidden: // quicker ones were done before its password was checked, or after
		default:
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if done != 1 {
		t.Errorf("%d of them changed it", done)
	}
}
