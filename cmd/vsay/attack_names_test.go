//go:build unix

package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// A session's name is typed, and shown, as a word of its own: none reads as a
// flag, a folder or another session's id.
func TestAttackSessionNames(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	for _, name := range []string{"-x", "--steal", ".", "..", ".x", c.session, "a/b", "a:b", "a b", "\x1b[31m", strings.Repeat("x", 65)} {
		body := string(wire.Encode(wire.RenameSession{Name: name}))
		if status := s.call("PATCH", "/api/terminal/sessions/"+c.session, body); status != http.StatusBadRequest {
			t.Errorf("renamed to %q: %d", name, status)
		}
		out, err := s.site.command("vsay", "attach", "box:"+name).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "name") {
			t.Errorf("attach box:%s: %q, %v", name, out, err)
		}
	}
	for _, name := range []string{"_x", "a.b-c", "été", "世界", "productiondatabase", strings.Repeat("x", 64)} {
		body := string(wire.Encode(wire.RenameSession{Name: name}))
		if status := s.call("PATCH", "/api/terminal/sessions/"+c.session, body); status != http.StatusOK {
			t.Errorf("renamed to %q: %d", name, status)
		}
	}
	_ = c.ws.Close(websocket.StatusNormalClosure, "")
}
