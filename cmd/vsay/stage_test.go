//go:build unix

package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// cannot skips a test on a laptop that lacks something. CI has to have it.
func cannot(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// needProgram is for a test that runs another program.
func needProgram(t *testing.T, what, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		cannot(t, "%s is missing: install it to run this test (%v: %s)", what, err, out)
	}
}

// startTLS starts a server behind a certificate that everything in the site
// trusts.
func startTLS(t *testing.T) (site, string) {
	t.Helper()
	s := newSite(t)
	cert, key := filepath.Join(s.dir, "cert.pem"), filepath.Join(s.dir, "key.pem")
	if err := writeCertificate(cert, key); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"CURL_CA_BUNDLE", "SSL_CERT_FILE", "VSAY_TLS_CA"} {
		s.env = append(s.env, name+"="+cert)
	}
	// The status is shown after the answer, without a change to the command.
	curlrc := "silent\nshow-error\nwrite-out = \"\\n%{http_code}\"\n"
	if err := os.WriteFile(filepath.Join(s.dir, ".curlrc"), []byte(curlrc), 0o600); err != nil {
		t.Fatal(err)
	}
	r, url, err := s.serve("HOST", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.end(os.Kill) })
	return s, url
}

// newSite is a folder of the test's own, which is HOME as well.
func newSite(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	return site{dir: dir, env: append(inherited(), "HOME="+dir, "TMPDIR="+dir)}
}

// stage is a server with one machine online, and a user of it.
type stage struct {
	t      *testing.T
	site   site
	url    string
	token  string
	agent  string // the machine's id
	server *running
	box    *running // its agent
}

// newStage starts one, with more flags of vsay serve if need be.
func newStage(t *testing.T, flags ...string) *stage {
	t.Helper()
	s := &stage{t: t, site: newSite(t)}
	var err error
	if s.server, s.url, err = s.site.serve("HOST", "127.0.0.1:0", flags...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.server.end(os.Kill) })
	s.site.env = append(s.site.env, "VSAY_HOST="+s.url)
	s.token = s.signUp("ann")
	s.enter("box")
	return s
}

// enter starts an agent, the only one of the stage's user.
func (s *stage) enter(name string) {
	s.t.Helper()
	box, err := s.site.agent(name)
	if err != nil {
		s.t.Fatal(err)
	}
	s.box = box
	s.t.Cleanup(func() {
		s.box.end(os.Kill)
		if err := endSessions(s.site.stateDir(name)); err != nil {
			s.t.Error(err)
		}
	})
	var list wire.Machines
	s.get("/api/machines", s.token, &list)
	s.agent = list.Machines[0].AgentID
}

// another is the stage for another user, with a machine of their own.
func (s *stage) another(name string) *stage {
	s.t.Helper()
	x := *s
	x.token = s.signUp(name)
	x.site.env = append(slices.Clone(s.site.env), "VSAY_TOKEN="+x.token)
	x.enter(name + "s")
	return &x
}

// with is the same stage for a part of the test.
func (s stage) with(t *testing.T) *stage {
	s.t = t
	return &s
}

// signUp makes an account and gives a token of it.
func (s *stage) signUp(name string) string {
	s.t.Helper()
	site := s.site
	site.env = append(site.env[:len(site.env):len(site.env)], "VSAY_PASSWORD=correct horse")
	if out, err := site.command("vsay", "signup", "--username", name, "--email", name+"@example.com").CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	token, err := s.site.command("vsay", "token").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(token))
}

func (s *stage) get(path, token string, into any) {
	s.t.Helper()
	r := send(s.t, "GET", s.url+path, "", bearer(token))
	if err := wire.Decode([]byte(r.body), into); err != nil || r.status != http.StatusOK {
		s.t.Fatalf("GET %s: %d, %v", path, r.status, err)
	}
}

// status of a session, "" when it does not run.
func (s *stage) status(session string) string {
	var list wire.Sessions
	s.get("/api/terminal/sessions", s.token, &list)
	for _, x := range list.Sessions {
		if x.SessionID == session {
			return x.Status
		}
	}
	return ""
}

// dial opens a plain terminal with a query beside the token.
func (s *stage) dial(query string) *socket {
	s.t.Helper()
	ws, resp, err := websocket.Dial(s.t.Context(), s.terminalURL(s.token)+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if ws.Subprotocol() != "" {
		s.t.Errorf("nobody asked for the subprotocol %s", ws.Subprotocol())
	}
	s.t.Cleanup(func() { _ = ws.CloseNow() })
	return &socket{t: s.t, ws: ws, session: resp.Header.Get("Vsay-Session")}
}

func (s *stage) terminalURL(token string) string {
	return s.url + "/api/terminal/" + s.agent + "/ws?token=" + token
}
