package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// Tokens that somebody made who has everything but the key. What the key itself
// could sign, and is refused, is in the server's own TestForgedTokens.
func TestAttackTokens(t *testing.T) {
	f, elsewhere := newFort(t), newFort(t)
	from := f.from("127.0.0.1")
	token := from.signIn(from.account("ann")).Token
	stranger := elsewhere.from("127.0.0.1")
	foreign := stranger.signIn(stranger.account("ann"))
	key := from.signIn("ann@example.com").User.APIKey
	part := strings.Split(token, ".")
	header := func(alg string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(decoded(t, part[0])), "HS256", alg, 1)))
	}
	body := strings.Replace(string(decoded(t, part[1])), `"exp":1`, `"exp":2`, 1)
	if body == string(decoded(t, part[1])) {
		t.Fatal("the test changes nothing")
	}
	for name, bad := range map[string]string{
		"alg none":               header("none") + "." + part[1] + ".",
		"alg None":               header("None") + "." + part[1] + ".",
		"alg nOnE":               header("nOnE") + "." + part[1] + "." + part[2],
		"no signature":           part[0] + "." + part[1] + ".",
		"two parts":              part[0] + "." + part[1],
		"HS384 by its name":      header("HS384") + "." + part[1] + "." + part[2],
		"HS512 by its name":      header("HS512") + "." + part[1] + "." + part[2],
		"RS256 by its name":      header("RS256") + "." + part[1] + "." + part[2],
		"a longer life":          part[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(body)) + "." + part[2],
		"another server's":       foreign.Token,
		"the API key":            key,
		"another server's key":   foreign.User.APIKey,
		"padding":                token + "=",
		"what is too long":       token + strings.Repeat("A", 8<<10),
		"a token within a token": token + "." + token,
	} {
		t.Run(name, func(t *testing.T) {
			i := f.with(t).from("127.0.0.1")
			i.send("GET", "/api/profile", "", bearer(bad)).refused(t, 401)
			i.send("POST", "/api/auth/refresh", "", bearer(bad)).refused(t, 401)
			i.send("GET", "/api/terminal/x/ws?token="+bad, "").refused(t, 401)
		})
	}
	from.send("GET", "/api/machines?token="+token, "").refused(t, 401)
	from.send("GET", "/api/machines?token="+token, "", bearer(token)).refused(t, 400)
	from.send("GET", "/api/terminal/x/ws?token="+token, "", bearer(token)).refused(t, 400)
	enroll := string(wire.Encode(wire.Enroll{APIKey: token}))
	from.send("POST", "/api/agent/enroll", enroll).refused(t, 401)
	if r := from.send("GET", "/api/profile", "", bearer(token)); r.status != 200 {
		t.Errorf("the real one: %d %s", r.status, r.body)
	}
}

func decoded(t *testing.T, part string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// said is a token's payload.
func said(t *testing.T, token string) (claims map[string]any) {
	t.Helper()
	if err := json.Unmarshal(decoded(t, strings.Split(token, ".")[1]), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// A token says who, and nothing of what he may; each refresh is a new token of the
// same login, until that is too old.
func TestAttackRefresh(t *testing.T) {
	f := newFort(t)
	from := f.from("127.0.0.1")
	token := from.signIn(from.account("ann")).Token
	first := said(t, token)
	if first["exp"].(float64)-first["iat"].(float64) != 86400 {
		t.Errorf("it lives from %v to %v", first["iat"], first["exp"])
	}
	for _, secret := range []string{"ann@example.com", "ann\"", "admin", "vsay_ak", "role"} {
		if strings.Contains(string(decoded(t, strings.Split(token, ".")[1])), secret) {
			t.Errorf("a token holds %q", secret)
		}
	}
	var mu sync.Mutex
	var seen []string
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			r := from.send("POST", "/api/auth/refresh", "", bearer(token))
			mu.Lock()
			defer mu.Unlock()
			if r.status != 200 {
				t.Errorf("%d %s", r.status, r.body)
				return
			}
			again := said(t, signedOf(t, r).Token)
			if again["sid"] != first["sid"] || again["auth_time"] != first["auth_time"] {
				t.Errorf("another login: %v", again)
			}
			seen = append(seen, again["jti"].(string))
		})
	}
	all.Wait()
	if slices.Sort(seen); len(slices.Compact(seen)) != 20 {
		t.Errorf("%d different tokens", len(slices.Compact(seen)))
	}
}

// A login too old to be extended says so, though the token in hand still works.
func TestAttackOldLogin(t *testing.T) {
	f := newFort(t, "--session-max", "3s")
	from := f.from("127.0.0.1")
	token := from.signIn(from.account("ann")).Token
	began := said(t, token)
	if began["exp"].(float64) != began["auth_time"].(float64)+3 {
		t.Errorf("it ends at %v, the login began at %v", began["exp"], began["auth_time"])
	}
	<-time.After(time.Until(time.Unix(int64(began["exp"].(float64))+1, 0)))
	r := from.send("POST", "/api/auth/refresh", "", bearer(token))
	if r.refused(t, 401); r.header.Get(wire.ErrorHeader) != "reauth_required" {
		t.Errorf("%v %s", r.header, r.body)
	}
	if r := from.send("GET", "/api/profile", "", bearer(token)); r.status != 200 {
		t.Errorf("the token itself, within the leeway: %d", r.status)
	}
}

// What was acknowledged as signed out is out: at once, and after a power cut.
func TestAttackLogout(t *testing.T) {
	f := newFort(t)
	from := f.from("127.0.0.1")
	token := from.signIn(from.account("ann")).Token
	again := signedOf(t, from.send("POST", "/api/auth/refresh", "", bearer(token))).Token
	other := from.signIn("ann@example.com").Token
	if r := from.send("POST", "/api/auth/logout", "", bearer(again)); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	<-time.After(10 * time.Millisecond)
	f.server.end(os.Kill)
	f.start(strings.TrimPrefix(f.url, "http://"))
	for _, dead := range []string{token, again} {
		from.send("GET", "/api/profile", "", bearer(dead)).refused(t, 401)
		from.send("POST", "/api/auth/refresh", "", bearer(dead)).refused(t, 401)
	}
	if r := from.send("GET", "/api/profile", "", bearer(other)); r.status != 200 {
		t.Errorf("the other login: %d", r.status)
	}
}

// What cuts a terminal off, and how soon.
func TestAttackRevocation(t *testing.T) {
	s := newStage(t)
	from := intruderAt(t, s.url, "127.0.0.1")
	login := func(password string) wire.Signed {
		r := from.logIn("ann@example.com", password)
		if r.status != 200 {
			t.Fatalf("login: %d %s", r.status, r.body)
		}
		return signedOf(t, r)
	}
	// cut does something, and wants a terminal's socket closed within a second.
	cut := func(what string, c *socket, do func() reply) {
		t.Helper()
		if r := do(); r.status != 200 {
			t.Fatalf("%s: %d %s", what, r.status, r.body)
		}
		began := time.Now()
		if end := c.closes(); end.Code != 4401 {
			t.Errorf("%s: the terminal was closed with %d %s", what, end.Code, end.Reason)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: the terminal was closed after %v", what, took)
		}
	}
	mine := login(rightPassword)
	terminal := func(token, query string) *socket {
		t.Helper()
		other := *s
		other.token = token
		return other.dial(query)
	}
	kept := terminal(mine.Token, "")
	session := "&session_id=" + kept.session

	one := login(rightPassword)
	cut("logout", terminal(one.Token, session), func() reply { return from.send("POST", "/api/auth/logout", "", bearer(one.Token)) })

	two := login(rightPassword)
	from.send("POST", "/api/profile/reset-password", `{"new_password":"battery staple"}`, bearer(mine.Token)).refused(t, 403)
	cut("a new password", terminal(two.Token, session), func() reply {
		return from.send("POST", "/api/profile/reset-password", `{"current_password":"correct horse","new_password":"battery staple"}`, bearer(mine.Token))
	})
	from.send("GET", "/api/profile", "", bearer(two.Token)).refused(t, 401)
	kept.text("echo still $((40+2))\r")
	kept.see("still 42")

	key := mine.User.APIKey
	if r := from.send("POST", "/api/profile/regenerate-api-key", `{"keep_machines":true}`, bearer(mine.Token)); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	kept.text("echo kept $((40+3))\r")
	kept.see("kept 43")
	enroll := string(wire.Encode(wire.Enroll{APIKey: key}))
	from.send("POST", "/api/agent/enroll", enroll).refused(t, 401)
	cut("a new API key", kept, func() reply { return from.send("POST", "/api/profile/regenerate-api-key", "", bearer(mine.Token)) })
	if err := until("the machine stays online", func() bool {
		var list wire.Machines
		s.get("/api/machines", mine.Token, &list)
		return list.Machines[0].Status == wire.StatusOffline
	}); err != nil {
		t.Error(err)
	}
	_, resp, err := websocket.Dial(t.Context(), s.terminalURL(mine.Token), nil)
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a terminal of the machine that was shut out: %v", err)
	}
	var list wire.Sessions
	s.get("/api/terminal/sessions", mine.Token, &list)
	if len(list.Sessions) != 1 {
		t.Errorf("the shell did not outlive it: %v", list.Sessions)
	}
}
