package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vsay/internal/wire"
)

// Twenty sign up at once on a fresh server: one of them is its administrator. What
// he gives and takes counts on the next request, with the token in hand.
func TestAttackFirstAccount(t *testing.T) {
	f := newFort(t)
	from := f.from("127.0.0.1")
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			name := fmt.Sprint("user", n)
			if r := from.signUp(name, name+"@example.com", rightPassword); r.status != 201 && r.status != 503 {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
		})
	}
	all.Wait()
	var admins, others []wire.Signed
	for n := range 20 {
		r := from.logIn(fmt.Sprintf("user%d@example.com", n), rightPassword)
		if r.status != 200 {
			continue // it was told to try again
		}
		in := signedOf(t, r)
		switch r := from.send("GET", "/api/admin/users", "", bearer(in.Token)); r.status {
		case 200:
			admins = append(admins, in)
		case 403:
			others = append(others, in)
		default:
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if len(admins) != 1 || len(others) == 0 {
		t.Fatalf("%d administrators and %d others", len(admins), len(others))
	}
	admin, other := admins[0], others[0]
	for _, step := range []struct {
		change string
		want   int
	}{{"promote", 200}, {"demote", 403}} {
		if r := from.send("POST", "/api/admin/users/"+other.User.ID+"/"+step.change, "", bearer(admin.Token)); r.status != 200 {
			t.Fatalf("%s: %d %s", step.change, r.status, r.body)
		}
		if r := from.send("GET", "/api/admin/users", "", bearer(other.Token)); r.status != step.want {
			t.Errorf("after %s: %d %s", step.change, r.status, r.body)
		}
	}
}

// A user who is disabled has nothing any more within a second: no token, terminal,
// key or machine, and no shell.
func TestAttackDisabledUser(t *testing.T) {
	s := newStage(t) // ann's, who runs it
	from := intruderAt(t, s.url, "127.0.0.1")
	bob := s.another("bob")
	in := signedOf(t, from.logIn("bob@example.com", rightPassword))
	wrong := from.logIn("bob@example.com", "wrong")

	c := bob.dial("")
	file := filepath.Join(s.site.dir, "pid")
	c.text("echo $$ >" + file + "; echo pid of $((1+1))\r")
	c.see("pid of 2")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	shell, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if r := from.send("POST", "/api/admin/users/"+in.User.ID+"/disable", "", bearer(s.token)); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	disabled := time.Now()
	if end := c.closes(); end.Code != 4401 && end.Code != 4404 {
		t.Errorf("the terminal was closed with %d %s", end.Code, end.Reason)
	}
	if took := time.Since(disabled); took > time.Second {
		t.Errorf("the terminal was closed after %v", took)
	}
	for _, token := range []string{bob.token, in.Token} {
		from.send("GET", "/api/profile", "", bearer(token)).refused(t, 401)
	}
	r := from.logIn("bob@example.com", rightPassword)
	if r.refused(t, 401); r.body != wrong.body {
		t.Errorf("a disabled account can be told by %s", r.body)
	}
	from.send("POST", "/api/agent/enroll", string(wire.Encode(wire.Enroll{APIKey: in.User.APIKey}))).refused(t, 401)
	if err := until("the shell lives on", func() bool { return gone(shell) }); err != nil {
		t.Error(err)
	}
	t.Logf("the shell ended %v after the answer", time.Since(disabled))
	mine := s.dial("")
	mine.text("echo still $((40+2))\r")
	mine.see("still 42")
}
