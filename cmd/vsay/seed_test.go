//go:build unix

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// seed runs the page against a server.
type seed struct {
	t    *testing.T
	page page
	site site
	url  string // of the server
	have *strings.Replacer

	login struct{ token, key, agent string }
}

// The seed page, literally: every curl of it by curl, the terminal by a client of
// another maker, the agent by its own line, with nothing replaced but the host
// and the credentials.
func TestSeed(t *testing.T) {
	needProgram(t, "curl", "curl", "--version")
	needProgram(t, "python3-websockets", "/usr/bin/python3", "-c", "import websockets")
	page, faults := readPage(seedText(t))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	s := &seed{t: t, page: page}
	s.site, s.url = startTLS(t)
	s.knows()
	for _, c := range page.calls {
		s.run(c)
	}
	s.bringMachine()
	s.openTerminal()
	for _, c := range page.calls {
		s.refuses(c)
	}
}

// knows puts what is known by now in place of the page's placeholders. The
// longer ones come first.
func (s *seed) knows() {
	s.have = strings.NewReplacer(
		host, s.url,
		"wss://your-vsay-instance.com", strings.Replace(s.url, "https", "wss", 1),
		"your-vsay-instance.com", s.url,
		"YOUR_CURRENT_TOKEN", s.login.token, "YOUR_JWT_TOKEN", s.login.token,
		"YOUR_API_KEY", s.login.key, ":agent_id", s.login.agent,
	)
}

// sh runs a command of the page and gives the answer and its status.
func (s *seed) sh(command string) (answer any, status string) {
	s.t.Helper()
	out, err := s.site.command("sh", "-c", s.have.Replace(command)).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v: %s", command, err, out)
	}
	at := strings.LastIndexByte(string(out), '\n')
	if err := json.Unmarshal(out[:at], &answer); err != nil {
		s.t.Fatalf("%s: the answer is no JSON: %s", command, out)
	}
	return answer, string(out[at+1:])
}

// run runs one call and compares the answer with the one on the page.
func (s *seed) run(c *call) {
	s.t.Helper()
	answer, status := s.sh(c.curl)
	want := "200"
	if c.path == "/api/signup" {
		want = "201"
	}
	if status != want {
		s.t.Errorf("line %d: status %s and not %s: %v", c.line, status, want, answer)
	}
	if c.request != nil {
		s.sends(c)
	}
	shape := c.answer
	if shape == nil && strings.Contains(c.curl, "/api/machines") {
		shape = map[string]any{"machines": []any{}} // the page says no more
	}
	for _, difference := range compare("answer", shape, answer) {
		s.t.Errorf("line %d: %s", c.line, difference)
	}
	if got, ok := answer.(map[string]any); ok {
		s.learn(c, got)
	}
}

// sends makes sure that the curl sends the request the page shows.
func (s *seed) sends(c *call) {
	_, body, _ := strings.Cut(c.curl, "-d '")
	var sent any
	if err := json.Unmarshal([]byte(strings.TrimSuffix(body, "'")), &sent); err != nil {
		s.t.Fatalf("line %d: %v", c.line, err)
	}
	if fmt.Sprint(sent) != fmt.Sprint(c.request) {
		s.t.Errorf("line %d: the curl sends %v and not %v", c.line, sent, c.request)
	}
}

// learn keeps the credentials of an answer, for what follows.
func (s *seed) learn(c *call, answer map[string]any) {
	if token, ok := answer["token"].(string); ok {
		s.checkToken(token)
		if token == s.login.token {
			s.t.Errorf("line %d: the token is not new", c.line)
		}
		s.login.token = token
	}
	if user, ok := answer["user"].(map[string]any); ok {
		if key, ok := user["api_key"].(string); ok {
			s.login.key = key
		}
	}
	s.knows()
}

// checkToken holds a token against the note on the page.
func (s *seed) checkToken(token string) {
	s.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		s.t.Fatalf("that is no JWT: %s", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		s.t.Fatal(err)
	}
	var claims struct{ Iat, Exp int64 }
	if err := json.Unmarshal(payload, &claims); err != nil {
		s.t.Fatal(err)
	}
	if life := time.Duration(claims.Exp-claims.Iat) * time.Second; life != s.page.tokenLife {
		s.t.Errorf("a token lives for %s and not %s", life, s.page.tokenLife)
	}
}

// bringMachine runs the agent's line, through a link named vsay-agent.
func (s *seed) bringMachine() {
	s.t.Helper()
	vsay, err := exec.LookPath("vsay")
	if err != nil {
		s.t.Fatal(err)
	}
	bin := filepath.Join(s.site.dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Symlink(vsay, filepath.Join(bin, "vsay-agent")); err != nil {
		s.t.Fatal(err)
	}
	cmd := s.site.command("sh", "-c", `PATH=$0:$PATH; exec `+s.have.Replace(s.page.agent), bin)
	agent, err := launch(cmd, online)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		agent.end(os.Kill)
		if err := endSessions(filepath.Join(s.site.dir, ".local/state/vsay/agent")); err != nil {
			s.t.Error(err)
		}
	})
	if s.login.agent, err = agent.says(); err != nil {
		s.t.Fatal(err)
	}
	s.knows()
	list := s.page.calls[slices.IndexFunc(s.page.calls, func(c *call) bool { return strings.Contains(c.curl, "/api/machines") })]
	err = until("the machine is not online", func() bool {
		answer, _ := s.sh(list.curl)
		text, _ := json.Marshal(answer)
		return strings.Contains(string(text), s.login.agent) && strings.Contains(string(text), `"status":"online"`)
	})
	if err != nil {
		s.t.Error(err)
	}
}

// openTerminal opens the URL of the page with Python, types, and reads.
func (s *seed) openTerminal() {
	s.t.Helper()
	script, err := filepath.Abs("testdata/terminal.py")
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := s.site.command("/usr/bin/python3", script, s.have.Replace(s.page.socket), "echo at $((6*7)); exit 3\r")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "at 42\r\n") || said.String() != "closed: 1000 exit 3\n" {
		s.t.Errorf("the terminal showed %q and said %q, %v", out, &said, err)
	}
}

// refuses sends a call once for each way its table rules out.
func (s *seed) refuses(c *call) {
	s.t.Helper()
	example, _ := c.request.(map[string]any)
	for _, f := range c.fields {
		without := change(example, f.name, nil)
		s.answers(c, without, "400")
		switch {
		case f.least > 0:
			s.answers(c, other(change(example, f.name, strings.Repeat("x", f.least-1))), "400")
			s.answers(c, other(change(example, f.name, strings.Repeat("x", f.least))), "201")
		case strings.HasPrefix(f.description, "Unique"):
			s.answers(c, change(example, "email", "somebody@example.com"), "409")
		case strings.HasPrefix(f.description, "Valid email"):
			s.answers(c, change(example, f.name, "nonsense"), "400")
		default:
			s.t.Errorf("line %d: the test does not know what %q means", c.line, f.description)
		}
	}
}

// answers sends a call with another body and wants a status, and of a failure
// one sentence.
func (s *seed) answers(c *call, body map[string]any, want string) {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	before, _, _ := strings.Cut(c.curl, "-d '")
	answer, status := s.sh(before + "-d '" + string(text) + "'")
	if status != want {
		s.t.Errorf("line %d: %s is answered with %s and not %s: %v", c.line, text, status, want, answer)
	}
	if want != "201" {
		for _, difference := range compare("answer", map[string]any{"error": "..."}, answer) {
			s.t.Errorf("line %d: %s", c.line, difference)
		}
	}
}

// other is a request for an account that does not exist yet.
func other(body map[string]any) map[string]any {
	return change(change(body, "username", "other"), "email", "other@example.com")
}

// change is a copy with one value changed, or taken out.
func change(body map[string]any, name string, value any) map[string]any {
	changed := map[string]any{}
	for k, v := range body {
		changed[k] = v
	}
	changed[name] = value
	if value == nil {
		delete(changed, name)
	}
	return changed
}
