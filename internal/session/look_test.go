//go:build linux

package session

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// looks asks until the session is as wanted. There is no telling when a program
// has the terminal, but by asking.
func (o *office) looks(want func(*wire.State) bool) *wire.State {
	o.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		s, err := Look(o.conf.Socket)
		if err != nil || s == nil || s.Session != "s1" {
			o.t.Fatalf("the holder says %v, %v", s, err)
		}
		if want(s) {
			return s
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("the session stays %+v", s)
		}
	}
}

func runs(program string) func(*wire.State) bool {
	return func(s *wire.State) bool { return s.Foreground == program }
}

func TestLook(t *testing.T) {
	c := spec(true, "sh")
	c.Run.Cols, c.Run.Rows = 91, 17
	o := held(t, c)
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a", Cols: 91, Rows: 17})
	if got := o.looks(runs("sh")); got.Cols != 91 || got.Rows != 17 || got.Idle > 20 {
		t.Errorf("at its prompt it is %+v", got)
	}
	s.typed(0, "cat\r")
	o.looks(runs("cat"))
	s.send(wire.ResizeFrame(1, 50, 10))
	o.looks(func(s *wire.State) bool { return s.Cols == 50 && s.Rows == 10 })
	s.typed(4, "\x04")
	o.looks(runs("sh"))
	s.typed(5, "true | cat /dev/tty\r") // the first of the group ends before the others
	o.looks(runs("cat"))
	s.typed(25, "\x04")
	o.looks(runs("sh"))
	s.typed(26, "exit\r")
	s.exits()
	o.finish(s)
}

func TestLookAtACommandWithoutATerminal(t *testing.T) {
	o := held(t, spec(false, "/bin/cat"))
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a"})
	if got := o.looks(runs("cat")); got.Cols != 0 || got.Rows != 0 || got.Title != "" {
		t.Errorf("it is %+v", got)
	}
	s.send(wire.Frame{Kind: wire.KindInputEnd, Stream: 1})
	s.exits()
	o.finish(s)
}

func TestIdle(t *testing.T) {
	h, err := newHolder(Config{Session: "s1", Server: "http://127.0.0.1:1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for ago, want := range map[time.Duration]int64{0: 0, 90 * time.Second: 90, -time.Hour: 0} { // a clock may be set back
		h.moved.unix.Store(time.Now().Add(-ago).UnixNano())
		if got := h.look().Idle; got != want {
			t.Errorf("after %s it is idle for %d s", ago, got)
		}
	}
}

func TestTitleIsOfWhenTheScreenWasDrawn(t *testing.T) {
	c := NewCore("s1", "1", false, 80, 24)
	c.Output([]byte("\x1b]2;first\a"), false)
	if got := c.title(); got != "" || c.screen.model != nil {
		t.Errorf("nobody wanted the screen, and it has the title %q", got)
	}
	c.screen.snapshot(&c.out, true)
	c.Output([]byte("\x1b]2;second\a"), false)
	if got := c.title(); got != "first" {
		t.Errorf("the title is %q", got)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"vi":                          "vi",
		"\x1b]0;x\a\u009b\u202evi\n":  "]0;xvi",
		"\xffvi\xc3":                  "vi",
		strings.Repeat("ü", 40):       strings.Repeat("ü", 32),
		"x" + strings.Repeat("ü", 40): "x" + strings.Repeat("ü", 31),
	} {
		if got := printable(in, 64); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// A holder from before there was anything to say answers as to any question.
func TestLookAtAnOldHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	sock, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	go func() {
		conn, err := sock.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.ReadAll(conn)
		_, _ = conn.Write([]byte(`{"session":"s1"}`))
	}()
	if s, err := Look(path); s != nil || err != nil {
		t.Errorf("%v, %v", s, err)
	}
}
