//go:build unix

package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// signedInPage is the cookie that a page of the server at url gets.
func signedInPage(t *testing.T, url string) *http.Cookie {
	t.Helper()
	r := send(t, "POST", url+"/api/auth/cookie", `{"email":"ann@example.com","password":"correct horse"}`, "Origin: "+url)
	if r.status != http.StatusOK || len(r.header.Values("Set-Cookie")) != 1 {
		t.Fatalf("%d %s %v", r.status, r.body, r.header)
	}
	c, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(r.body, c.Value) {
		t.Errorf("a script can read the cookie: %s", r.body)
	}
	return c
}

// [web] a page's cookie: what it opens, for whom, until when, and where it is seen.
func TestAttackCookie(t *testing.T) {
	s := newStage(t)
	c := signedInPage(t, s.url)
	cookie := "Cookie: vsay=" + c.Value
	for _, try := range []struct {
		status             int
		method, path, body string
		headers            []string
	}{
		{200, "GET", "/api/machines", "", nil},
		{200, "POST", "/api/profile/regenerate-api-key", `{"keep_machines":true}`, []string{"Origin: " + s.url}},
		{403, "POST", "/api/profile/regenerate-api-key", `{"keep_machines":true}`, []string{"Origin: https://evil.example"}},
		{403, "POST", "/api/profile/regenerate-api-key", `{"keep_machines":true}`, []string{"Sec-Fetch-Site: same-site"}},
		{403, "POST", "/api/profile/regenerate-api-key", `{"keep_machines":true}`, nil},
		{415, "POST", "/api/profile/regenerate-api-key", `keep_machines=true`, []string{"Origin: " + s.url, "Content-Type: application/x-www-form-urlencoded"}},
		{403, "DELETE", "/api/machines/" + s.agent, "", []string{"Origin: null"}},
		{403, "GET", "/api/profile", "", []string{"Sec-Fetch-Site: cross-site"}},
		{403, "GET", "/api/terminal/" + s.agent + "/ws", "", append([]string{"Origin: https://evil.example"}, upgrade...)},
		{403, "GET", "/api/terminal/" + s.agent + "/ws", "", upgrade},
		{401, "GET", "/api/machines", "", []string{"Authorization: Bearer " + c.Value}},
		{401, "GET", "/api/terminal/" + s.agent + "/ws?token=" + c.Value, "", upgrade},
	} {
		r := send(t, try.method, s.url+try.path, try.body, append(try.headers, cookie)...)
		if r.status != try.status || r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s with %q: %d %s", try.method, try.path, try.headers, r.status, r.body)
		}
	}

	ws, _, err := websocket.Dial(t.Context(), s.url+"/api/terminal/"+s.agent+"/ws", &websocket.DialOptions{
		HTTPHeader: http.Header{"Cookie": {"vsay=" + c.Value}, "Origin": {s.url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	open := &socket{t: t, ws: ws}
	open.text("echo $((6*7)) here\r")
	open.see("42 here")
	if r := send(t, "POST", s.url+"/api/auth/logout", "", cookie, "Origin: "+s.url); r.status != http.StatusOK {
		t.Fatalf("logout: %d %s", r.status, r.body)
	}
	began := time.Now()
	if end := open.closes(); end.Code != 4401 || time.Since(began) > time.Second {
		t.Errorf("signed out, the terminal was closed with %d after %s", end.Code, time.Since(began))
	}
	if r := send(t, "GET", s.url+"/api/machines", "", cookie); r.status != http.StatusUnauthorized {
		t.Errorf("signed out: %d %s", r.status, r.body)
	}
	s.server.end(os.Interrupt) // or its log is not whole
	if log := s.server.log.String(); strings.Contains(log, c.Value) || len(log) < 100 {
		t.Errorf("the log has the cookie, or nothing: %s", log)
	}
}

// [web] over https the cookie is bound to the host by its name, and an attacker who can set
// cookies over plain http signs nobody in.
func TestAttackCookieOverTLS(t *testing.T) {
	_, url := startTLS(t)
	signUp := `{"username":"ann","email":"ann@example.com","password":"correct horse"}`
	if r := send(t, "POST", url+"/api/signup", signUp); r.status != http.StatusCreated {
		t.Fatalf("signup: %d %s", r.status, r.body)
	}
	c := signedInPage(t, url)
	if c.Name != "__Host-vsay" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %s", c)
	}
	for name, want := range map[string]int{"__Host-vsay": 200, "vsay": 401} {
		if r := send(t, "GET", url+"/api/machines", "", "Cookie: "+name+"="+c.Value); r.status != want {
			t.Errorf("as %s: %d %s", name, r.status, r.body)
		}
	}
}
