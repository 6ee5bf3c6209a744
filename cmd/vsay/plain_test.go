//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

func TestPlainTerminal(t *testing.T) {
	s := newStage(t)

	t.Run("bytes", func(t *testing.T) {
		s := s.with(t)
		c := s.dial("")
		if c.session == "" {
			t.Error("the answer does not name the session")
		}
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		c.raw("head -c 256")
		c.binary(string(all))
		c.next(all)
		c.raw("head -c 8")
		c.binary("\xf0\x9f") // one character in two messages
		c.binary("\x99\x82")
		c.text("🙂")
		c.next([]byte("🙂🙂"))
	})

	t.Run("paste", func(t *testing.T) {
		s := s.with(t)
		c := s.dial("")
		paste := strings.Repeat("a long paste comes in one message\n", wire.MaxPlain/34)
		c.raw(fmt.Sprintf("head -c %d | sha256sum", len(paste)))
		c.text(paste)
		c.see(fmt.Sprintf("%x", sha256.Sum256([]byte(paste))))
		c = s.dial("")
		c.binary(paste + strings.Repeat(".", 34)) // no paste is that long
		if got := c.closes(); got.Code != websocket.StatusMessageTooBig {
			t.Errorf("closed with %d %q", got.Code, got.Reason)
		}
	})

	t.Run("size", func(t *testing.T) {
		s := s.with(t)
		c := s.dial("&cols=90&rows=30")
		c.text("stty size\r")
		c.see("30 90\r\n")
		c.text(`{"type":"resize","cols":101,"rows":41}`)
		c.text("stty size\r")
		c.see("41 101\r\n")
		for _, nonsense := range []string{"0", "-1", "65536", "1e9", "1.5", "null", `"80"`} {
			c.text(`{"type":"resize","cols":` + nonsense + `,"rows":` + nonsense + `}`)
		}
		c.text("stty size\r")
		c.see("41 101\r\n")
		// The same as binary is what somebody typed, and so is any other object.
		resize := `{"type":"resize","cols":11,"rows":12}`
		hello := `{"type":"hello"}`
		c.raw(fmt.Sprintf("head -c %d", len(resize+hello)))
		c.binary(resize)
		c.text(hello)
		c.next([]byte(resize + hello))
		c.text("stty size\r")
		c.see("41 101\r\n")
	})

	t.Run("exit", func(t *testing.T) {
		s := s.with(t)
		c := s.dial("")
		c.text("exit 7\r")
		if got := c.closes(); got.Code != websocket.StatusNormalClosure || got.Reason != "exit 7" {
			t.Errorf("closed with %d %q", got.Code, got.Reason)
		}
	})

	t.Run("join", func(t *testing.T) {
		s := s.with(t)
		c := s.dial("")
		c.text("here=still; echo rea''dy\r")
		c.see("ready\r\n")
		joined := s.dial("&session_id=" + c.session)
		if joined.session != c.session {
			t.Errorf("joined %s and not %s", joined.session, c.session)
		}
		joined.see("ready")
		joined.text("echo $here here\r")
		joined.see("still here\r\n")
		c.see("still here\r\n")
		if err := joined.ws.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
		c.text("echo $here alone\r")
		c.see("still alone\r\n")
	})

	t.Run("read only", func(t *testing.T) {
		s := s.with(t)
		c := s.dial("")
		c.text("echo rea''dy\r")
		c.see("ready\r\n")
		watcher := s.dial("&read_only=true&session_id=" + c.session)
		watcher.see("ready")
		c.text("echo sh''own\r")
		watcher.see("shown\r\n")
		watcher.text("echo ty''ped\r")
		if got := watcher.closes(); got.Code != websocket.StatusPolicyViolation {
			t.Errorf("closed with %d %q", got.Code, got.Reason)
		}
		c.text("echo do''ne\r")
		c.see("done\r\n")
		if bytes.Contains(c.shown, []byte("typed")) {
			t.Errorf("a viewer that only watches typed: %q", c.shown)
		}
	})

	t.Run("end", func(t *testing.T) { s.with(t).ends() })
	t.Run("abandoned", func(t *testing.T) { s.with(t).abandoned() })
	t.Run("handshakes", func(t *testing.T) { s.with(t).handshakes() })
	t.Run("origins", func(t *testing.T) { s.with(t).origins() })
	t.Run("offline", func(t *testing.T) { s.with(t).offline() })
}

// ends: closed, a session ends with its socket. Broken off, it waits.
func (s *stage) ends() {
	t := s.t
	for name, code := range map[string]websocket.StatusCode{
		"closed": websocket.StatusNormalClosure, "tab closed": websocket.StatusGoingAway, "close()": websocket.StatusNoStatusRcvd,
	} {
		c := s.dial("")
		c.text("echo rea''dy\r")
		c.see("ready\r\n")
		if err := c.ws.Close(code, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := until("the session does not end", func() bool { return s.status(c.session) == "" }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	c := s.dial("")
	c.text("here=still; echo rea''dy\r")
	c.see("ready\r\n")
	if err := c.ws.CloseNow(); err != nil {
		t.Error(err)
	}
	err := until("the session is not detached", func() bool { return s.status(c.session) == wire.StatusDetached })
	if err != nil {
		t.Fatal(err)
	}
	back := s.dial("&session_id=" + c.session)
	back.see("ready")
	back.text("echo $here here\r")
	back.see("still here\r\n")
}

// A session whose only viewer broke off ends after the time it was given. A plain
// terminal gives it a minute; here it is half a second.
func (s *stage) abandoned() {
	link, err := s.link(s.token)
	if err != nil {
		s.t.Fatal(err)
	}
	spec := wire.Spec{Kind: wire.KindShell, TTY: true, Orphan: 0.5}
	open := wire.NewProgress().Ask(wire.Open{New: true, Name: "abandoned", Spec: spec})
	if err := link.Write(s.t.Context(), wire.Frame{Kind: wire.KindOpen, Stream: 1, Payload: wire.Encode(open)}); err != nil {
		s.t.Fatal(err)
	}
	f, err := link.Read(s.t.Context())
	var opened wire.Opened
	if err != nil || f.Kind != wire.KindOpened || wire.Decode(f.Payload, &opened) != nil {
		s.t.Fatalf("%v, %v", f, err)
	}
	link.CloseNow()
	if err := until("the session does not end", func() bool { return s.status(opened.Session) == "" }); err != nil {
		s.t.Error(err)
	}
}
