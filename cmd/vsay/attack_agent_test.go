//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vsay/internal/wire"
)

// [agent] data dir 0700, machine key 0600, symlinks refused.
func TestAttackAgentFolder(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(dir string) error // dir was a machine's, and is gone if it is to be made
		says  string
	}{
		"the folder is a link":           {aside, "state is a symbolic link: name the folder itself"},
		"the key is a link":              {func(dir string) error { return aside(filepath.Join(dir, "machine.json")) }, "machine.json is a symbolic link"},
		"the key can be read by a group": {func(dir string) error { return os.Chmod(filepath.Join(dir, "machine.json"), 0o640) }, "machine.json can be read by other users"},
		"the lock is a link":             {func(dir string) error { return aside(filepath.Join(dir, "lock")) }, "lock is a symbolic link"},
		"the sockets' folder is a link":  {func(dir string) error { return aside(filepath.Join(dir, "s")) }, "s is a symbolic link"},
		"others' things are in it": {func(dir string) error {
			return exec.Command("sh", "-c", `rm -r "$0"/*; chmod 755 "$0"; echo >"$0"/passwd`, dir).Run()
		}, "holds things already"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			dir := filepath.Join(s.dir, "state")
			tried(t, s, "077").end(os.Kill)
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			before := listing(t, s.dir)
			out, err := s.command("vsay", agentWords...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.says) || bytes.Count(out, []byte("\n")) != 1 {
				t.Errorf("it said %q, %v", out, err)
			}
			if after := listing(t, s.dir); after != before {
				t.Errorf("it changed\n%s\nto\n%s", before, after)
			}
		})
	}
	for _, umask := range []string{"000", "022", "077"} {
		t.Run("umask "+umask, func(t *testing.T) {
			s := newSite(t)
			tried(t, s, umask)
			for path, want := range map[string]string{"state": "drwx------", "state/machine.json": "-rw-------", "state/lock": "-rw-------", "state/s": "drwx------"} {
				info, err := os.Lstat(filepath.Join(s.dir, path))
				if err != nil || info.Mode().String() != want {
					t.Errorf("%s is %v, %v", path, info.Mode(), err)
				}
			}
		})
	}
}

// agentWords start an agent whose server is never there.
var agentWords = []string{"agent", "--host", "http://127.0.0.1:1", "--state-dir", "state", "--token-file", "/dev/null"}

// tried is such an agent, once it has its folder.
func tried(t *testing.T, s site, umask string) *running {
	t.Helper()
	key := filepath.Join(s.dir, "api.key")
	if err := os.WriteFile(key, []byte("vsay_ak_a_b"), 0o600); err != nil {
		t.Fatal(err)
	}
	words := append([]string{"-c", "umask " + umask + `; exec vsay "$@"`, "sh"}, agentWords...)
	words[len(words)-1] = key
	r, err := launch(s.command("sh", words...), regexp.MustCompile("no link to the server"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.end(os.Kill) })
	if _, err := r.says(); err != nil {
		t.Fatal(err)
	}
	return r
}

// aside moves something and leaves a link to it.
func aside(path string) error {
	if err := os.Rename(path, path+".real"); err != nil {
		return err
	}
	return os.Symlink(path+".real", path)
}

// listing is everything below a folder, with modes.
func listing(t *testing.T, dir string) string {
	t.Helper()
	out, err := exec.Command("ls", "-lAR", "--time-style=full-iso", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// [agent] shell gets only pty fds, own session, right uid/gid/groups, HOME, SHELL,
// TERM, umask; no VSAY_* variables.
func TestAttackShell(t *testing.T) {
	s := newStage(t)
	s.box.end(os.Kill)
	quiet := s.site
	quiet.env = append(quiet.env[:len(quiet.env):len(quiet.env)], "VSAY_CANARY=1", "CANARY_SECRET=1", "SSH_AUTH_SOCK=/canary")
	agent, err := launch(quiet.command("sh", "-c", `umask 027; exec 7<. 8>>leak; exec vsay agent --name box --state-dir "$0" --shell /bin/sh`, s.site.stateDir("box")), online)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agent.end(os.Kill) })
	if _, err := agent.says(); err != nil {
		t.Fatal(err)
	}
	if err := until("the machine is not online", func() bool { return s.site.shows(s.agent) }); err != nil {
		t.Fatal(err)
	}
	c := s.dial("")
	c.text(`{ cut -d' ' -f1,5,6 /proc/$$/stat; id; umask; pwd; echo; env; } >probe; echo probe""d` + "\r")
	c.see("probed")
	b, err := os.ReadFile(filepath.Join(s.site.dir, "probe"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(b), "\n\n")
	id, err := exec.Command("id").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(parts[0], "\n")
	own := strings.Fields(lines[0])
	if own[0] != own[1] || own[0] != own[2] {
		t.Errorf("pid, group and session are %v", own)
	}
	c.text("\r") // at its prompt it has nothing of ours open
	c.see("[#$] $")
	files, err := filepath.Glob("/proc/" + own[0] + "/fd/*")
	if err != nil || len(files) < 3 {
		t.Errorf("the shell has open %q, %v", files, err)
	}
	for _, file := range files {
		if name, err := os.Readlink(file); err != nil || !strings.HasPrefix(name, "/dev/pts/") && name != "/dev/tty" { // which dash opens by itself
			t.Errorf("the shell has %s open, %v", name, err)
		}
	}
	if want := []string{strings.TrimSpace(string(id)), "0027", s.site.dir}; fmt.Sprint(lines[1:]) != fmt.Sprint(want) {
		t.Errorf("it runs as\n%q, want\n%q", lines[1:], want)
	}
	env := "\n" + parts[1]
	for _, want := range []string{"HOME=" + s.site.dir, "SHELL=/bin/sh", "TERM=xterm-256color"} {
		if !strings.Contains(env, "\n"+want+"\n") {
			t.Errorf("there is no %s in %s", want, env)
		}
	}
	for _, leak := range []string{"VSAY_", "CANARY", "canary"} {
		if strings.Contains(env, leak) {
			t.Errorf("there is %s in %s", leak, env)
		}
	}
}

// [agent] the target user cannot be chosen by a viewer.
func TestAttackChosenUser(t *testing.T) {
	s := newStage(t)
	other, uid := "root", os.Getuid()
	if uid == 0 {
		other = "nobody"
	}
	for _, more := range []string{`"user":"%s"`, `"username":"%s"`, `"run_as":"%s"`, `"uid":65534`, `"spec":{"user":"%s","uid":65534}`, `"env":["USER=%s"]`} {
		if strings.Contains(more, "%s") {
			more = fmt.Sprintf(more, other)
		}
		body := `{"command":"id -u",` + more + `}`
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/api/machines/"+s.agent+"/command?wait=true", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var ran struct {
			Stdout string `json:"stdout"`
		}
		err = wire.DecodeFrom(resp.Body, &ran)
		_ = resp.Body.Close()
		if err != nil || strings.TrimSpace(ran.Stdout) != fmt.Sprint(uid) {
			t.Errorf("%s: it ran as %q: %s, %v", body, ran.Stdout, resp.Status, err)
		}
	}
}

// [agent] wrong key: it says why before it ends, and does not try for ever.
func TestAttackWrongKey(t *testing.T) {
	s := newSite(t)
	asked := 0
	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			return
		}
		asked++
		w.Header().Set(wire.ErrorHeader, wire.ErrUnauthed.Code) // or it is no vsay server's word
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"that API key is not \u001b[31m valid"}`))
	})
	url := serving(t, refuse)
	key := filepath.Join(s.dir, "key")
	if err := os.WriteFile(key, []byte("vsay_ak_0123456789_x"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := launch(s.command("vsay", "agent", "--host", url, "--state-dir", "state", "--token-file", key), online)
	if err != nil {
		t.Fatal(err)
	}
	code, err := r.ends()
	if want := "vsay: that API key is not \\x1b[31m valid\n"; err != nil || code != 4 || r.log.String() != want || asked != 1 {
		t.Errorf("it ended with %d, %v, after %d requests, and said %q", code, err, asked, &r.log)
	}
}
