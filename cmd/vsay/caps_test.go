//go:build unix

package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// Whoever is at a limit is refused with 429, what runs goes on, and others feel
// nothing of it.
func TestCaps(t *testing.T) {
	s := newStage(t, "--limit", "sessions-per-user=3", "--limit", "viewers-per-session=2", "--limit", "sockets-per-user=6",
		"--limit", "opens-per-minute=5")
	refused := func(what, query string) {
		t.Helper()
		resp, body := s.ask(s.terminalURL(s.token)+query, nil)
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s %s", what, resp.Status, body)
		}
	}
	first := s.dial("")
	first.text("echo rea''dy\r")
	first.see("ready\r\n")
	second, third := s.dial(""), s.dial("")
	refused("a fourth session", "")
	if err := (&viewer{t: t, progress: wire.NewProgress()}).open(s, s.token, wire.Open{New: true}); !errors.Is(err, wire.ErrSlowDown) {
		t.Errorf("a fourth session by frames: %v", err)
	}
	watch := s.dial("&session_id=" + first.session)
	refused("a third viewer", "&session_id="+first.session)
	s.dial("&session_id=" + second.session)
	refused("a seventh terminal, counting the one of frames", "&session_id="+third.session)
	if err := watch.ws.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}

	bob := s.another("bob")
	his := bob.dial("")
	his.text("echo also rea''dy\r")
	his.see("also ready\r\n")

	first.text("exit\r")
	_ = first.closes()
	if err := until("no room is made", func() bool { return s.status(first.session) == "" }); err != nil {
		t.Fatal(err)
	}
	for range 2 { // three were opened before
		c := s.dial("")
		c.text("exit\r")
		_ = c.closes()
	}
	refused("a sixth in a minute", "")
	third.text("echo still th''ere\r")
	third.see("still there\r\n")
}

// Over its rate a socket is not read, and not closed: every byte arrives.
func TestTooMuchInputWaits(t *testing.T) {
	s := newStage(t, "--limit", "input-per-second=65536", "--limit", "input-burst=65536", "--limit", "upload-burst=65536", "--limit", "frames-per-second=100", "--limit", "frames-burst=100")
	const size = 192 << 10 // two seconds of it, after the first
	text := strings.Repeat("0123456789abcdef", size/16)
	slow := func(what string, do func()) {
		t.Helper()
		began := time.Now()
		do()
		if took := time.Since(began); took < 1500*time.Millisecond {
			t.Errorf("%s took %s", what, took)
		}
	}
	c := s.dial("")
	c.raw(fmt.Sprintf("head -c %d | sha256sum", size))
	slow("plain", func() {
		c.binary(text)
		c.see(sum(text))
	})
	c.raw("head -c 300 | wc -c")
	slow("300 messages", func() {
		for range 300 {
			c.text("x")
		}
		c.see("300")
	})
	v := s.view(wire.Open{New: true, Cols: 80, Rows: 24})
	v.types(fmt.Appendf(nil, "stty raw -echo; printf go%%s -; head -c %d | sha256sum; stty sane\r", size))
	v.must("go-")
	slow("frames", func() {
		v.types([]byte(text))
		v.must(sum(text))
	})
	// A command's stdin is bounded by its window alone: this would take a minute.
	long := strings.Repeat(text, 21)
	cmd := s.site.command("vsay", "exec", "box", "--", "sha256sum")
	cmd.Env, cmd.Stdin = append(cmd.Env, "VSAY_TOKEN="+s.token), strings.NewReader(long)
	began := time.Now()
	if out, err := cmd.Output(); err != nil || !strings.HasPrefix(string(out), sum(long)) || time.Since(began) > 40*time.Second {
		t.Errorf("exec took %s: %s, %v", time.Since(began), out, err)
	}
}

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// A terminal ends with its token, a while after it; the session does not. Who signs
// in again goes on where he was.
func TestATerminalEndsAfterItsToken(t *testing.T) {
	s := newStage(t)
	s.server.end(os.Interrupt)
	var err error
	if s.server, _, err = s.site.serve("HOST", strings.TrimPrefix(s.url, "http://"), "--session-max", "5s", "--limit", "token-grace=1s"); err != nil {
		t.Fatal(err)
	}
	if err := until("the machine does not come back", func() bool { return s.site.shows(s.agent) }); err != nil {
		t.Fatal(err)
	}
	signIn := func() string {
		t.Helper()
		site := s.site
		site.env = append(slices.Clone(site.env), "VSAY_PASSWORD=correct horse")
		if out, err := site.command("vsay", "login", "--email", "ann@example.com").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		token, err := s.site.command("vsay", "token").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(token))
	}
	s.token = signIn() // whose five seconds begin here, with all that is slow behind us
	open := wire.Open{New: true, Cols: 80, Rows: 24}
	v := s.view(open)
	v.types([]byte("stty -echo; PS1=; echo rea''dy; i=0; while sleep 0.05; do i=$((i+1)); echo line $i.; done\r"))
	v.must("ready\r\n")
	var closed websocket.CloseError
	if err := v.sees([]byte("never")); !errors.As(err, &closed) || closed.Code != 4401 {
		t.Fatalf("the terminal ended with %v", err)
	}
	token := signIn()
	open.Session, open.New = v.opened.Session, false
	if err := v.open(s, token, open); err != nil {
		t.Fatal(err)
	}
	for was := len(v.shown); len(v.shown) < was+200; {
		f, err := v.read()
		if err != nil {
			t.Fatal(err)
		}
		if err := v.take(f); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(string(v.shown), "\r\n")
	for i, line := range lines[:len(lines)-1] {
		if want := fmt.Sprintf("line %d.", i+1); line != want {
			t.Fatalf("%q came and not %q", line, want)
		}
	}
}
