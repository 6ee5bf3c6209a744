//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/coder/websocket"
)

// ask sends the handshake of a WebSocket and gives the refusal.
func (s *stage) ask(url string, header map[string]string) (*http.Response, string) {
	t := s.t
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		req.Header.Set(name, value)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, ""
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var sentence struct{ Error string }
	if err := json.Unmarshal(body, &sentence); err != nil || sentence.Error == "" {
		t.Errorf("%s refuses without a sentence: %s", url, body)
	}
	return resp, strings.TrimSpace(string(body))
}

func (s *stage) handshakes() {
	t := s.t
	stranger := s.signUp("bob")
	unknown := strings.Replace(s.terminalURL(s.token), s.agent, "0123456789abcdef0123456789abcdef", 1)
	_, notFound := s.ask(unknown, nil)
	for _, c := range []struct {
		what, url string
		header    map[string]string
		want      int
		body      string // "" is any
	}{
		{"no token", s.url + "/api/terminal/" + s.agent + "/ws", nil, 401, ""},
		{"a bad token", s.terminalURL("nonsense"), nil, 401, ""},
		{"a changed token", s.terminalURL(s.token[:len(s.token)-8] + "AAAAAAAA"), nil, 401, ""},
		{"two credentials", s.terminalURL(s.token), map[string]string{"Authorization": "Bearer " + s.token}, 400, ""},
		{"an unknown machine", unknown, nil, 404, ""},
		{"somebody else's machine", s.terminalURL(stranger), nil, 404, notFound},
		{"an unknown session", s.terminalURL(s.token) + "&session_id=abcdefghijklmnopqrstuvwxyz", nil, 404, notFound},
		{"?token= elsewhere", s.url + "/api/machines?token=" + s.token, nil, 401, ""},
		{"?token= at sessions", s.url + "/api/terminal/sessions?token=" + s.token, nil, 401, ""},
	} {
		resp, body := s.ask(c.url, c.header)
		if resp.StatusCode != c.want || c.body != "" && body != c.body {
			t.Errorf("%s is answered with %s %s, not %d %s", c.what, resp.Status, body, c.want, c.body)
		}
		if strings.Contains(body, s.token) {
			t.Errorf("%s: the answer holds the token", c.what)
		}
	}
	mine := s.dial("")
	resp, body := s.ask(s.terminalURL(stranger)+"&session_id="+mine.session, nil)
	if resp.StatusCode != http.StatusNotFound || body != notFound {
		t.Errorf("somebody else's session is answered with %s %s", resp.Status, body)
	}
	bearer := s.url + "/api/terminal/" + s.agent + "/ws"
	ws, _, err := websocket.Dial(t.Context(), bearer, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + s.token}}})
	if err != nil {
		t.Fatalf("with a Bearer token: %v", err)
	}
	if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func (s *stage) origins() {
	t := s.t
	own := strings.TrimPrefix(s.url, "http://")
	address, port, _ := strings.Cut(own, ":")
	for _, origin := range []string{
		"https://evil.example", "null", "http://" + own + ".evil.com", "http://x" + own, "https://" + own,
		"http://" + address, "http://" + address + ":1" + port, "http://evil.example:" + port, "http://user@" + own, "file://", "",
	} {
		resp, body := s.ask(s.terminalURL(s.token), map[string]string{"Origin": origin})
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %q is answered with %s %s", origin, resp.Status, body)
		}
	}
	ws, _, err := websocket.Dial(t.Context(), s.terminalURL(s.token), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {s.url}}})
	if err != nil {
		t.Fatalf("a page of our own: %v", err)
	}
	if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// offline comes last: it ends the agent.
func (s *stage) offline() {
	t := s.t
	s.box.end(os.Kill)
	if err := endSessions(s.site.stateDir("box")); err != nil {
		t.Fatal(err)
	}
	err := until("the machine stays online", func() bool { return !s.site.shows(s.agent) })
	if err != nil {
		t.Fatal(err)
	}
	if resp, body := s.ask(s.terminalURL(s.token), nil); resp.StatusCode != 503 || body != `{"error":"machine is offline"}` {
		t.Errorf("%s %s", resp.Status, body)
	}
}
