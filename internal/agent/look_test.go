//go:build unix

package agent

import (
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// holderSays listens where a session's holder would; "" says nothing.
func holderSays(t *testing.T, h *holders, id, says string) {
	t.Helper()
	path, err := h.socket(id)
	if err != nil {
		t.Fatal(err)
	}
	sock, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sock.Close() })
	go func() {
		conn, err := sock.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.ReadAll(conn)
		if says != "" {
			_, _ = conn.Write([]byte(says))
			_ = conn.Close()
		}
	}()
}

// One that is stuck, one that lies and one that is gone are left out, and hold up
// nobody.
func TestLook(t *testing.T) {
	dir, err := os.MkdirTemp("", "look") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &holders{dir: dir}
	id := func(c string) string { return strings.Repeat(c, 26) }
	holderSays(t, h, id("a"), `{"session":"`+id("a")+`","state":{"session":"`+id("a")+`","idle":5,"foreground":"vi"}}`)
	holderSays(t, h, id("b"), "")
	holderSays(t, h, id("c"), `{"session":"`+id("c")+`","state":{"session":"`+id("a")+`","idle":6}}`)
	holderSays(t, h, id("d"), `{"session":"`+id("d")+`"}`)
	holderSays(t, h, id("e"), `{"session":"`+strings.Repeat("x", 1<<20))
	began := time.Now()
	got := h.look([]string{id("a"), id("b"), id("c"), id("d"), id("e"), id("f"), "../../etc/passwd"})
	if want := []wire.State{{Session: id("a"), Idle: 5, Foreground: "vi"}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if took := time.Since(began); took > 4*time.Second { // five if anybody waited as for other questions
		t.Errorf("it took %s", took)
	}
}

func TestLookIsBounded(t *testing.T) {
	h := &holders{dir: t.TempDir()}
	if got := h.look(make([]string, 1<<20)); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
