//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vsay/internal/wire"

	_ "modernc.org/sqlite" // the test tampers with the server's file
)

// refreshed has the server do something n times that it writes down.
func (s *stage) refreshed(n int) {
	s.t.Helper()
	for range n {
		if status := s.call("POST", "/api/auth/refresh", ""); status != http.StatusOK {
			s.t.Fatal(status)
		}
	}
}

func (s *stage) audited(query ...string) []wire.AuditRecord {
	s.t.Helper()
	out, err := s.site.command("vsay", append([]string{"audit", "-o", "json", "-n", "1000"}, query...)...).Output()
	var list wire.AuditRecords
	if err == nil {
		err = json.Unmarshal(out, &list)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Records
}

// Whoever changes the server's file while nobody looks is found out, by the record.
func TestAuditVerifyFindsWhatWasChanged(t *testing.T) {
	s := newStage(t)
	s.refreshed(50)
	all := s.audited()
	if len(all) < 50 {
		t.Fatalf("%d records", len(all))
	}
	if out, err := s.site.command("vsay", "audit", "verify").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.box.end(os.Interrupt)
	s.server.end(syscall.SIGTERM)
	dir := filepath.Join(s.site.dir, "data", "HOST")
	sound, err := os.ReadFile(filepath.Join(dir, "vsay.db"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "vsay.db-wal")); err == nil && info.Size() > 0 {
		t.Fatal("the file is not the whole database")
	}
	verify := func(args ...string) (wire.AuditCheck, error) {
		out, err := s.site.command("vsay", append([]string{"audit", "verify", "-o", "json"}, args...)...).Output()
		var c wire.AuditCheck
		if jerr := json.Unmarshal(out, &c); jerr != nil {
			t.Fatalf("%v: %s", jerr, out)
		}
		return c, err
	}
	c, err := verify("--data-dir", dir)
	if err != nil || !c.OK || c.Records < int64(len(all)) {
		t.Fatalf("%v %+v", err, c)
	}
	last := c.Last

	victim := all[len(all)/2]
	at := bytes.Index(sound, []byte(victim.RequestID))
	if at < 0 || victim.RequestID == "" {
		t.Fatalf("record %d is not in the file", victim.Seq)
	}
	for _, bit := range []byte{0x01, 0x80} {
		backup := filepath.Join(s.site.dir, "backup.db")
		flipped := bytes.Clone(sound)
		flipped[at] ^= bit
		if err := os.WriteFile(backup, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"--file", backup, "--data-dir", dir}, {"--file", backup}} {
			if c, err := verify(args...); err == nil || c.OK || c.BadSeq != victim.Seq {
				t.Errorf("%q: %v %+v, want record %d", args, err, c, victim.Seq)
			}
		}
	}

	db, err := sql.Open("sqlite", filepath.Join(dir, "vsay.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := verify("--data-dir", dir); err == nil || c.OK || c.BadSeq != last {
		t.Errorf("the last record: %v %+v, want record %d", err, c, last)
	}
	// The server goes on, and what it adds heals nothing.
	if s.server, _, err = s.site.serve("HOST", strings.TrimPrefix(s.url, "http://")); err != nil {
		t.Fatal(err)
	}
	if c, err := verify(); err == nil || c.OK || c.BadSeq != last {
		t.Errorf("after a restart: %v %+v", err, c)
	}
}

// Nothing that opens a door, and nothing that is typed, is in what the server writes
// down, even if it is asked to say everything.
func TestLogsHoldNoSecrets(t *testing.T) {
	stream := filepath.Join(t.TempDir(), "audit.jsonl")
	s := newStage(t, "--log-level", "debug", "--log-format", "json", "--audit-log", stream) // with the password "correct horse"
	key, err := s.site.command("vsay", "api-key").Output()
	if err != nil {
		t.Fatal(err)
	}
	ws := s.dial("")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := ws.ws.Write(ctx, websocket.MessageBinary, []byte("echo CANARY-$((40+2))-typed; exit\n")); err != nil {
		t.Fatal(err)
	}
	var seen []byte
	for !bytes.Contains(seen, []byte("CANARY-42-typed")) {
		_, b, err := ws.ws.Read(ctx)
		if err != nil {
			t.Fatalf("%v: %q", err, seen)
		}
		seen = append(seen, b...)
	}
	for _, address := range []string{"/api/machines?token=" + s.token, "/api/terminal/none/ws?token=" + s.token, "/nowhere?token=" + s.token} {
		send(t, "GET", s.url+address, "")
	}
	if n := len(s.audited("--event", "attach")); n != 1 {
		t.Errorf("%d attach records", n)
	}
	s.server.end(syscall.SIGTERM)
	written, err := os.ReadFile(stream)
	if err != nil || !bytes.Contains(written, []byte(`"session started"`)) {
		t.Fatalf("%v %s", err, written)
	}
	log := s.server.log.String()
	if !strings.Contains(log, `"level":"DEBUG"`) || !strings.Contains(log, "/nowhere") {
		t.Fatal("the log does not say everything")
	}
	for what, canary := range map[string]string{
		"the token": s.token, "its signature": s.token[strings.LastIndexByte(s.token, '.')+1:], "the password": "correct horse",
		"the API key": strings.TrimSpace(string(key)), "what was typed": "CANARY",
	} {
		if strings.Contains(log, canary) {
			t.Errorf("%s is in the log", what)
		}
		if bytes.Contains(written, []byte(canary)) {
			t.Errorf("%s is in the audit stream", what)
		}
	}
}
