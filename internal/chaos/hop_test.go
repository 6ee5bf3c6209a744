//go:build unix

package chaos

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// The weather itself is tested, or a run without storms would pass for one that
// stood them.
func TestHop(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
		}
	}()
	noticed := make(chan time.Duration, 16)
	h, err := newHop(echo.Addr().String(), 1, func(d time.Duration) { noticed <- d })
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", h.addr())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	send := func(c net.Conn, text string) {
		t.Helper()
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(c net.Conn, text string, within time.Duration) error {
		_ = c.SetReadDeadline(time.Now().Add(within))
		got := make([]byte, len(text))
		_, err := io.ReadFull(c, got)
		if err == nil && string(got) != text {
			t.Fatalf("sent %q, heard %q", text, got)
		}
		return err
	}

	c := dial()
	h.pieces(1)
	h.slow(time.Millisecond)
	send(c, "in pieces")
	if err := hear(c, "in pieces", time.Minute); err != nil {
		t.Fatal(err)
	}
	h.pieces(-1)
	h.slow(-time.Millisecond)

	end, later := h.outage(bothWays), h.outage(toServer)
	send(c, "late")
	end()
	if err := hear(c, "late", 50*time.Millisecond); err == nil {
		t.Error("a packet passed through an outage")
	}
	later()
	if err := hear(c, "late", time.Minute); err != nil {
		t.Errorf("an outage lost a packet: %v", err)
	}

	h.halfOpen(fromServer, nobody)
	send(c, "gone")
	if err := hear(c, "gone", 50*time.Millisecond); err == nil {
		t.Error("a packet passed through a half-open connection")
	}
	fresh := dial()
	send(fresh, "new")
	if err := hear(fresh, "new", time.Minute); err != nil {
		t.Errorf("a half-open connection took a new one with it: %v", err)
	}
	c.Close()
	<-noticed

	send(fresh, "again")
	if err := hear(fresh, "again", time.Minute); err != nil {
		t.Fatal(err)
	}
	h.cut()
	if err := hear(fresh, "x", time.Minute); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a cut connection should be reset: %v", err)
	}
	fresh.Close()
}

func nobody(*pair) bool { return false }
