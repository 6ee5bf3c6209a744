package server

import (
	"bufio"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// trail is the audit log as the holder of a token sees it.
func (w *world) trail(token, query string) []wire.AuditRecord {
	w.t.Helper()
	w.settle()
	r := w.do("GET", "/api/audit?limit=1000&"+query, nil, bearer(token))
	if r.status != http.StatusOK {
		w.t.Fatalf("audit: %d %s", r.status, r.body)
	}
	var list wire.AuditRecords
	r.into(w.t, &list)
	return list.Records
}

// settle waits until all that was noted so far is on disk.
func (w *world) settle() {
	w.t.Helper()
	if err := w.s.journal.write(store.Record{At: w.now(), Event: "test", Result: "ok", Detail: "{}"}); err != nil {
		w.t.Error(err)
	}
}

func events(list []wire.AuditRecord) (names []string) {
	for _, r := range list {
		if r.Event != "test" {
			names = append(names, r.Event)
		}
	}
	return names
}

func (w *world) verified(token string) {
	w.t.Helper()
	w.settle()
	var c wire.AuditCheck
	w.do("GET", "/api/audit/verify", nil, bearer(token)).into(w.t, &c)
	if !c.OK || !c.Sealed || c.Records == 0 {
		w.t.Errorf("%+v", c)
	}
}

func TestAuditTellsWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	root, ann := w.account("root"), w.account("ann")
	box := newBox(w)
	box.enroll(ann.apiKey, "box")
	w.do("POST", "/api/login", wire.Login{Email: ann.email, Password: "wrong"})
	w.do("POST", "/api/profile/reset-password", wire.ResetPassword{CurrentPassword: "wrong", NewPassword: goodPassword}, bearer(ann.token))
	w.do("POST", "/api/profile/reset-password", wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: goodPassword}, bearer(ann.token))
	w.do("POST", "/api/auth/refresh", nil, bearer(ann.token))
	w.do("POST", "/api/profile/regenerate-api-key", nil, bearer(ann.token))
	w.do("DELETE", "/api/machines/"+box.id, nil, bearer(ann.token))
	again := w.signIn(ann.email)
	w.do("POST", "/api/auth/logout", nil, bearer(again.token))
	w.do("GET", "/api/machines", nil, bearer(again.token))

	list := w.trail(root.token, "user=ann")
	want := []string{
		"signup", "login", "machine enrolled", "login failed", "password change refused", "password changed", "refresh",
		"api key regenerated", "machine deleted", "login", "logout", "token refused",
	}
	if got := events(list); !slices.Equal(got, want) {
		t.Fatalf("%q\nwant %q", got, want)
	}
	for _, r := range list {
		if r.UserID != ann.id || r.Username != "ann" || r.IPAddress != "127.0.0.1" || len(r.RequestID) != 16 || r.Time.Location() != time.UTC || len(r.Hash) != 64 {
			t.Errorf("%+v", r)
		}
	}
	deleted := list[8]
	if deleted.AgentID != box.id || deleted.MachineName != "box" || deleted.Result != wire.AuditOK || list[3].Result != wire.AuditFailed || list[11].Result != wire.AuditDenied {
		t.Errorf("%+v", list)
	}
	w.verified(root.token)
}

// What was typed for an email that nobody has may be a password.
func TestAuditHoldsNothingThatWasTyped(t *testing.T) {
	w := newWorld(t)
	root := w.account("root")
	w.do("POST", "/api/login", wire.Login{Email: "hunter2@secret.example", Password: "canary-password"})
	list := w.trail(root.token, "event=login+failed")
	if len(list) != 1 || list[0].UserID != "" || len(list[0].Detail["email_mac"]) != 16 {
		t.Fatalf("%+v", list)
	}
	for _, canary := range []string{"hunter2", "canary-password", root.token, root.apiKey} {
		if text := fmt.Sprint(w.trail(root.token, "")) + w.log.String(); strings.Contains(text, canary) {
			t.Errorf("%q is in the audit log or in the log", canary)
		}
	}
}

func TestAuditShowsEachTheirOwn(t *testing.T) {
	w := newWorld(t)
	root, ann, bob := w.account("root"), w.account("ann"), w.account("bob")
	box := newBox(w)
	box.enroll(ann.apiKey, "anns-box")
	foreign := w.do("GET", "/api/machines/"+box.id, nil, bearer(bob.token))
	unknown := w.do("GET", "/api/machines/"+strings.Repeat("0", 32), nil, bearer(bob.token))
	if foreign.body != unknown.body || foreign.status != http.StatusNotFound {
		t.Fatalf("%+v", foreign)
	}
	if got := events(w.trail(ann.token, "")); !slices.Equal(got, []string{"signup", "login", "machine enrolled", "access denied"}) {
		t.Errorf("ann sees %q", got)
	}
	bobs := w.trail(bob.token, "event=access+denied")
	if len(bobs) != 2 || bobs[0].MachineName != "" || bobs[0].AgentID != box.id || bobs[0].RequestID != foreign.header.Get("X-Request-Id") {
		t.Errorf("bob sees %+v", bobs)
	}
	for _, r := range bobs {
		r.Seq, r.Time, r.RequestID, r.AgentID, r.Hash = 0, time.Time{}, "", "", ""
		if fmt.Sprint(r) != fmt.Sprint(wire.AuditRecord{Event: "access denied", Result: "denied", UserID: bob.id, Username: "bob", LoginID: r.LoginID, IPAddress: "127.0.0.1"}) {
			t.Errorf("bob can tell which of them exists: %+v", r)
		}
	}
	if got := w.trail(root.token, "machine=anns-box&event=access"); len(got) != 1 || got[0].Username != "bob" {
		t.Errorf("the administrator sees %+v", got)
	}
	if got := w.trail(bob.token, "user=ann"); len(got) != 0 {
		t.Errorf("bob sees what ann did: %+v", got)
	}
}

func TestAuditIsFollowed(t *testing.T) {
	w := newWorld(t)
	root := w.account("root")
	var list wire.AuditRecords
	w.do("GET", "/api/audit?limit=1", nil, bearer(root.token)).into(t, &list)
	came := make(chan reply)
	go func() {
		came <- w.do("GET", fmt.Sprintf("/api/audit?wait=true&event=signup&after=%d", list.Through), nil, bearer(root.token))
	}()
	w.signIn(root.email) // not what is waited for
	w.account("ann")
	var more wire.AuditRecords
	(<-came).into(t, &more)
	if len(more.Records) != 1 || more.Records[0].Username != "ann" || more.Through <= list.Through {
		t.Errorf("%+v", more)
	}
}

func TestAuditQueriesThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	root := w.account("root")
	for _, q := range []string{"since=yesterday", "after=-1", "before=x", "limit=0", "limit=1001"} {
		w.do("GET", "/api/audit?"+q, nil, bearer(root.token)).refused(t, wire.ErrBadRequest)
	}
}

// A token that was exchanged long ago was kept by somebody.
func TestReuseOfASupersededToken(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprintf("strict %t", strict), func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.StrictRefresh = strict })
			root := w.account("root")
			ann := w.account("ann")
			refresh := func(token string) (string, int) {
				r := w.do("POST", "/api/auth/refresh", nil, bearer(token))
				var fresh wire.Signed
				_ = wire.Decode([]byte(r.body), &fresh)
				return fresh.Token, r.status
			}
			second, _ := refresh(ann.token)
			twin, _ := refresh(ann.token) // two programs share it
			w.pass(time.Minute)
			if _, status := refresh(second); status != http.StatusOK {
				t.Fatal(status)
			}
			if got := w.trail(root.token, "event=token+reused"); len(got) != 0 {
				t.Fatalf("%+v", got)
			}
			w.pass(time.Minute)
			_, status := refresh(ann.token)
			if got := w.trail(root.token, "event=token+reused"); len(got) != 1 || got[0].UserID != ann.id || got[0].Result != wire.AuditDenied {
				t.Errorf("%+v", got)
			}
			after := w.do("GET", "/api/machines", nil, bearer(twin)).status
			if want := map[bool]int{false: 200, true: 401}[strict]; status != want || after != want {
				t.Errorf("the refresh gave %d, the login's other token %d, want %d", status, after, want)
			}
		})
	}
}

// A flood of refusals is counted, not written down one by one.
func TestAuditCountsAFlood(t *testing.T) {
	f := newFlood()
	wrote := map[string]int{}
	for i := range 5_000 {
		for _, ip := range []string{"192.0.2.1", "2001:db8::" + fmt.Sprintf("%x", i+1)} {
			if f.admit(store.Record{Event: "login failed", IP: ip}) {
				wrote[network(ip)]++
			}
		}
	}
	if len(wrote) != 2 || wrote["192.0.2.1"] != floodFree || wrote["2001:db8::/64"] != floodFree {
		t.Errorf("%v", wrote)
	}
	if early := f.sum(time.Now()); early != nil {
		t.Errorf("%v", early)
	}
	sums := f.sum(time.Now().Add(2 * floodSpan))
	if len(sums) != 2 || !strings.Contains(sums[0].Detail, `"more":"4990"`) || sums[0].Event != "login failed" {
		t.Errorf("%+v", sums)
	}
	if !f.admit(store.Record{Event: "login failed", IP: "192.0.2.1"}) {
		t.Error("the next span does not begin anew")
	}
}

func TestAuditOfAFloodFromEverywhereIsBounded(t *testing.T) {
	f := newFlood()
	wrote := 0
	for i := range 200_000 {
		if f.admit(store.Record{Event: "login failed", IP: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}) {
			wrote++
		}
	}
	if wrote > 2*floodBurst || len(f.seen) > floodKinds+1 {
		t.Errorf("%d records, %d kinds", wrote, len(f.seen))
	}
	if n := len(f.sum(time.Now().Add(2 * floodSpan))); n != floodSums+1 {
		t.Errorf("%d sums", n)
	}
}

// An audit log that cannot be written undoes nothing, and is made up for.
func TestAuditThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	root := w.account("root")
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "vsay.db")+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(query string) {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	second := w.signIn(root.email)
	if r := w.do("POST", "/api/auth/logout", nil, bearer(second.token)); r.status != http.StatusOK {
		t.Errorf("a logout that was done: %d %s", r.status, r.body)
	}
	if !strings.Contains(w.log.String(), "AUDIT LOG CANNOT BE WRITTEN") {
		t.Error("the log says nothing of it")
	}
	exec("DROP TRIGGER full")
	if got := events(w.trail(root.token, "")); !slices.Contains(got, "logout") {
		t.Errorf("it was not made up for: %q", got)
	}
	w.verified(root.token)
}

func TestAuditIsPruned(t *testing.T) {
	w := newWorld(t)
	root := w.account("root")
	w.pass(366 * 24 * time.Hour)
	w.s.pruneAudit(t.Context())
	root = w.signIn(root.email)
	if got := events(w.trail(root.token, "")); !slices.Equal(got[len(got)-2:], []string{"audit pruned", "login"}) || slices.Contains(got, "signup") {
		t.Errorf("%q", got)
	}
	w.verified(root.token)
}

// Text from elsewhere cannot make a second line, nor steer who reads it.
func TestAuditCannotBeForged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	w := newWorld(t, func(c *Config) { c.AuditLog = file })
	root := w.account("root")
	evil := "x\r\n{\"seq\":1}\n\x1b[2J\u009b1m\u202e\u2028\x00\xff"
	w.do("GET", "/api/machines/"+url.PathEscape(evil), nil, bearer(root.token))
	w.do("GET", "/api/terminal/sessions/"+url.PathEscape("x\r\n\x1b[2J\u009b1m\u202e\u2028")+"/wait", nil, bearer(root.token), "User-Agent: a\u009b\u202eb")
	w.settle()
	w.verified(root.token)
	w.stop()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		var r wire.AuditRecord
		if err := wire.Decode([]byte(line), &r); err != nil || r.Seq != int64(n+1) {
			t.Errorf("line %d: %v %q", n, err, line)
		}
		if strings.ContainsFunc(line, wire.Unsafe) {
			t.Errorf("a raw control character: %q", line)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestEveryAnswerNamesItsRequest(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for _, path := range []string{"/health", "/nowhere", "/api/machines", "/api/../x"} {
		id := w.do("GET", path, nil, "X-Request-Id: forged").header.Get("X-Request-Id")
		if len(id) != 16 || seen[id] || !strings.Contains(w.log.String(), id) {
			t.Errorf("%s: %q", path, id)
		}
		seen[id] = true
	}
}

// A collector that hangs costs its own records and nobody's time.
func TestFeedThatIsStuckStallsNobody(t *testing.T) {
	r, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *Config) { c.AuditLog, c.Stdout = "-", out })
	root := w.account("root")
	batch := make([]store.Record, 1000)
	for i := range batch {
		batch[i] = store.Record{At: w.now(), Event: "flood", Detail: "{}"}
	}
	var last int64
	for range 12 {
		if err := w.s.book.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		last = batch[len(batch)-1].Seq
		w.s.journal.feed.send(batch)
	}
	w.signIn(root.email) // nobody reads, and it answers
	lines := bufio.NewScanner(r)
	var have int64
	gaps, again := 0, false
	for have < last && lines.Scan() {
		var x struct {
			Seq int64 `json:"seq"`
			Gap gap   `json:"gap"`
		}
		if err := wire.Decode(lines.Bytes(), &x); err != nil {
			t.Fatalf("%v: %q", err, lines.Text())
		}
		switch {
		case x.Gap.From > 0:
			if x.Gap.From != have+1 {
				t.Errorf("a gap from %d after %d", x.Gap.From, have)
			}
			gaps++
			have = x.Gap.To
		case x.Seq != have+1:
			t.Fatalf("%d after %d", x.Seq, have)
		default:
			have = x.Seq
		}
		if have >= last-1000 && gaps == 0 {
			break
		}
		if !again && len(w.s.journal.feed.in) == 0 { // it goes on, and the next record tells what is missing
			again = true
			w.signIn(root.email)
		}
	}
	if gaps == 0 {
		t.Error("nothing is missing: the pipe was not stuck")
	}
	go func() { // the last words
		for lines.Scan() {
			continue
		}
	}()
	w.stop()
	_, _ = out.Close(), r.Close()
}

func FuzzAuditLine(f *testing.F) {
	f.Add("login\n{}", "ann\r\n", "\x1b]0;x\a", "\u009b\u202e\u2028\xff")
	f.Fuzz(func(t *testing.T, event, user, machine, command string) {
		r := store.Record{Seq: 1, Event: event, Username: user, Machine: machine}
		fill(&r, []any{"command", command, "session", command})
		r.Event, r.Username, r.Machine = bounded(event, 256), bounded(user, 256), bounded(machine, 256)
		line := string(wire.EscapeJSON(wire.Encode(shownRecord(r))))
		var back wire.AuditRecord
		if err := wire.Decode([]byte(line), &back); err != nil || strings.ContainsFunc(line, wire.Unsafe) {
			t.Fatalf("%v: %q", err, line)
		}
		if back.Event != r.Event || back.Username != r.Username || back.Detail["command"] != bounded(command, maxDetail) {
			t.Errorf("%q became %+v", line, back)
		}
	})
}
