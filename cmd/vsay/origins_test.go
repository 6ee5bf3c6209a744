//go:build unix

package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// A server that was told its address, behind a proxy that ends TLS: only pages of
// that origin, and of those it was told of, open a terminal. The others get no
// shell either.
func TestOriginsBehindAProxy(t *testing.T) {
	s := newStage(t, "--public-url", "https://vsay.example.com", "--allowed-origins", "https://shell.example.com:8443,http://localhost:5173")
	open := func(origin string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.terminalURL(s.token), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "vsay.example.com"
		for name, value := range map[string]string{
			"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket",
			"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, origin := range []string{
		"https://evil.example", "null", "https://vsay.example.com.evil.com", "https://xvsay.example.com", "https://vsay.example.com:8443",
		"http://vsay.example.com", "https://shell.example.com", "http://shell.example.com:8443", "https://x.shell.example.com:8443",
		"https://localhost:5173", "http://localhost", "http://127.0.0.1:5173", strings.Replace(s.url, "http:", "https:", 1),
	} {
		if got := open(origin); got != http.StatusForbidden {
			t.Errorf("a page of %s is answered with %d", origin, got)
		}
	}
	var list wire.Sessions
	if s.get("/api/terminal/sessions?all=true", s.token, &list); len(list.Sessions) != 0 {
		t.Errorf("%d sessions were started for pages from elsewhere", len(list.Sessions))
	}
	for _, origin := range []string{
		"", "https://vsay.example.com", "https://vsay.example.com:443", "https://VSAY.example.com",
		"https://shell.example.com:8443", "http://localhost:5173",
	} {
		if got := open(origin); got != http.StatusSwitchingProtocols {
			t.Errorf("a page of %q is answered with %d", origin, got)
		}
	}
}

// A page opens a terminal with a ticket, as docs/api.md shows.
func TestTicketInABrowser(t *testing.T) {
	s := newStage(t)
	ask := func(body wire.AskTicket) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/api/terminal/tickets", strings.NewReader(string(wire.Encode(body))))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", s.url)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var given struct{ Ticket string }
		if err := json.NewDecoder(resp.Body).Decode(&given); err != nil || given.Ticket == "" {
			t.Fatalf("%s, %v", resp.Status, err)
		}
		return given.Ticket
	}
	open := func(ticket, query string, protocols ...string) *socket {
		t.Helper()
		ws, resp, err := websocket.Dial(t.Context(), s.url+"/api/terminal/"+s.agent+"/ws"+query, &websocket.DialOptions{
			Subprotocols: append(protocols, wire.TicketPrefix+ticket), HTTPHeader: http.Header{"Origin": {s.url}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ws.CloseNow() })
		if want := strings.Join(protocols, ""); ws.Subprotocol() != want {
			t.Errorf("the server speaks %q, want %q", ws.Subprotocol(), want)
		}
		return &socket{t: t, ws: ws, session: resp.Header.Get("Vsay-Session")}
	}
	control := wire.AskTicket{AgentID: s.agent, Mode: wire.ModeControl}
	c := open(ask(control), "?cols=90&rows=30", wire.PlainProtocol)
	c.text("stty size\r")
	c.see("30 90\r\n")
	alone := open(ask(control), "")
	alone.text("echo al''one\r")
	alone.see("alone\r\n")
	open(ask(control), "", wire.ViewerProtocol)

	// Bound to a session, it need not be named; to watch, no keyboard comes with it.
	watcher := open(ask(wire.AskTicket{AgentID: s.agent, SessionID: c.session, Mode: wire.ModeReadOnly}), "", wire.PlainProtocol)
	if watcher.session != c.session {
		t.Errorf("it opened %q", watcher.session)
	}
	c.text("echo sh''own\r")
	watcher.see("shown\r\n")
	watcher.text("echo ty''ped\r")
	if got := watcher.closes(); got.Code != websocket.StatusPolicyViolation {
		t.Errorf("closed with %d", got.Code)
	}

	// And it goes with its login.
	ticket := ask(control)
	if out, err := s.site.command("vsay", "logout").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	resp, _ := s.ask(s.url+"/api/terminal/"+s.agent+"/ws", map[string]string{"Sec-WebSocket-Protocol": "vsay.v1, vsay.t." + ticket})
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the logout: %s", resp.Status)
	}
	s.server.end(os.Interrupt)
	for _, secret := range []string{ticket, s.token, base64.RawURLEncoding.EncodeToString([]byte(ticket))} {
		if strings.Contains(s.server.log.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
}
