//go:build linux

package session

import (
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"vsay/internal/wire"
)

// A holder whose state is held answers all the same: the screen may have much to do.
func TestAHolderAnswersWhileItsScreenIsBusy(t *testing.T) {
	c := spec(true, "cat")
	c.Session, c.Server, c.Socket = "s1", "http://127.0.0.1:1", filepath.Join(t.TempDir(), "s")
	h, err := newHolder(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	sock, err := listen(c.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	go h.answer(sock)
	h.mu.Lock()
	if h.abandoned() {
		t.Error("a busy session is taken for one that was left")
	}
	for what, ask := range map[string]func(string) error{
		"find": func(s string) error { _, err := Find(s); return err },
		"look": func(s string) error { _, err := Look(s); return err },
		"end":  End,
	} {
		if err := ask(c.Socket); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	<-h.end
	deadline := time.After(20 * time.Second)
	for !h.core.screen.stop.Load() {
		select {
		case <-deadline:
			t.Fatal("the screen goes on")
		case <-time.After(10 * time.Millisecond):
		}
	}
	h.mu.Unlock()
	h.mu.Lock()
	for !h.ending {
		h.changed.Wait()
	}
	h.mu.Unlock()
}

// Who accepts and says nothing is not gone, and is not said to have sent bad JSON.
func TestAHolderThatSaysNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	sock, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := sock.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	if _, err := Look(path); !errors.Is(err, wire.ErrUnavailable) {
		t.Errorf("it is %v", err)
	}
	if err := Kill(path); !errors.Is(err, wire.ErrForbidden) {
		t.Errorf("this very process may be killed: %v", err)
	}
	sock.Close()
	if err := Kill(path); !errors.Is(err, wire.ErrGone) {
		t.Errorf("nobody there is %v", err)
	}
}
