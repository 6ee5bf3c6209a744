package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vsay/internal/wire"
)

// Whoever reads the server's files, also after a crash, finds nothing to sign in
// with and nothing that was typed.
func TestAttackStringsOfTheStore(t *testing.T) {
	s := newStage(t)
	from := intruderAt(t, s.url, "127.0.0.1")
	in := signedOf(t, from.logIn("ann@example.com", rightPassword))
	c := s.dial("")
	c.text("echo typed canary-$((1+1))\r")
	c.see("typed canary-2")
	from.logIn("ann@example.com", "canary of a wrong password").refused(t, 401)
	again := signedOf(t, from.send("POST", "/api/auth/refresh", "", bearer(in.Token)))
	fresh := signedOf(t, from.send("POST", "/api/profile/regenerate-api-key", `{"keep_machines":true}`, bearer(in.Token)))
	data := filepath.Join(s.site.dir, "data", "HOST")
	master, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	s.server.end(syscall.SIGQUIT) // as a crash: with goroutines on stderr
	secret := func(key string) string { return key[len("vsay_ak_")+11:] }
	for what, text := range map[string]string{
		"a password": rightPassword, "a wrong password": "canary of a wrong password",
		"a token": in.Token, "a token's signature": in.Token[strings.LastIndexByte(in.Token, '.')+1:], "a refreshed token": again.Token,
		"an API key": secret(in.User.APIKey), "a new API key": secret(fresh.APIKey), "what was typed": "canary-$",
	} {
		if where := holds(t, data, text); len(where) > 0 {
			t.Errorf("%s is in %v", what, where)
		}
		if bytes.Contains(s.server.log.Bytes(), []byte(text)) {
			t.Errorf("%s is in the log", what)
		}
	}
	if where := holds(t, data, string(master)); len(where) != 1 {
		t.Errorf("the master key is in %v", where)
	}
	if bytes.Contains(s.server.log.Bytes(), master) {
		t.Error("the master key is in the log")
	}
	if len(holds(t, data, "ann@example.com")) == 0 {
		t.Error("this test looks in the wrong place")
	}
}

// The files of a server are its user's alone, whatever the umask, and a server
// whose key others could have read does not start.
func TestAttackSecretFiles(t *testing.T) {
	f := &fort{t: t, site: newSite(t)}
	cmd := f.site.command("sh", "-c", `umask 000; ulimit -c unlimited; exec vsay serve --listen 127.0.0.1:0 --data-dir "$0"`, filepath.Join(f.site.dir, "data", "HOST"))
	var err error
	if f.server, err = launch(cmd, listening); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.server.end(os.Kill) })
	if f.url, err = f.server.says(); err != nil {
		t.Fatal(err)
	}
	if err := untilReady(f.url); err != nil {
		t.Fatal(err)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", f.server.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if at := strings.Index(string(limits), "Max core file size"); strings.Fields(string(limits[at:]))[4] != "0" {
		t.Errorf("the server may leave a core file: %s", limits[at:at+60])
	}
	from := f.from("127.0.0.1")
	token := from.signIn(from.account("ann")).Token
	data := filepath.Join(f.site.dir, "data", "HOST")
	err = filepath.Walk(data, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.server.end(syscall.SIGTERM)
	f.start(strings.TrimPrefix(f.url, "http://"))
	if r := from.send("GET", "/api/profile", "", bearer(token)); r.status != 200 {
		t.Errorf("a token after a normal restart: %d", r.status)
	}
	other := newFort(t)
	key := filepath.Join(data, "master.key")
	mine, _ := os.ReadFile(key)
	others, _ := os.ReadFile(filepath.Join(other.site.dir, "data", "HOST", "master.key"))
	if len(mine) < 32 || bytes.Equal(mine, others) {
		t.Errorf("keys of %d and %d bytes", len(mine), len(others))
	}
	f.server.end(syscall.SIGTERM)
	for what, spoil := range map[string]func() error{
		"readable by a group": func() error { return os.Chmod(key, 0o640) },
		"short":               func() error { return os.Truncate(key, 16) },
		"empty":               func() error { return os.Truncate(key, 0) },
		"a symbolic link": func() error {
			if err := os.Rename(key, key+".real"); err != nil {
				return err
			}
			return os.Symlink(key+".real", key)
		},
		"not there": func() error { return os.Remove(key) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		out, err := f.site.command("vsay", "serve", "--listen", "127.0.0.1:0", "--data-dir", data).CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "vsay: ") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("a key that is %s: %v %s", what, err, out)
		}
		if err := restored(key, mine); err != nil {
			t.Fatal(err)
		}
	}
	f.start(strings.TrimPrefix(f.url, "http://"))
}

func restored(path string, content []byte) error {
	for _, p := range []string{path, path + ".real"} {
		if err := os.Remove(p); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return os.WriteFile(path, content, 0o600)
}

// While the database cannot be written, nobody is let in, and nobody is told that the
// password is wrong; what needs no writing goes on, and all of it afterwards.
func TestAttackStoreThatIsStuck(t *testing.T) {
	s := newStage(t)
	from := intruderAt(t, s.url, "127.0.0.1")
	c := s.dial("")
	c.text("echo first $((1+1))\r")
	c.see("first 2")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.site.dir, "data", "HOST", "vsay.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	answer := make(chan reply)
	go func() { answer <- from.logIn("ann@example.com", rightPassword) }()
	c.text("echo second $((2+2))\r")
	c.see("second 4")
	if r := from.send("GET", "/api/machines", "", bearer(s.token)); r.status != 200 {
		t.Errorf("reading: %d %s", r.status, r.body)
	}
	r := <-answer
	if r.refused(t, http.StatusServiceUnavailable); r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if r := from.logIn("ann@example.com", rightPassword); r.status != 200 {
		t.Errorf("afterwards: %d %s", r.status, r.body)
	}
	c.text("echo third $((3+3))\r")
	c.see("third 6")
}

// Somebody else with an API key, or with the right one and not the machine's own
// key, does not get the machine; and the real one does not notice.
func TestAttackMachineOfAnother(t *testing.T) {
	s := newStage(t)
	from := intruderAt(t, s.url, "127.0.0.1")
	mine := signedOf(t, from.logIn("ann@example.com", rightPassword))
	from.account("eve")
	eves := from.signIn("eve@example.com")
	credential, err := os.ReadFile(filepath.Join(s.site.stateDir("box"), "machine.json"))
	if err != nil {
		t.Fatal(err)
	}
	var machine struct {
		Seed []byte `json:"seed"`
	}
	if err := wire.Decode(credential, &machine); err != nil || len(machine.Seed) != ed25519.SeedSize {
		t.Fatalf("the test does not know the machine's file any more: %v", err)
	}
	stolen := ed25519.NewKeyFromSeed(machine.Seed)
	_, own, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	public, host := stolen.Public().(ed25519.PublicKey), strings.TrimPrefix(s.url, "http://")
	for who, x := range map[string]struct {
		apiKey string
		signer ed25519.PrivateKey
	}{
		"eve":                           {eves.User.APIKey, own},
		"eve with the machine's key":    {eves.User.APIKey, stolen},
		"ann without the machine's key": {mine.User.APIKey, own},
	} {
		signature := ed25519.Sign(x.signer, wire.EnrollText(host, public, strings.Split(x.apiKey, "_")[2]))
		r := from.send("POST", "/api/agent/enroll", string(wire.Encode(wire.Enroll{
			APIKey: x.apiKey, PublicKey: public, Signature: signature, Hello: wire.Hello{Name: "box", OS: "linux", Arch: "amd64"},
		})))
		if r.refused(t, 403); strings.Contains(r.body, s.agent) {
			t.Errorf("%s learns the machine's id: %s", who, r.body)
		}
	}
	var given wire.Challenged
	if err := wire.Decode([]byte(from.send("POST", "/api/agent/challenge", `{"agent_id":"`+s.agent+`"}`).body), &given); err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString(ed25519.Sign(own, wire.ChallengeText(host, s.agent, given.Nonce, 9999)))
	from.send("GET", "/api/agent/ws", "", "Authorization: Vsay-Machine "+s.agent+".9999."+given.Nonce+"."+forged).refused(t, 401)
	c := s.dial("")
	c.text("echo here $((20+22))\r")
	c.see("here 42")
}
