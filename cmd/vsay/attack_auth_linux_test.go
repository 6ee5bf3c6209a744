package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vsay/internal/wire"
)

// Guessing one account: it has to wait after some tries, nobody else does, and
// neither a power cut nor the waiting changes who knows the password.
func TestAttackGuessing(t *testing.T) {
	f := newFort(t)
	from := f.from("127.0.0.1")
	ann, bob := from.account("ann"), from.account("bob")
	statuses := map[int]int{}
	for n := 1; n <= 30; n++ {
		r := from.logIn(ann, "guess "+strconv.Itoa(n))
		statuses[r.status]++
		if r.status == http.StatusTooManyRequests && r.header.Get("Retry-After") == "" {
			t.Errorf("try %d: no Retry-After", n)
		}
		if n >= 10 && r.status != http.StatusTooManyRequests && statuses[http.StatusTooManyRequests] == 0 {
			t.Fatalf("try %d is not slowed down: %d", n, r.status)
		}
	}
	if statuses[401]+statuses[429] != 30 || statuses[401] < 5 {
		t.Errorf("30 guesses were answered with %v", statuses)
	}
	from.signIn(bob)
	// As many again as make the wait long enough to see over a restart.
	err := until("the account does not have to wait for long", func() bool {
		r := from.logIn(ann, "another guess")
		wait, _ := strconv.Atoi(r.header.Get("Retry-After"))
		return r.status == http.StatusTooManyRequests && wait > 3
	})
	if err != nil {
		t.Fatal(err)
	}
	f.again()
	f.from("127.0.0.9").logIn(ann, rightPassword).refused(t, http.StatusTooManyRequests)
	if err := until("the right password does not work after the wait", func() bool {
		return from.logIn(ann, rightPassword).status == http.StatusOK
	}); err != nil {
		t.Error(err)
	}
}

// One password for many accounts: it is the address that has to wait.
func TestAttackSpraying(t *testing.T) {
	f := newFort(t)
	from := f.from("127.0.0.2")
	wrong, slowed := 0, 0
	for n := range 60 { // 200 in the words of the rule; the 21st has to be refused
		switch r := from.logIn(fmt.Sprintf("user%d@example.com", n), rightPassword); r.status {
		case http.StatusUnauthorized:
			wrong++
		case http.StatusTooManyRequests:
			slowed++
		}
	}
	if wrong > 20 || wrong+slowed != 60 {
		t.Errorf("%d tries were looked at and %d were not", wrong, slowed)
	}
	f.from("127.0.0.3").logIn("user1@example.com", rightPassword).refused(t, http.StatusUnauthorized)
}

// Fifty at once want the same email: one gets it.
func TestAttackFiftySignups(t *testing.T) {
	f := newFort(t)
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	from := f.from("127.0.0.1")
	for n := range 50 {
		all.Go(func() {
			email := []string{"One@example.com", "ONE@EXAMPLE.COM", "one@Example.com"}[n%3]
			r := from.signUp(fmt.Sprint("user", n), email, rightPassword)
			mu.Lock()
			defer mu.Unlock()
			statuses[r.status]++
		})
	}
	all.Wait()
	if statuses[201] != 1 || statuses[201]+statuses[409]+statuses[503] != 50 {
		t.Errorf("answers: %v", statuses)
	}
	first, second := from.signIn("one@example.com").User, from.signIn("oNe@example.com").User
	if first.ID != second.ID || first.APIKey != second.APIKey {
		t.Error("two accounts, or two keys")
	}
}

// What a password may be, in characters as people count them.
func TestAttackPasswords(t *testing.T) {
	f := newFort(t)
	long := strings.Repeat("long and spaced ", 7)[:99]
	for n, c := range []struct {
		password string
		want     int
	}{
		{"12345", 400},
		{"123456", 201},
		{"ééééé", 400},
		{"😀😁😂🤣😃😄", 201},
		{strings.Repeat("x y ", 16), 201},
		{strings.Repeat("x y ", 64), 201},
		{strings.Repeat("x y ", 64) + "z", 400},
		{long + "1", 201},
	} {
		email := fmt.Sprintf("user%d@example.com", n)
		r := f.from("127.0.0.1").signUp(fmt.Sprint("user", n), email, c.password)
		if r.status != c.want {
			t.Errorf("%q: %d %s", c.password, r.status, r.body)
		}
		if c.want == 201 {
			if r := f.from("127.0.0.1").logIn(email, c.password); r.status != 200 {
				t.Errorf("login with %q: %d", c.password, r.status)
			}
		}
	}
	f.from("127.0.0.1").logIn("user7@example.com", long+"2").refused(t, 401)
	f.from("127.0.0.1").logIn("user7@example.com", long).refused(t, 401)
}

// A megabyte of password is refused before anybody hashes it.
func TestAttackHugePassword(t *testing.T) {
	f := newFort(t)
	huge := strings.Repeat("x", 1<<20)
	for name, ask := range map[string]func(intruder) reply{
		"signup": func(i intruder) reply { return i.signUp("bob", "bob@example.com", huge) },
		"login":  func(i intruder) reply { return i.logIn("bob@example.com", huge) },
	} {
		t.Run(name, func(t *testing.T) {
			quickest := time.Hour // of a few: what else runs here is no fault of the server's
			for range 10 {
				r := ask(f.with(t).from("127.0.0.1"))
				r.refused(t, http.StatusBadRequest)
				quickest = min(quickest, r.took)
			}
			if quickest > 50*time.Millisecond {
				t.Errorf("that took %v", quickest)
			}
		})
	}
}

// Emails that could forge a line of a log, or be two of one account's.
func TestAttackEmails(t *testing.T) {
	f := newFort(t, "--log-format", "json")
	from := f.from("127.0.0.1")
	for _, email := range []string{
		"a\rb@example.com", "a\nb@example.com", "a\x00b@example.com", "a\x1b[31mb@example.com", "a\u202eb@example.com",
		"nobody", "", "@", "a@", "@example.com", "a b@example.com", strings.Repeat("a", 250) + "@example.com",
		"canary@example.com\n{\"msg\":\"forged\"}",
	} {
		from.signUp("eve", email, rightPassword).refused(t, 400)
		from.logIn(email, rightPassword).refused(t, 400)
	}
	if r := from.signUp("bob", "Bob@X.io", rightPassword); r.status != 201 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	from.signUp("bob2", "bob@x.io", rightPassword).refused(t, 409)
	from.signIn("BOB@x.IO")
	f.server.end(os.Interrupt)
	for line := range bytes.Lines(f.server.log.Bytes()) {
		var entry map[string]any
		if wire.Decode(bytes.TrimSuffix(line, []byte("\n")), &entry) != nil || bytes.ContainsAny(line[:len(line)-1], "\r\x1b\x00\u202e") {
			t.Errorf("a line of the log: %q", line)
		}
	}
	if where := holds(t, f.site.dir, "canary@"); len(where) > 0 {
		t.Errorf("a refused email is in %v", where)
	}
}

// What encoding/json would let through, and what a form may not set.
func TestAttackJSON(t *testing.T) {
	f := newFort(t)
	from := f.from("127.0.0.1")
	const fine = `{"username":"eve","email":"eve@example.com","password":"correct horse"}`
	for what, body := range map[string]string{
		"a name twice":    strings.Replace(fine, "{", `{"email":"ann@example.com",`, 1),
		"another case":    strings.Replace(fine, "email", "EMAIL", 1),
		"a second object": fine + fine,
		"what follows":    fine + "x",
		"invalid UTF-8":   strings.Replace(fine, "eve@", "e\xffve@", 1),
		"a deep hole":     strings.Repeat("[", 100_000),
		"a deep name":     `{"x":` + strings.Repeat(`{"x":`, 20_000),
		"nothing":         "  ",
		"a list":          "[" + fine + "]",
		"a wrong type":    strings.Replace(fine, `"correct horse"`, `["correct horse"]`, 1),
	} {
		t.Run(what, func(t *testing.T) {
			for _, path := range []string{"/api/signup", "/api/login"} {
				f.with(t).from("127.0.0.1").send("POST", path, body).refused(t, 400)
			}
		})
	}
	extra := strings.Replace(fine, "{", `{"id":"chosen","role":"admin","is_admin":true,"admin":true,"api_key":"chosen","disabled":true,"new":{"of":"2027"},`, 1)
	from.account("first") // which runs the installation
	if r := from.send("POST", "/api/signup", extra); r.status != 201 || strings.Contains(r.body, "chosen") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if in := from.signIn("eve@example.com"); strings.Contains(in.User.APIKey+in.User.ID, "chosen") {
		t.Errorf("eve chose %+v", in.User)
	}
}

// What is no JSON, too large, or asked for with a wrong method; and what it costs.
func TestAttackBodies(t *testing.T) {
	f := newFort(t)
	from := f.from("127.0.0.1")
	large := `{"email":"` + strings.Repeat("x", 64<<10) + `"}`
	for name, c := range map[string]struct {
		got  reply
		want int
	}{
		"text":      {from.send("POST", "/api/login", "{}", "Content-Type: text/plain"), 415},
		"a form":    {from.send("POST", "/api/login", "{}", "Content-Type: application/x-www-form-urlencoded"), 415},
		"parts":     {from.send("POST", "/api/login", "{}", "Content-Type: multipart/form-data; boundary=x"), 415},
		"no type":   {from.send("POST", "/api/login", "{}", noType), 415},
		"zipped":    {from.send("POST", "/api/login", "\x1f\x8b", "Content-Encoding: gzip"), 415},
		"large":     {from.send("POST", "/api/login", large), 413},
		"no method": {from.send("GET", "/api/login", ""), 405},
		"another":   {from.send("DELETE", "/api/signup", ""), 405},
	} {
		t.Run(name, func(t *testing.T) {
			if c.got.refused(t, c.want); c.want == 405 && c.got.header.Get("Allow") != "POST" {
				t.Errorf("Allow: %q", c.got.header.Get("Allow"))
			}
		})
	}
	for range 64 { // they make what is made once
		from.send("POST", "/api/signup", large).refused(t, 413)
	}
	before := resident(t, f.server)
	for range 16 {
		if sent := endlessBody(t, f.url); sent > 32<<20 {
			t.Errorf("it took %d KiB of a body", sent>>10)
		}
	}
	if grown := resident(t, f.server) - before; grown > memoryFactor*5<<20 {
		t.Errorf("16 bodies of 256 MiB cost %d KiB", grown>>10)
	}
}

// endlessBody sends 256 MiB until they are refused, and tells how much was taken from
// it, with what is in the buffers of both ends.
func endlessBody(t *testing.T, url string) (sent int) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	head := "POST /api/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(256<<20) + "\r\n\r\n"
	if _, err := io.WriteString(conn, head+`{"email":"`); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan int, 1)
	go func() {
		n := 0
		for chunk := []byte(strings.Repeat("x", 64<<10)); n < 256<<20; n += len(chunk) {
			if _, err := conn.Write(chunk); err != nil {
				break
			}
		}
		stopped <- n
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Error(err)
	} else if resp.Body.Close(); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body is answered %d", resp.StatusCode)
	}
	conn.Close()
	return <-stopped
}

// resident is how much memory a program has, in bytes.
func resident(t *testing.T, r *running) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	var kib int
	if _, err := fmt.Sscan(after, &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// filesBelow calls f for each regular file.
func filesBelow(dir string, f func(path string) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return f(path)
	})
}

// A fresh server has nobody in it, and closed, it takes nobody in.
func TestAttackFreshServer(t *testing.T) {
	f := newFort(t, "--signup", "closed")
	from := f.from("127.0.0.1")
	from.signUp("eve", "eve@example.com", rightPassword).refused(t, 403)
	for _, name := range []string{"admin", "root", "vsay", "test", "user"} {
		for _, password := range []string{"admin1", "password", "vsay-admin", "changeme"} {
			i := f.from("127.0.1." + strconv.Itoa(len(name+password)))
			if r := i.logIn(name+"@example.com", password); r.status != 401 && r.status != 429 {
				t.Errorf("%s, %s: %d %s", name, password, r.status, r.body)
			}
		}
	}
}
