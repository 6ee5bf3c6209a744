//go:build unix

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"vsay/internal/wire"
)

// serving is a server of the test's own.
func serving(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// upgrade are the headers of a WebSocket's handshake.
var upgrade = []string{
	"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
}

// documented are all routes, as "GET /api/machines/{agent_id}".
func documented(t *testing.T) (routes []string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			if slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) {
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	if slices.Sort(routes); len(routes) < 20 {
		t.Fatalf("only %d routes are documented: the test looks at the wrong place", len(routes))
	}
	return routes
}

// [web] the headers of safety are on every response, the refusals too; CORS: no
// ACAO for a foreign or null origin.
func TestAttackHeaders(t *testing.T) {
	s := newStage(t)
	_, url := startTLS(t)
	token := s.bearer()
	s.box.end(os.Kill)
	if err := until("the machine is still online", func() bool { return !s.site.shows(s.agent) }); err != nil {
		t.Fatal(err)
	}
	long := `{"email":"` + strings.Repeat("x", 70<<10) + `"}`
	for _, c := range []struct {
		status             int
		method, path, body string
		headers            []string
	}{
		{200, "GET", "/", "", nil},
		{200, "HEAD", "/terminal/x", "", nil},
		{404, "GET", "/login", "", []string{"Accept: application/json"}},
		{404, "GET", "/assets/x.js", "", nil},
		{404, "GET", "/index.html", "", nil},
		{405, "POST", "/login", "", nil},
		{200, "GET", "/health", "", nil},
		{200, "HEAD", "/health", "", nil},
		{200, "GET", "/api/machines", "", []string{token}},
		{400, "POST", "/api/login", `{`, nil},
		{401, "GET", "/api/machines", "", nil},
		{401, "GET", "/api/terminal/x/ws", "", upgrade},
		{403, "POST", "/api/login", `{}`, []string{"Origin: https://evil.example"}},
		{404, "GET", "/nowhere", "", nil},
		{404, "GET", "/api/nowhere", "", nil},
		{404, "GET", "/api/machines/x", "", []string{token}},
		{404, "GET", "/api//machines", "", nil},
		{404, "GET", "/../etc/passwd", "", nil},
		{405, "PUT", "/api/machines", "", nil},
		{405, "OPTIONS", "/api/login", "", []string{"Origin: https://evil.example", "Access-Control-Request-Method: POST"}},
		{405, "OPTIONS", "/api/machines", "", []string{"Origin: null", "Access-Control-Request-Headers: authorization"}},
		{405, "TRACE", "/", "", nil},
		{413, "POST", "/api/login", long, nil},
		{415, "POST", "/api/login", "a=b", []string{"Content-Type: application/x-www-form-urlencoded"}},
		{415, "POST", "/api/login", "{}", []string{"Content-Encoding: gzip"}},
		{503, "GET", "/api/terminal/" + s.agent + "/ws", "", append(upgrade, token)},
	} {
		name := strconv.Itoa(c.status) + " " + c.method + " " + c.path
		r := send(t, c.method, s.url+c.path, c.body, c.headers...)
		if r.status != c.status {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
		isSafe(t, name, r, strings.HasPrefix(c.path, "/api"), false)
		if c.headers != nil && slices.Contains(c.headers, token) {
			continue // which is of the other server
		}
		r = send(t, c.method, url+c.path, c.body, c.headers...)
		if r.status != c.status {
			t.Errorf("%s over TLS: %d %s", name, r.status, r.body)
		}
		isSafe(t, name+" over TLS", r, strings.HasPrefix(c.path, "/api"), true)
	}
}

func isSafe(t *testing.T, name string, r reply, api, secure bool) {
	t.Helper()
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Access-Control-Allow-Origin":  "", "Access-Control-Allow-Credentials": "", "Access-Control-Allow-Headers": "", "Server": "",
		"Strict-Transport-Security": "",
	}
	if secure {
		want["Strict-Transport-Security"] = "max-age=31536000"
	}
	if api {
		want["Cache-Control"] = "no-store"
	}
	for header, value := range want {
		if got := strings.Join(r.header.Values(header), ", "); got != value {
			t.Errorf("%s: %s is %q, not %q", name, header, got, value)
		}
	}
	policy := r.header.Get("Content-Security-Policy")
	if strings.HasPrefix(r.header.Get("Content-Type"), "text/html") { // which decodes images by WebAssembly
		policy = strings.Replace(policy, "script-src 'self' 'wasm-unsafe-eval';", "script-src 'self';", 1)
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("%s: the policy %q has no %s", name, policy, part)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
		t.Errorf("%s: the policy is %q", name, policy)
	}
}

// forAnybody answer without a token; the rest of what answers is for machines, and their
// refusals are those of a wrong credential.
var forAnybody = []string{
	"GET /health", "GET /ready", "GET /api/server", "POST /api/signup", "POST /api/login", "POST /api/auth/cookie",
	"POST /api/agent/challenge", // a nonce, the same for a machine that is none
}

// [ws] every HTTP and WebSocket route walked without a token, or with something
// that is none; 401 comes before 101, and the agent sees nothing of it.
func TestAttackWithoutToken(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	key, err := s.site.command("vsay", "api-key").Output()
	if err != nil {
		t.Fatal(err)
	}
	apiKey := strings.TrimSpace(string(key))
	ids := strings.NewReplacer("{agent_id}", s.agent, "{id}", c.session)
	before := s.state(c.session)
	torn := s.token[:len(s.token)-4] + "AAAA"
	asked := 0
	for _, route := range documented(t) {
		method, path, _ := strings.Cut(route, " ")
		path = ids.Replace(path)
		if strings.Contains(path, "{") || slices.Contains(forAnybody, route) {
			continue // an id of what there is none of answers 401 like the others: see the matrix
		}
		for _, credential := range [][]string{
			nil,
			{"Authorization: Bearer "},
			{"Authorization: Bearer " + torn},
			{"Authorization: Bearer " + apiKey},
			{"Authorization: Basic YTpi"},
			{"Authorization: " + s.token},
			{"Cookie: token=" + s.token},
			{"Cookie: vsay=" + s.token, "Origin: " + s.url},
			{"X-Api-Key: " + apiKey},
		} {
			for _, as := range [][]string{nil, upgrade} {
				headers := append(slices.Clone(as), credential...)
				r := send(t, method, s.url+path, `{}`, headers...)
				if r.status != http.StatusUnauthorized && !(strings.HasPrefix(path, "/api/agent/enroll") && r.status == http.StatusBadRequest) {
					t.Errorf("%s with %q: %d %s", route, headers, r.status, r.body)
				}
				asked++
			}
		}
		for _, token := range []string{apiKey, torn, "", s.token} {
			if token == s.token && strings.HasSuffix(route, "/{agent_id}/ws") {
				continue // where it belongs
			}
			if r := send(t, method, s.url+path+"?token="+token, `{}`, upgrade...); r.status != http.StatusUnauthorized {
				t.Errorf("%s?token=%s: %d %s", route, token, r.status, r.body)
			}
			asked++
		}
	}
	if asked < 300 {
		t.Errorf("only %d requests were made", asked)
	}
	if after := s.state(c.session); after != before {
		t.Errorf("it changed\n%s\nto\n%s", before, after)
	}
	c.text("echo $((6*7)) here\r")
	c.see("42 here")
}

// state is what the user has, and what the agent has started.
func (s *stage) state(session string) string {
	s.t.Helper()
	var b strings.Builder
	var sessions wire.Sessions
	var machines wire.Machines
	s.get("/api/terminal/sessions?all=true", s.token, &sessions)
	s.get("/api/machines", s.token, &machines)
	for _, x := range sessions.Sessions {
		b.WriteString(x.SessionID + " " + x.Name + " " + x.Status + " ")
	}
	for _, m := range machines.Machines {
		b.WriteString(m.AgentID + " " + m.Name + " " + m.Status + " ")
	}
	sockets, _ := filepath.Glob(filepath.Join(s.site.stateDir("box"), "s", "*"))
	b.WriteString(strings.Join(sockets, " "))
	for _, path := range []string{"/api/profile", "/api/machines/" + s.agent + "/logs"} {
		b.WriteString(" " + send(s.t, "GET", s.url+path, "", s.bearer()).body)
	}
	if !strings.Contains(b.String(), session) {
		s.t.Fatalf("there is no %s in %s", session, &b)
	}
	return b.String()
}

// [ws] an upgrade from a page of elsewhere is refused, and there is no PTY.
func TestAttackOrigin(t *testing.T) {
	s := newStage(t)
	host := strings.TrimPrefix(s.url, "http://")
	bare, port, _ := strings.Cut(host, ":")
	path := s.url + "/api/terminal/" + s.agent + "/ws"
	c := s.dial("")
	before := s.state(c.session)
	for _, origin := range []string{
		"https://evil.example", "null", "http://" + bare + ".evil.com:" + port, "http://x" + host, "http://" + bare + ":1", "http://" + bare,
		"https://" + host, "http://" + host + "@evil.example", "http://evil.example/" + host, "file://", "http://" + host + ".", "",
		"http://" + host + " http://evil.example",
	} {
		for _, protocol := range []string{"", wire.ViewerProtocol} {
			headers := append(slices.Clone(upgrade), s.bearer(), "Origin: "+origin)
			if protocol != "" {
				headers = append(headers, "Sec-WebSocket-Protocol: "+protocol)
			}
			if r := send(t, "GET", path, "", headers...); r.status != http.StatusForbidden {
				t.Errorf("origin %q, protocol %q: %d %s", origin, protocol, r.status, r.body)
			}
		}
		if r := send(t, "GET", path+"?token="+s.token, "", append(slices.Clone(upgrade), "Origin: "+origin)...); r.status != http.StatusForbidden {
			t.Errorf("origin %q, token in the address: %d %s", origin, r.status, r.body)
		}
	}
	if after := s.state(c.session); after != before {
		t.Errorf("it changed\n%s\nto\n%s", before, after)
	}
	if r := send(t, "GET", path, "", append(slices.Clone(upgrade), s.bearer(), "Origin: "+s.url)...); r.status != http.StatusSwitchingProtocols {
		t.Errorf("the same origin: %d %s", r.status, r.body)
	}
}

// [web] what another site sends is refused, and no GET changes anything.
func TestAttackCrossSite(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	ids := strings.NewReplacer("{agent_id}", s.agent, "{id}", c.session)
	before := s.state(c.session)
	for _, route := range documented(t) {
		method, path, _ := strings.Cut(route, " ")
		path = ids.Replace(path)
		if strings.Contains(path, "{") || strings.HasSuffix(path, "/wait") {
			continue // nothing of that kind is there; a wait takes its ten seconds
		}
		if method == "GET" {
			send(t, method, s.url+path, "", s.bearer())
			send(t, method, s.url+path+"?_method=DELETE&all=true&wait=true", "", s.bearer(), "X-HTTP-Method-Override: DELETE")
			continue
		}
		for _, from := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example", "Origin: null", "Origin: " + s.url + ".evil.example"} {
			r := send(t, method, s.url+path, `{"name":"evil","command":"touch evil","current_password":"correct horse","new_password":"evil horse"}`, s.bearer(), from)
			if r.status != http.StatusForbidden || r.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s, %s: %d %s", route, from, r.status, r.body)
			}
		}
	}
	if after := s.state(c.session); after != before {
		t.Errorf("it changed\n%s\nto\n%s", before, after)
	}
}

// [ws] user B with A's ids: what is running, too. The answer is that to an id
// that nobody has, byte for byte.
func TestAttackForeignSession(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	b := s.another("bob")
	before := s.state(c.session)
	const nobody, never = "0123456789abcdef0123456789abcdef", "abcdefghijklmnopqrstuvwxyz"
	v1 := "Sec-WebSocket-Protocol: " + wire.ViewerProtocol
	for _, ask := range []struct {
		method, path, body string
		headers            []string
	}{
		{"GET", "/api/machines/AGENT", "", nil},
		{"DELETE", "/api/machines/AGENT", "", nil},
		{"POST", "/api/machines/AGENT/command", `{"command":"true"}`, nil},
		{"POST", "/api/machines/AGENT/command?wait=true", `{"command":"true"}`, nil},
		{"GET", "/api/machines/AGENT/logs", "", nil},
		{"GET", "/api/terminal/AGENT/ws", "", upgrade},
		{"GET", "/api/terminal/AGENT/ws", "", append(slices.Clone(upgrade), v1)},
		{"GET", "/api/terminal/AGENT/ws?session_id=SESSION", "", upgrade},
		{"GET", "/api/terminal/AGENT/ws?session_id=SESSION&read_only=true", "", upgrade},
		{"GET", "/api/terminal/" + b.agent + "/ws?session_id=SESSION", "", upgrade}, // his machine, her session
		{"GET", "/api/terminal/" + b.agent + "/ws?session_id=SESSION&read_only=true", "", upgrade},
		{"GET", "/api/terminal/sessions/SESSION/wait", "", nil},
		{"PATCH", "/api/terminal/sessions/SESSION", `{"name":"mine"}`, nil},
		{"DELETE", "/api/terminal/sessions/SESSION", "", nil},
	} {
		headers := append(slices.Clone(ask.headers), b.bearer())
		of := func(agent, session string) reply {
			r := send(t, ask.method, s.url+strings.NewReplacer("AGENT", agent, "SESSION", session).Replace(ask.path), ask.body, headers...)
			r.header.Del("Date")
			r.header.Del("X-Request-Id") // which no two answers share
			return r
		}
		foreign, unknown := of(s.agent, c.session), of(nobody, never)
		var a, u bytes.Buffer
		_, _ = foreign.header.WriteSubset(&a, nil), unknown.header.WriteSubset(&u, nil)
		if foreign.status != http.StatusNotFound || foreign.status != unknown.status || foreign.body != unknown.body || a.String() != u.String() {
			t.Errorf("%s %s: %d %s%s, and of nobody %d %s%s", ask.method, ask.path, foreign.status, foreign.body, &a, unknown.status, unknown.body, &u)
		}
	}
	for _, path := range []string{"/api/machines", "/api/terminal/sessions?all=true", "/api/dashboard/stats"} {
		if r := send(t, "GET", s.url+path, "", b.bearer()); strings.Contains(r.body, s.agent) || strings.Contains(r.body, c.session) {
			t.Errorf("%s shows bob %s", path, r.body)
		}
	}
	if after := s.state(c.session); after != before {
		t.Errorf("it changed\n%s\nto\n%s", before, after)
	}
	c.text("echo $((6*7)) here\r")
	c.see("42 here")
}
