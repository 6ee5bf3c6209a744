package server

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vsay/internal/wire"
)

func TestTheSeedsAnswers(t *testing.T) {
	w := newWorld(t)
	r := w.do("POST", "/api/signup", `{"username": "johndoe", "email": "john@example.com", "password": "yourpassword"}`)
	var up map[string]any
	r.into(t, &up)
	id := up["user"].(map[string]any)["id"]
	want := map[string]any{
		"message": "User registered successfully",
		"user":    map[string]any{"id": id, "username": "johndoe", "email": "john@example.com"},
	}
	if diff := cmp.Diff(want, up); diff != "" || r.status != 201 || id == "" {
		t.Errorf("signup: %d\n%s", r.status, diff)
	}

	r = w.do("POST", "/api/login", `{"email": "john@example.com", "password": "yourpassword"}`)
	var in map[string]any
	r.into(t, &in)
	token, _ := in["token"].(string)
	key, _ := in["user"].(map[string]any)["api_key"].(string)
	want["message"], want["token"] = "Login successful", token
	want["user"].(map[string]any)["api_key"] = key
	if diff := cmp.Diff(want, in); diff != "" || r.status != 200 || !strings.HasPrefix(token, "eyJhbGciOiJIUzI1NiIs") || !strings.HasPrefix(key, "vsay_ak_") {
		t.Errorf("login: %d token %.25s… key %.10s…\n%s", r.status, token, key, diff)
	}

	r = w.do("POST", "/api/auth/refresh", nil, bearer(token))
	var again map[string]any
	r.into(t, &again)
	if r.status != 200 || len(again) != 1 || again["token"] == token || again["token"] == "" {
		t.Errorf("refresh: %d %v", r.status, again)
	}

	r = w.do("GET", "/api/machines", nil, bearer(token))
	if r.status != 200 || r.body != `{"machines":[]}`+"\n" {
		t.Errorf("machines: %d %s", r.status, r.body)
	}
}

func TestSignupRefuses(t *testing.T) {
	w := newWorld(t)
	w.account("ann")
	const fine = `{"username":"bob","email":"bob@example.com","password":"password"}`
	body := func(username, email, password string) any {
		return wire.Signup{Username: username, Email: email, Password: password}
	}
	tests := map[string]struct {
		body any
		want *wire.Error
	}{
		"a taken email":          {body("bob", "ANN@Example.com", goodPassword), wire.ErrTaken},
		"a taken username":       {body("Ann", "bob@example.com", goodPassword), wire.ErrTaken},
		"no username":            {body("", "bob@example.com", goodPassword), wire.ErrBadRequest},
		"a username of signs":    {body("b\x1bob", "bob@example.com", goodPassword), wire.ErrBadRequest},
		"a climbing username":    {body("../bob", "bob@example.com", goodPassword), wire.ErrBadRequest},
		"a long username":        {body(strings.Repeat("b", 65), "bob@example.com", goodPassword), wire.ErrBadRequest},
		"no email":               {body("bob", "", goodPassword), wire.ErrBadRequest},
		"no password":            {body("bob", "bob@example.com", ""), wire.ErrBadRequest},
		"a password of five":     {body("bob", "bob@example.com", "12345"), wire.ErrBadRequest},
		"five that are ten":      {body("bob", "bob@example.com", "ééééé"), wire.ErrBadRequest},
		"five that are fifteen":  {body("bob", "bob@example.com", strings.Repeat("e\u0301", 5)), wire.ErrBadRequest},
		"a password of 257":      {body("bob", "bob@example.com", strings.Repeat("x", 257)), wire.ErrBadRequest},
		"a huge password":        {body("bob", "bob@example.com", strings.Repeat("x", 60<<10)), wire.ErrBadRequest},
		"nothing":                {"", wire.ErrBadRequest},
		"null":                   {"null", wire.ErrBadRequest},
		"a list":                 {"[]", wire.ErrBadRequest},
		"half of it":             {fine[:30], wire.ErrBadRequest},
		"a name twice":           {strings.Replace(fine, `{`, `{"email":"eve@example.com",`, 1), wire.ErrBadRequest},
		"a name in another case": {strings.Replace(fine, "email", "EMAIL", 1), wire.ErrBadRequest},
		"a second object":        {fine + fine, wire.ErrBadRequest},
		"a wrong type":           {strings.Replace(fine, `"bob"`, `7`, 1), wire.ErrBadRequest},
		"invalid UTF-8":          {strings.Replace(fine, "bob", "b\xffb", 1), wire.ErrBadRequest},
		"a deep hole":            {`{"x":` + strings.Repeat("[", 60000), wire.ErrBadRequest},
		"a deeper hole":          {strings.Repeat("[", 100_000), wire.ErrBadRequest},
		"a large body":           {strings.Replace(fine, `{`, `{"x":"`+strings.Repeat("x", 64<<10)+`",`, 1), wire.ErrTooLarge},
		"a megabyte of password": {body("bob", "bob@example.com", strings.Repeat("x", 1<<20)), wire.ErrBadRequest},
		"a megabyte of email":    {body("bob", strings.Repeat("x", 1<<20), goodPassword), wire.ErrTooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { w.do("POST", "/api/signup", tt.body).refused(t, tt.want) })
	}
	if r := w.do("POST", "/api/signup", fine); r.status != 201 {
		t.Errorf("none of them took bob's name: %d %s", r.status, r.body)
	}
}

func TestSignupTakes(t *testing.T) {
	w := newWorld(t)
	for i, password := range []string{"sixsix", "😀😁😂🤣😃😄", "❤️❤️❤️❤️❤️❤️", strings.Repeat("with spaces ", 21), "pässwörd"} {
		email := fmt.Sprintf("user%d@example.com", i)
		r := w.do("POST", "/api/signup", wire.Signup{Username: fmt.Sprint("user", i), Email: email, Password: password})
		if r.status != 201 {
			t.Errorf("%q: %d %s", password, r.status, r.body)
		}
		if r = w.do("POST", "/api/login", wire.Login{Email: strings.ToUpper(email), Password: password}); r.status != 200 {
			t.Errorf("login with %q: %d %s", password, r.status, r.body)
		}
	}
	if r := w.do("POST", "/api/login", wire.Login{Email: "user4@example.com", Password: "pa\u0308sswo\u0308rd"}); r.status != 200 {
		t.Errorf("the same password typed on another keyboard: %d", r.status)
	}
}

func TestSignupBindsNothingElse(t *testing.T) {
	w := newWorld(t)
	r := w.do("POST", "/api/signup", `{"username":"eve","email":"eve@example.com","password":"password",
		"id":"chosen","role":"admin","is_admin":true,"api_key":"vsay_ak_chosen"}`)
	if r.status != 201 || strings.Contains(r.body, "chosen") {
		t.Fatalf("%d %s", r.status, r.body)
	}
}

func TestClosedSignup(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Signup = "closed" })
	w.do("POST", "/api/signup", wire.Signup{Username: "ann", Email: "ann@example.com", Password: goodPassword}).refused(t, wire.ErrForbidden)
}

func TestFiftySignupsOfOneEmail(t *testing.T) {
	w := newWorld(t)
	var made atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			email := []string{"one@example.com", "ONE@example.com", "One@Example.COM"}[i%3]
			r := w.do("POST", "/api/signup", wire.Signup{Username: fmt.Sprint("user", i), Email: email, Password: goodPassword})
			switch r.status {
			case http.StatusCreated:
				made.Add(1)
			case http.StatusConflict, http.StatusServiceUnavailable:
			default:
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Fatalf("%d accounts", made.Load())
	}
}

func TestLoginFailuresLookAlike(t *testing.T) {
	w := newWorld(t)
	w.account("ann")
	w.account("off")
	disable(t, w, "off@example.com")
	unknown := w.do("POST", "/api/login", wire.Login{Email: "nobody@example.com", Password: goodPassword})
	unknown.refused(t, wire.ErrUnauthed)
	for name, login := range map[string]wire.Login{
		"wrong password":                  {Email: "ann@example.com", Password: "wrong password"},
		"wrong in the last sign":          {Email: "ann@example.com", Password: goodPassword + "x"},
		"disabled":                        {Email: "off@example.com", Password: goodPassword},
		"disabled with a wrong password":  {Email: "off@example.com", Password: "wrong password"},
		"another email nobody has either": {Email: "nobody.else@example.com", Password: "x"},
	} {
		r := w.do("POST", "/api/login", login)
		r.header.Set("Date", unknown.header.Get("Date"))
		r.header.Set(wire.RequestHeader, unknown.header.Get(wire.RequestHeader))
		if diff := cmp.Diff(unknown.header, r.header); r.status != unknown.status || r.body != unknown.body || diff != "" {
			t.Errorf("%s can be told apart: %d %s\n%s", name, r.status, r.body, diff)
		}
	}
}

func TestLoginWhenTheStoreIsDown(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	if err := w.s.store.Close(); err != nil {
		t.Fatal(err)
	}
	r := w.do("POST", "/api/login", wire.Login{Email: ann.email, Password: goodPassword})
	r.refused(t, wire.ErrUnavailable)
	if r.header.Get("Retry-After") == "" || strings.Contains(r.body, "sql") {
		t.Errorf("%v %s", r.header, r.body)
	}
	w.do("POST", "/api/auth/logout", nil, bearer(ann.token)).refused(t, wire.ErrUnavailable)
}

// disable does what an administrator has a command for.
func disable(t *testing.T, w *world, email string) {
	t.Helper()
	u, err := w.s.store.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	if u.Admin { // the last one cannot go
		if err := w.s.store.SetAdmin(t.Context(), w.account("spare").id, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.s.disableUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}
