package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vsay/internal/wire"
)

var auditKey = []byte(strings.Repeat("k", 32))

// written is a log of n records, each of which differs.
func written(t *testing.T, n int) (*Store, *AuditLog) {
	t.Helper()
	s := newStore(t)
	a := s.AuditLog(auditKey)
	add(t, a, n)
	return s, a
}

func add(t *testing.T, a *AuditLog, n int) {
	t.Helper()
	for i := range n {
		r := Record{
			At: fromMS(int64(1_000 * (i + 1))), Event: "login", Result: "ok", UserID: fmt.Sprint("u", i%3), Username: "ann", Login: "l",
			IP: "192.0.2.1", OwnerID: "u9", AgentID: "m", Machine: "box", Session: "s", Request: "r", Detail: `{"n":"1"}`,
		}
		if err := a.Append(t.Context(), []Record{r}); err != nil {
			t.Fatal(err)
		}
	}
}

func verdict(t *testing.T, s *Store) wire.AuditCheck {
	t.Helper()
	c, err := s.VerifyAudit(t.Context(), auditKey)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAuditChainIsSound(t *testing.T) {
	s, _ := written(t, 5)
	c := verdict(t, s)
	if !c.OK || c.Records != 5 || c.First != 1 || c.Last != 5 {
		t.Fatalf("%+v", c)
	}
	add(t, s.AuditLog(auditKey), 2) // as after a restart
	if c := verdict(t, s); !c.OK || c.Records != 7 {
		t.Fatalf("%+v", c)
	}
	if _, err := s.write.Exec("UPDATE audit SET ip = '' WHERE seq = 1"); err == nil {
		t.Error("a record could be changed")
	}
}

// Whatever is done to the tables, by somebody who does not have the key, shows; and
// what is appended later does not heal it.
func TestAuditFindsTampering(t *testing.T) {
	tampering := map[string]struct {
		sql string
		bad int64
	}{
		"taken out of the middle": {"DELETE FROM audit WHERE seq = 3", 3},
		"the first taken out":     {"DELETE FROM audit WHERE seq = 1", 1},
		"the last taken out":      {"DELETE FROM audit WHERE seq = 5", 5},
		"the last two taken out":  {"DELETE FROM audit WHERE seq >= 4", 4},
		"all taken out":           {"DELETE FROM audit", 1},
		"swapped": {`UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;
			UPDATE audit SET seq = 3 WHERE seq = 99`, 2},
		"one added":              {"INSERT INTO audit SELECT 6, at, event, result, user_id, username, login, ip, owner_id, agent_id, machine, session, request, detail, hash FROM audit WHERE seq = 5", 6},
		"the hash":               {"UPDATE audit SET hash = zeroblob(32) WHERE seq = 4", 4},
		"the hash of the last":   {"UPDATE audit SET hash = zeroblob(32) WHERE seq = 5", 5},
		"the seal taken away":    {"DELETE FROM audit_seals", 5},
		"the end sealed anew":    {"DELETE FROM audit WHERE seq = 5; UPDATE audit_seals SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)", 4},
		"a beginning made up":    {"INSERT INTO audit_seals SELECT 'anchor', 2, hash, mac FROM audit_seals; DELETE FROM audit WHERE seq <= 2", 2},
		"a byte of the seal":     {"UPDATE audit_seals SET mac = zeroblob(32)", 5},
		"two fields' border":     {"UPDATE audit SET username = username || substr(login, 1, 1), login = substr(login, 2) WHERE seq = 2", 2},
		"a text become a number": {"UPDATE audit SET at = at + 1 WHERE seq = 2", 2},
	}
	for _, column := range []string{"event", "result", "user_id", "username", "login", "ip", "owner_id", "agent_id", "machine", "session", "request", "detail"} {
		tampering[column] = struct {
			sql string
			bad int64
		}{"UPDATE audit SET " + column + " = 'X' || substr(" + column + ", 2) WHERE seq = 3", 3}
	}
	for name, c := range tampering {
		t.Run(name, func(t *testing.T) {
			s, _ := written(t, 5)
			if _, err := s.write.Exec("DROP TRIGGER audit_stays; " + c.sql); err != nil {
				t.Fatal(err)
			}
			if got := verdict(t, s); got.OK || got.BadSeq != c.bad {
				t.Fatalf("%+v, want record %d", got, c.bad)
			}
			add(t, s.AuditLog(auditKey), 3)
			if got := verdict(t, s); got.OK {
				t.Errorf("what came after healed it: %+v", got)
			}
		})
	}
}

func TestAuditWithoutTheKeyChecksTheChainAlone(t *testing.T) {
	s, _ := written(t, 3)
	if c, err := s.VerifyAudit(t.Context(), nil); err != nil || !c.OK || c.Sealed {
		t.Errorf("%+v %v", c, err)
	}
	if c, err := s.VerifyAudit(t.Context(), []byte("another")); err != nil || c.OK {
		t.Errorf("another key: %+v %v", c, err)
	}
}

func TestAuditIsPrunedFromItsBeginning(t *testing.T) {
	s, a := written(t, 6)
	n, err := a.Prune(t.Context(), fromMS(3_500)) // the first three are older
	if err != nil || n != 3 {
		t.Fatalf("%d %v", n, err)
	}
	if c := verdict(t, s); !c.OK || c.First != 4 || c.Records != 3 {
		t.Fatalf("%+v", c)
	}
	if n, err = a.Prune(t.Context(), fromMS(1e15)); err != nil || n != 2 {
		t.Fatalf("all are old, and the last stays: %d %v", n, err)
	}
	add(t, a, 1)
	if c := verdict(t, s); !c.OK || c.First != 6 || c.Last != 7 {
		t.Fatalf("%+v", c)
	}
	if _, err := s.write.Exec("DELETE FROM audit WHERE seq = 6"); err != nil {
		t.Fatal(err)
	}
	if c := verdict(t, s); c.OK || c.BadSeq != 6 {
		t.Errorf("after the anchor one is missing: %+v", c)
	}
}

func TestAuditIsSealedAnew(t *testing.T) {
	s, a := written(t, 4)
	if _, err := a.Prune(t.Context(), fromMS(1_500)); err != nil {
		t.Fatal(err)
	}
	fresh := []byte("a fresh key")
	tx, err := s.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := reseal(t.Context(), tx, auditKey, fresh); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if c, err := s.VerifyAudit(t.Context(), fresh); err != nil || !c.OK {
		t.Errorf("%+v %v", c, err)
	}
	if c := verdict(t, s); c.OK {
		t.Error("the old key is still good")
	}
}

// A write that fails leaves the chain as it was, and the next one goes on.
func TestAuditGoesOnAfterAFailedWrite(t *testing.T) {
	s, a := written(t, 2)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Append(gone, []Record{{At: time.Now(), Event: "lost"}}); err == nil {
		t.Fatal("it was written")
	}
	add(t, a, 1)
	if c := verdict(t, s); !c.OK || c.Records != 3 {
		t.Errorf("%+v", c)
	}
}

func TestAuditOfManyAtOnce(t *testing.T) {
	s, a := written(t, 0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { add(t, a, 20) })
	}
	wg.Wait()
	if c := verdict(t, s); !c.OK || c.Records != 160 {
		t.Errorf("%+v", c)
	}
}

func TestAuditIsListed(t *testing.T) {
	s := newStore(t)
	a := s.AuditLog(auditKey)
	err := a.Append(t.Context(), []Record{
		{At: fromMS(1_000), Event: "login", Result: "ok", UserID: "1", Username: "ann", IP: "192.0.2.1"},
		{At: fromMS(2_000), Event: "login failed", Result: "failed", UserID: "2", Username: "bob", IP: "192.0.2.2"},
		{At: fromMS(3_000), Event: "access denied", Result: "denied", UserID: "2", Username: "bob", OwnerID: "1", AgentID: "m1", Machine: "Box"},
		{At: fromMS(4_000), Event: "logins", Result: "ok", UserID: "3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		q    AuditQuery
		want []int64
	}{
		"all":              {AuditQuery{}, []int64{1, 2, 3, 4}},
		"the last":         {AuditQuery{Limit: 2}, []int64{3, 4}},
		"before":           {AuditQuery{Limit: 2, Before: 3}, []int64{1, 2}},
		"after":            {AuditQuery{Limit: 2, After: 1}, []int64{2, 3}},
		"about ann":        {AuditQuery{About: "1"}, []int64{1, 3}},
		"bob by name":      {AuditQuery{User: "BOB"}, []int64{2, 3}},
		"bob by id":        {AuditQuery{User: "2"}, []int64{2, 3}},
		"a machine":        {AuditQuery{Machine: "box"}, []int64{3}},
		"words, not signs": {AuditQuery{Event: "login"}, []int64{1, 2}},
		"a result":         {AuditQuery{Result: "denied"}, []int64{3}},
		"an address":       {AuditQuery{IP: "192.0.2.2"}, []int64{2}},
		"since":            {AuditQuery{Since: fromMS(3_000)}, []int64{3, 4}},
		"until":            {AuditQuery{Until: fromMS(3_000)}, []int64{1, 2}},
		"ann's by bob":     {AuditQuery{About: "1", User: "2"}, []int64{3}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.q.Limit == 0 {
				c.q.Limit = 100
			}
			list, err := s.Audit(t.Context(), c.q)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, r := range list {
				got = append(got, r.Seq)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
