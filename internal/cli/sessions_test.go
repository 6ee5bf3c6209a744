package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vsay/internal/wire"
)

const sessionID = "uul6q5npf6uossq52mkg5v3bpp"

func TestSessionTable(t *testing.T) {
	now := time.Now()
	idle, three := int64(200), 3
	at := func(s wire.Session) wire.Session {
		s.SessionID, s.MachineName, s.StartedAt = "id", "box", now.Add(-2*time.Hour)
		return s
	}
	for want, s := range map[string]wire.Session{
		"box:1|shell|detached|2h ago|3m|vim|-|id": {Name: "1", Kind: "shell", Status: wire.StatusDetached, IdleSeconds: &idle, Foreground: "vim"},
		"box|exec|active|2h ago|3m|make all|ann (cli), bob read-only|id": {
			Kind: "exec", Status: wire.StatusActive, IdleSeconds: &idle, Foreground: "sh", Command: "make all",
			Viewers: []wire.Viewer{{Username: "ann", Source: "cli"}, {Username: "bob", ReadOnly: true}},
		},
		"box:2|shell|active|2h ago|-|-|-|id":  {Name: "2", Kind: "shell", Status: wire.StatusActive},
		"box:3|shell|exit 3|2h ago|-|-|-|id":  {Name: "3", Kind: "shell", Status: wire.StatusClosed, ExitCode: &three},
		"box|exec|lost|2h ago|-|sleep 9|-|id": {Kind: "exec", Status: wire.StatusClosed, Command: "sleep 9"},
	} {
		rows := sessionTable([]wire.Session{at(s)}, now, 0)
		if got := strings.Join(rows[1], "|"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// On a terminal of 100 columns a usual table fits, whatever runs.
func TestSessionTableFits(t *testing.T) {
	for _, name := range []string{"1", "deployment", strings.Repeat("x", 64)} {
		s := wire.Session{
			SessionID: sessionID, Name: name, MachineName: "box", Kind: "shell", Status: wire.StatusDetached, StartedAt: time.Now(),
			Command: "make all install", Viewers: []wire.Viewer{{Username: "ann", Source: "cli", ReadOnly: true}},
		}
		var b strings.Builder
		table(&b, sessionTable([]wire.Session{s}, time.Now(), 80))
		for line := range strings.Lines(b.String()) {
			if n := cells(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%d columns in 80: %s", n, line)
			}
		}
		if !strings.Contains(b.String(), sessionID[:shortID]) || !strings.Contains(b.String(), "box:"+name[:1]) || !strings.Contains(b.String(), "make") {
			t.Errorf("too much is gone: %s", &b)
		}
	}

	long := wire.Session{
		SessionID: sessionID, Name: "1", MachineName: "laptop", Kind: "shell", Status: wire.StatusDetached, StartedAt: time.Now(),
		Command: strings.Repeat("日本", 40) + "\x1b[2J", Viewers: slices.Repeat([]wire.Viewer{{Username: "ann", Source: "cli"}}, 9),
	}
	for _, width := range []int{100, 140} {
		var b strings.Builder
		table(&b, sessionTable([]wire.Session{long}, time.Now(), width))
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		for _, line := range lines {
			if n := cells(line); n > width {
				t.Errorf("%d columns in %d: %s", n, width, line)
			}
		}
		if !strings.Contains(lines[1], sessionID) || !strings.Contains(lines[1], "日本") || !strings.Contains(lines[1], "ann (cli)") {
			t.Errorf("too much is gone: %s", lines[1])
		}
	}
	if rows := sessionTable([]wire.Session{long}, time.Now(), 0); strings.Contains(rows[1][5], "…") {
		t.Errorf("not on a terminal, and it was cut: %s", rows[1][5])
	}
	if rows := sessionTable([]wire.Session{long}, time.Now(), 10); cells(rows[1][5]) > least || cells(rows[1][5]) < least-1 {
		t.Errorf("narrow: %s", rows[1][5])
	}
}

// Columns stay columns whatever the names are written in.
func TestTablePadsByCells(t *testing.T) {
	var b strings.Builder
	table(&b, [][]string{{"NAME", "ID"}, {"日本", "1"}, {"e\u0301té", "2"}, {"ann", "3"}})
	want := "NAME  ID\n日本  1\ne\u0301té   2\nann   3\n"
	if b.String() != want {
		t.Errorf("the table is\n%s, want\n%s", b.String(), want)
	}
}

func TestWatchersAreCounted(t *testing.T) {
	const names = "ann (cli), bob (web), eve (cli)"
	for width, want := range map[int]string{31: names, 30: "ann (cli), bob (web) +1", 22: "ann (cli) +2", 5: "ann (cli) +2"} {
		if got := fewer(names, width); got != want {
			t.Errorf("in %d columns: %q, want %q", width, got, want)
		}
	}
	if got := cut("日本語", 4); got != "日…" {
		t.Errorf("cut to %q", got)
	}
}

// killer is a server with some sessions, of which one cannot be ended.
type killer struct {
	mu    sync.Mutex
	ended []string
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, _ := strings.CutPrefix(r.URL.Path, "/api/terminal/sessions/")
	switch {
	case r.Method == http.MethodGet:
		var list wire.Sessions
		for i := range 4 {
			list.Sessions = append(list.Sessions, wire.Session{SessionID: fmt.Sprint("id", i), Name: fmt.Sprint(i), MachineName: "box", Status: wire.StatusDetached})
		}
		_, _ = w.Write(wire.Encode(list))
	case id == "id3":
		w.Header().Set(wire.ErrorHeader, wire.ErrOffline.Code)
		w.WriteHeader(wire.ErrOffline.Status)
		_, _ = w.Write(wire.Encode(wire.ErrorBody{Error: wire.ErrOffline.Message}))
	default:
		k.mu.Lock()
		k.ended = append(k.ended, id)
		k.mu.Unlock()
		_, _ = w.Write([]byte("{}"))
	}
}

func TestKillSeveral(t *testing.T) {
	for args, want := range map[string]struct {
		code  int
		ended string
		says  string
	}{
		"box:1":             {0, "id1", "ended 1 on box\n"},
		"box:1 id2 box:1":   {0, "id1 id2", "ended 1 on box\nended 2 on box\n"},
		"box:1 box:9":       {5, "", "vsay: no session \"box:9\" runs: name it MACHINE:NAME or by its id, as vsay sessions shows\n"},
		"box:1 box:3 box:2": {1, "id1 id2", "ended 1 on box\nended 2 on box\nvsay: 1 of 3 sessions were not ended: machine is offline\n"},
		"id1":               {0, "id1", "ended 1 on box\n"},
		"box:3":             {1, "", "vsay: machine is offline\n"},
	} {
		k := &killer{}
		signedIn(t, k.ServeHTTP)
		got := vsay(t, append([]string{"kill"}, strings.Fields(args)...)...)
		slices.Sort(k.ended)
		if ended := strings.Join(k.ended, " "); got.code != want.code || ended != want.ended || got.err != want.says {
			t.Errorf("vsay kill %s: exit %d, ended %q, %q", args, got.code, ended, got.err)
		}
	}
}
