package server

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

func TestWhoOnlyWatchesNeverGetsAKeyboard(t *testing.T) {
	for query, want := range map[string]bool{
		"": false, "read_only=false": false, "read_only=0": false, "read_only=true": true, "read_only=1": true, "read_only=TRUE": true,
	} {
		q, _ := url.ParseQuery(query)
		if got, err := wantsToWatch(q); err != nil || got != want {
			t.Errorf("%q: %v, %v", query, got, err)
		}
	}
	for _, query := range []string{"read_only", "read_only=", "read_only=yes", "read_only=on", "read_only=true%20"} {
		q, _ := url.ParseQuery(query)
		if _, err := wantsToWatch(q); err == nil || wire.AsError(err).Status != http.StatusBadRequest {
			t.Errorf("%q: %v", query, err)
		}
	}
}

// A session that was given up while it started must not run on unseen: its
// holder, on dialling, hears that it is over.
func TestATicketOfASessionThatIsOverIsGone(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	id := strings.Repeat("a", 26)
	x := store.Session{ID: id, Kind: wire.KindExec, AgentID: b.id, MachineName: "box", UserID: ann.id, Username: "ann", StartedAt: time.Now(), LastActive: time.Now()}
	if err := w.s.store.CreateSession(t.Context(), &x); err != nil {
		t.Fatal(err)
	}
	ticket := w.s.tickets.issue(id)
	if err := w.s.lost(t.Context(), x, true, context.Canceled); err == nil {
		t.Error("the reason was lost")
	}
	r := w.do("GET", "/api/hold/ws", nil,
		"Authorization: Vsay-Ticket "+id+"."+ticket, wire.SecretHeader+": "+hex.EncodeToString(make([]byte, 32)))
	r.refused(t, wire.ErrGone)
}

// A machine that never comes back must not leave its sessions behind for ever.
func TestSessionsOfAMachineThatIsGoneAreWrittenOff(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DetachedTTL = 2 * time.Hour })
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	began := w.now()
	x := store.Session{ID: "s", Kind: wire.KindShell, AgentID: b.id, MachineName: "box", UserID: ann.id, Username: "ann", StartedAt: began, LastActive: began}
	if err := w.s.store.CreateSession(t.Context(), &x); err != nil {
		t.Fatal(err)
	}
	seen := func(at time.Time) {
		t.Helper()
		if err := w.s.store.SawFacts(t.Context(), []store.Sighting{{AgentID: b.id, At: at}}); err != nil {
			t.Fatal(err)
		}
	}
	over := func() bool {
		t.Helper()
		if err := w.s.endSilent(t.Context()); err != nil {
			t.Fatal(err)
		}
		x, err := w.s.store.SessionByID(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		return x.EndedAt != nil
	}
	seen(began)
	w.pass(2 * time.Hour)
	if over() {
		t.Error("written off while it may be there")
	}
	seen(w.now())
	w.pass(2 * time.Hour)
	if over() {
		t.Error("written off though its machine was there")
	}
	w.pass(2 * time.Hour)
	if !over() {
		t.Error("it is there for ever")
	}
}

// deadlines notes what it is told, as the writer of a real connection obeys it.
type deadlines struct {
	http.ResponseWriter
	read, write time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }

func TestAnAnswerMayTakeAsLongAsACommand(t *testing.T) {
	soon := time.Now().Add(time.Second)
	d := &deadlines{httptest.NewRecorder(), soon, soon}
	outlast(&recorder{ResponseWriter: d})
	if !d.read.IsZero() || !d.write.IsZero() {
		t.Errorf("limits are left: %v, %v", d.read, d.write)
	}
}

func TestOneServerAloneHasADataFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := New(t.Context(), Config{DataDir: dir}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	told := &toldOnce{cancel: cancel}
	if s, err := New(ctx, Config{DataDir: dir}, slog.New(slog.NewTextHandler(told, nil))); err == nil || !strings.Contains(err.Error(), "another vsay serve uses") {
		t.Errorf("a second server: %v, %v", s, err)
	}
	// One that waits gets the folder when the other one leaves.
	told.cancel = func() {
		if err := first.Close(); err != nil {
			t.Error(err)
		}
	}
	second, err := New(t.Context(), Config{DataDir: dir}, slog.New(slog.NewTextHandler(told, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// toldOnce is a log that acts on what it hears.
type toldOnce struct{ cancel func() }

func (l *toldOnce) Write(b []byte) (int, error) {
	l.cancel()
	return len(b), nil
}
