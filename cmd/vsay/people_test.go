//go:build linux

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// cutWithin is what security.md allows between the answer and the last of what it
// cut.
const cutWithin = time.Second

// A user who is disabled is out everywhere at once: a plain socket, an attached
// client, a command that nobody watches, the agent, and all that they run.
func TestDisabledUserIsOutAtOnce(t *testing.T) {
	s := newStage(t)
	s.owner("root")
	plain := s.dial("")
	attached, err := openTerminal(s.site.command("vsay", "--account", "ann", "attach", "--new", "box"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(attached.close)
	if err := attached.see(regexp.MustCompile(`[#$] $`)); err != nil {
		t.Fatal(err)
	}
	pids := map[string]int{"plain": s.writesPid("plain", plain.text), "attached": s.writesPid("attached", func(keys string) { _, _ = attached.keys.WriteString(keys) })}
	s.vsay("--account", "ann", "exec", "--detach", "-w", s.site.dir, "box", "--", "sh", "-c", "echo $$ >detached; exec sleep 1000")
	pids["detached"] = s.pidIn("detached")

	closed := make(chan time.Time, 1)
	go func() {
		var err error
		for err == nil {
			_, _, err = plain.ws.Read(t.Context())
		}
		if code := websocket.CloseStatus(err); code != 4401 {
			t.Errorf("the socket was closed with %d: %v", code, err)
		}
		closed <- time.Now()
	}()
	s.vsay("--account", "root", "admin", "disable", "ann")
	answered := time.Now()
	if err := until("shells run on", func() bool {
		return gone(pids["plain"]) && gone(pids["attached"]) && gone(pids["detached"])
	}); err != nil {
		t.Error(err, pids)
	}
	t.Logf("shells were gone %v after vsay had ended, the socket %v", time.Since(answered), (<-closed).Sub(answered))
	if took := time.Since(answered); took > cutWithin {
		t.Errorf("it took %v", took)
	}
	if code, err := attached.ends(); err != nil || code != 255 {
		t.Errorf("attach ended with %d, %v", code, err)
	}
	if code, err := s.box.ends(); err != nil || code != wire.ExitSignedOut {
		t.Errorf("the agent ended with %d, %v: %s", code, err, &s.box.log)
	}
	s.refused(s.token)

	s.vsay("--account", "root", "admin", "enable", "ann")
	s.refused(s.token)
	old := s.token
	s.signIn("ann")
	if s.token == old {
		t.Error("the token is not new")
	}
	if s.box, err = s.site.agent("box"); err != nil { // with the credential it has
		t.Fatal(err)
	}
	var list wire.Sessions
	if s.get("/api/terminal/sessions", s.token, &list); len(list.Sessions) != 0 {
		t.Errorf("%+v", list.Sessions)
	}
}

// A machine that is away when its owner is disabled, or deleted, ends the shells when
// it comes, although it is let in no more. Enabling the owner again brings none back.
func TestShellsOfAMachineThatIsAway(t *testing.T) {
	for _, how := range []string{"disable", "delete"} {
		t.Run(how, func(t *testing.T) {
			s := newStage(t)
			s.owner("root")
			s.vsay("--account", "ann", "exec", "--detach", "-w", s.site.dir, "box", "--", "sh", "-c", "echo $$ >pid; exec sleep 1000")
			pid := s.pidIn("pid")
			s.box.end(os.Kill)
			s.server.end(os.Kill) // and with it the link that the session still had
			var err error
			if s.server, _, err = s.site.serve("HOST", strings.TrimPrefix(s.url, "http://")); err != nil {
				t.Fatal(err)
			}
			s.vsay("--account", "root", "admin", how, "--yes", "ann")
			if gone(pid) {
				t.Fatal("it is over already: this test shows nothing")
			}
			agent, err := launch(s.site.command("vsay", "agent", "--name", "box", "--state-dir", s.site.stateDir("box")), online)
			if err != nil {
				t.Fatal(err)
			}
			if code, err := agent.ends(); err != nil || code != wire.ExitSignedOut {
				t.Errorf("the agent ended with %d, %v: %s", code, err, &agent.log)
			}
			if err := until("the shell runs on", func() bool { return gone(pid) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// Who starts a server that takes in nobody by itself is told how to own it.
func TestOwnerByInvitation(t *testing.T) {
	s := newSite(t)
	said := filepath.Join(s.dir, "said")
	server := s.command("sh", "-c", `exec vsay serve --log-format json --listen 127.0.0.1:0 --signup invite --data-dir data/HOST 2>"$0"`, said)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
	})
	read := func(pattern string) (found string) {
		t.Helper()
		line := regexp.MustCompile(pattern)
		if err := until("the server does not say "+pattern, func() bool {
			text, _ := os.ReadFile(said)
			if m := line.FindStringSubmatch(string(text)); m != nil {
				found = m[1]
			}
			return found != ""
		}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	code := read(`--invite (vsay_inv_\w+)\n`)
	s.env = append(s.env, "VSAY_PASSWORD=correct horse", "VSAY_HOST="+read(`"url":"(http[^"]+)"`))
	signup := func(name string, more ...string) (string, error) {
		out, err := s.command("vsay", append([]string{"signup", "--username", name, "--email", name + "@example.com"}, more...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := signup("eve"); err == nil || !strings.Contains(out, "signup is by invitation") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := signup("ann", "--invite", code); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := signup("eve", "--invite", code); err == nil || !strings.Contains(out, "that invitation is not good") {
		t.Errorf("%v: %s", err, out)
	}
	out, err := s.command("vsay", "--quiet", "admin", "invite", "--email", "bob@example.com", "--expires", "1h").Output()
	if err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "VSAY_INVITE="+strings.TrimSpace(string(out)))
	if out, err := signup("bob"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err = s.command("vsay", "--account", "ann", "admin", "invites").Output()
	if err != nil || !regexp.MustCompile(`bob@example.com +ann +used by bob`).Match(out) {
		t.Errorf("%v: %s", err, out)
	}
	text, err := os.ReadFile(said)
	if n := strings.Count(string(text), invitePrefix); err != nil || n != 1 {
		t.Errorf("the server wrote an invitation %d times: %s", n, text)
	}
}

const invitePrefix = "vsay_inv_"

// owner makes an administrator beside ann, who is the first.
func (s *stage) owner(name string) {
	s.t.Helper()
	s.signUp(name)
	s.vsay("--account", "ann", "admin", "promote", name)
}

// vsay runs a command that has to work.
func (s *stage) vsay(args ...string) string {
	s.t.Helper()
	out, err := s.site.command("vsay", args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("vsay %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// signIn signs an account of signUp in again.
func (s *stage) signIn(name string) {
	s.t.Helper()
	cmd := s.site.command("vsay", "login", "--email", name+"@example.com", "--password-stdin")
	cmd.Stdin = strings.NewReader("correct horse")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	s.token = strings.TrimSpace(s.vsay("--account", name, "token"))
}

// refused makes sure that a token is dead.
func (s *stage) refused(token string) {
	s.t.Helper()
	if r := send(s.t, "GET", s.url+"/api/machines", "", bearer(token)); r.status != http.StatusUnauthorized {
		s.t.Errorf("a dead token gets %d", r.status)
	}
}

// writesPid types so that a shell writes its number into a file of the site.
func (s *stage) writesPid(file string, typing func(string)) int {
	s.t.Helper()
	typing("echo $$ >" + filepath.Join(s.site.dir, file) + "\r")
	return s.pidIn(file)
}

// pidIn waits for the number of a process in a file, and for the process.
func (s *stage) pidIn(file string) (pid int) {
	s.t.Helper()
	if err := until("no process writes "+file, func() bool {
		text, _ := os.ReadFile(filepath.Join(s.site.dir, file))
		pid, _ = strconv.Atoi(strings.TrimSuffix(string(text), "\n"))
		return strings.HasSuffix(string(text), "\n") && !gone(pid)
	}); err != nil {
		s.t.Fatal(err)
	}
	return pid
}
