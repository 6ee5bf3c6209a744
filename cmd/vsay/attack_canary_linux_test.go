package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// [ws] canaries: a token in an address, an API key, a password and typed input
// show in no log, no process title, no environment, and no file but the cache that
// a token is kept in.
func TestAttackCanaries(t *testing.T) {
	s := &stage{t: t, site: newSite(t)}
	const password, wrong, typed, body = "Canary-Password-1", "Canary-Wrong-2", "Canary-Typed-3", "Canary-Body-4"
	var err error
	if s.server, s.url, err = s.site.serve("HOST", "127.0.0.1:0", "--ballast", "0"); err != nil { // of 64 MiB, to look through
		t.Fatal(err)
	}
	t.Cleanup(func() { s.server.end(os.Kill) })
	s.site.env = append(s.site.env, "VSAY_HOST="+s.url)
	run := func(stdin string, args ...string) string {
		cmd := s.site.command("vsay", args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("vsay %q: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	run(password, "signup", "--username", "ann", "--email", "ann@example.com", "--password-stdin")
	run(password, "login", "--email", "ann@example.com", "--password-stdin")
	s.token = run("", "token")
	key := run("", "api-key")
	agent, err := launch(s.site.command("vsay", "agent", "--name", "box", "--state-dir", s.site.stateDir("box"), "--token", key), online)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		agent.end(os.Kill)
		if err := endSessions(s.site.stateDir("box")); err != nil {
			t.Error(err)
		}
	})
	if s.agent, err = agent.says(); err != nil {
		t.Fatal(err)
	}
	if err := until("the machine is not online", func() bool { return s.site.shows(s.agent) }); err != nil {
		t.Fatal(err)
	}
	c := s.dial("") // whose token is in the address
	c.text("unset HISTFILE; stty -echo; read -r secret; stty echo; echo ${#secret} came\r")
	c.see("(?s)came.*\n")
	c.text(typed + "\r")
	c.see(fmt.Sprint(len(typed), " came"))

	for _, try := range [][]string{
		{"POST", "/api/login", `{"email":"ann@example.com","password":"` + wrong + `"}`},
		{"POST", "/api/login", `{"email":"ann@example.com","password":"` + wrong + `",}`},
		{"POST", "/api/login", `{"email":"` + wrong + `","password":["` + body + `"]}`},
		{"POST", "/api/signup", `{"username":"` + body + ` ","email":"x@y.z","password":"` + wrong + `"}`},
		{"POST", "/api/agent/enroll", `{"api_key":"` + key + `x","public_key":"","signature":"","hello":{}}`},
		{"GET", "/api/machines?token=" + s.token, ""},
		{"GET", "/api/terminal/nowhere/ws?token=" + s.token, ""},
		{"GET", "/nowhere?token=" + s.token + "&password=" + wrong, ""},
		{"GET", "/api/terminal/" + s.agent + "/ws?token=" + s.token + "&ticket=" + body + "%zz", ""},
	} {
		if r := send(t, try[0], s.url+try[1], try[2]); r.status/100 != 4 || strings.Contains(r.body, s.token) || strings.Contains(r.body, wrong) {
			t.Errorf("%v: %d %s", try, r.status, r.body)
		}
	}
	secret := regexp.MustCompile(strings.Join([]string{
		password, wrong, typed, body, regexp.QuoteMeta(s.token), regexp.QuoteMeta(strings.Split(s.token, ".")[2]), key, strings.Split(key, "_")[3],
	}, "|"))
	if seen := processes(t, "HOME="+s.site.dir, secret); len(seen) < 4 {
		t.Errorf("the test sees only %q: server, agent, holder and shell run", seen)
	}
	_ = c.ws.Close(websocket.StatusNormalClosure, "")
	agent.end(os.Interrupt)
	s.server.end(os.Interrupt)
	for name, log := range map[string]string{"server": s.server.log.String(), "agent": agent.log.String()} {
		if at := secret.FindString(log); at != "" || len(log) < 100 {
			t.Errorf("the log of the %s has %q: %s", name, at, log)
		}
	}
	cache, files := filepath.Join(s.site.dir, ".local/state/vsay/vsay.db"), 0
	err = filepath.WalkDir(s.site.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if at := secret.Find(b); at != nil && !(strings.HasPrefix(path, cache) && strings.Contains(s.token, string(at))) {
			t.Errorf("%s holds %q", path, at)
		}
		files++
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("%d files were looked at, %v", files, err)
	}
}

// processes are those with a variable in their environment. None may show a secret
// there or in its title.
func processes(t *testing.T, variable string, secret *regexp.Regexp) (seen []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		environ, _ := os.ReadFile(filepath.Join(p, "environ")) // it may have ended
		if !strings.Contains("\x00"+string(environ), "\x00"+variable+"\x00") {
			continue
		}
		title, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		name, _ := os.ReadFile(filepath.Join(p, "comm"))
		for _, shown := range []string{string(environ), string(title), string(name)} {
			if at := secret.FindString(shown); at != "" {
				t.Errorf("%s (%s) shows %q", p, title, at)
			}
		}
		seen = append(seen, string(title))
	}
	return seen
}
