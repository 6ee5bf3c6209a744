//go:build linux

package session

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vsay/internal/wire"
)

// office is a server for one holder: the test says what it says.
type office struct {
	t      *testing.T
	conf   Config
	links  chan *session
	away   atomic.Bool // refuses everybody, as a server that starts
	header chan http.Header
	over   chan error // Run's
}

// session is the server's end of a session link.
type session struct {
	*wire.Conn
	t      *testing.T
	frames chan wire.Frame
	ended  chan wire.Exit
	sent   map[uint32]uint64 // by stream: how far its output has come
	out    bytes.Buffer      // of the viewer on stream 1
	at     uint64
}

// held starts a holder, in this process, with a real program.
func held(t *testing.T, c Config) *office {
	t.Helper()
	o := &office{t: t, conf: c, links: make(chan *session, 100), header: make(chan http.Header, 1000), over: make(chan error, 1)}
	srv := httptest.NewServer(http.HandlerFunc(o.answer))
	t.Cleanup(srv.Close)
	o.conf.Session, o.conf.Name, o.conf.Ticket = "s1", "1", "ticket"
	o.conf.Server, o.conf.Socket = srv.URL, filepath.Join(t.TempDir(), "s")
	if o.conf.TTL == 0 {
		o.conf.TTL = 3600
	}
	said, out := io.Pipe()
	go func() {
		o.over <- Run(context.Background(), bytes.NewReader(wire.Encode(o.conf)), out, slog.New(slog.DiscardHandler))
	}()
	if b, err := io.ReadAll(said); string(b) != "ok\n" || err != nil {
		t.Fatalf("the holder said %q, %v", b, err)
	}
	return o
}

func (o *office) answer(w http.ResponseWriter, r *http.Request) {
	o.header <- r.Header
	if o.away.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	conn, err := wire.Accept(w, r, wire.HoldProtocol)
	if err != nil {
		o.t.Error(err)
		return
	}
	s := &session{Conn: conn, t: o.t, frames: make(chan wire.Frame, 1000), ended: make(chan wire.Exit, 10), sent: map[uint32]uint64{}}
	o.links <- s
	s.read()
}

func (s *session) read() {
	defer close(s.frames)
	defer s.CloseNow()
	for {
		f, err := s.Read(context.Background())
		if err != nil {
			return
		}
		f.Payload = bytes.Clone(f.Payload)
		if f.Kind == wire.KindEnded {
			var e wire.Exit
			if err := wire.Decode(f.Payload, &e); err != nil {
				s.t.Error(err)
			}
			s.ended <- e
			continue
		}
		s.frames <- f
	}
}

func (s *session) send(f wire.Frame) {
	s.t.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// next is each frame that comes.
func (s *session) next(yield func(wire.Frame) bool) {
	for f := range s.frames {
		if f.Kind == wire.KindOutput || f.Kind == wire.KindStderr {
			s.sent[f.Stream] = f.Offset + uint64(len(f.Payload))
		}
		if !yield(f) {
			return
		}
	}
}

// open joins a viewer and reads its answer.
func (s *session) open(stream uint32, o wire.Open) wire.Opened {
	s.t.Helper()
	if o.Window == 0 {
		o.Window = 1 << 20
	}
	s.send(wire.Frame{Kind: wire.KindOpen, Stream: stream, Payload: wire.Encode(o)})
	var a wire.Opened
	for f := range s.next {
		if f.Kind != wire.KindOpened || f.Stream != stream {
			s.take(f)
			continue
		}
		if err := wire.Decode(f.Payload, &a); err != nil {
			s.t.Fatal(err)
		}
		return a
	}
	s.t.Fatal("the link ended before Opened")
	return a
}

func (s *session) typed(at int, p string) {
	s.t.Helper()
	s.send(wire.Frame{Kind: wire.KindInput, Stream: 1, Offset: uint64(at), Payload: []byte(p)})
}

// until reads what stream 1 is sent until want was drawn. Everything is
// acknowledged at once.
func (s *session) until(want string) string {
	s.t.Helper()
	for f := range s.frames {
		if s.take(f); strings.Contains(s.out.String(), want) {
			return s.out.String()
		}
	}
	s.t.Fatalf("the link ended without %q: %q", want, s.out.String())
	return ""
}

func (s *session) take(f wire.Frame) {
	s.t.Helper()
	if f.Stream != 1 || f.Kind != wire.KindOutput && f.Kind != wire.KindStderr {
		return
	}
	if s.at != 0 && f.Offset != s.at {
		s.t.Errorf("output at %d, want %d", f.Offset, s.at)
	}
	s.at = f.Offset + uint64(len(f.Payload))
	s.out.Write(f.Payload)
	s.send(wire.AckFrame(1, s.at, 1<<20))
}

// exits reads to the end of stream 1, and says goodbye as a viewer does.
func (s *session) exits() wire.Exit {
	s.t.Helper()
	for f := range s.frames {
		s.take(f)
		if f.Kind == wire.KindExit {
			var e wire.Exit
			if err := wire.Decode(f.Payload, &e); err != nil || f.Offset < s.at {
				s.t.Errorf("Exit at %d after %d, %v", f.Offset, s.at, err)
			}
			s.send(wire.Frame{Kind: wire.KindClose, Stream: 1})
			return e
		}
	}
	s.t.Fatal("the link ended before Exit")
	return wire.Exit{}
}

// finish writes the end down, and sees the holder off.
func (o *office) finish(s *session) wire.Exit {
	o.t.Helper()
	e := <-s.ended
	s.send(wire.Frame{Kind: wire.KindAck})
	if err := <-o.over; err != nil {
		o.t.Errorf("the holder ended with %v", err)
	}
	if left := descendants(); len(left) > 0 {
		o.t.Errorf("processes are left: %v", left)
	}
	return e
}

func TestCommandFromStartToEnd(t *testing.T) {
	o := held(t, spec(false, sh(`cat; echo done >&2; exit 5`)...))
	h := <-o.header
	if h.Get("Authorization") != "Vsay-Ticket s1.ticket" || len(h.Get(wire.SecretHeader)) != 64 {
		t.Errorf("the first dial says %v", h)
	}
	s := <-o.links
	if a := s.open(1, wire.Open{Attachment: "a"}); a.Session != "s1" || a.Name != "1" || a.TTY {
		t.Errorf("answered with %+v", a)
	}
	s.typed(0, "hello\n")
	s.until("hello\n")
	s.send(wire.Frame{Kind: wire.KindInputEnd, Stream: 1, Offset: 6})
	if e := s.exits(); e.Code != 5 || s.out.String() != "hello\ndone\n" {
		t.Errorf("exit %d after %q", e.Code, s.out.String())
	}
	if e := o.finish(s); e.Code != 5 {
		t.Errorf("the server is told of %v", e)
	}
}

func TestCommandThatDoesNotStart(t *testing.T) {
	o := held(t, spec(true, "no-such-program-here"))
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a"})
	if e := s.exits(); e.Code != 127 || e.Error == "" {
		t.Errorf("it ended with %+v", e)
	}
	o.finish(s)
}

func TestSessionGoesOnOverABrokenLink(t *testing.T) {
	o := held(t, spec(true, "cat"))
	s := <-o.links
	<-o.header
	s.open(1, wire.Open{Attachment: "a"})
	s.typed(0, "one\r")
	s.until("one\r\none\r\n")
	s.CloseNow()
	again := <-o.links
	if h := <-o.header; !strings.HasPrefix(h.Get("Authorization"), "Vsay-Session s1.") || h.Get(wire.SecretHeader) != "" {
		t.Errorf("the second dial says %v", h)
	}
	if a := again.open(1, wire.Open{Attachment: "a", Generation: 1, OutputFrom: &s.at}); a.InputFrom != 4 {
		t.Errorf("typed up to 4, and it waits for %d", a.InputFrom)
	}
	again.typed(0, "one\rtwo\r")
	again.until("two\r\ntwo\r\n")
	if got := again.out.String(); got != "two\r\ntwo\r\n" {
		t.Errorf("drew %q", got)
	}
	again.send(wire.Frame{Kind: wire.KindInput, Stream: 1, Offset: 8, Payload: []byte{4}}) // Ctrl-D
	again.exits()
	o.finish(again)
}

func TestHolderIsThereForAViewerThatJustBrokeOff(t *testing.T) {
	o := held(t, spec(true, "cat"))
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a"})
	s.send(wire.Frame{Kind: wire.KindClose, Stream: 1, Payload: wire.Encode(wire.ErrLinkLost)})
	s.send(wire.Frame{Kind: wire.KindOpen, Stream: 2}) // its refusal says that Close was read
	for f := range s.next {
		if f.Stream == 2 && f.Kind == wire.KindClose {
			break
		}
	}
	s.CloseNow()
	s = <-o.links
	from := uint64(0)
	s.open(1, wire.Open{Attachment: "a", Generation: 1, OutputFrom: &from})
	s.send(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte{4}})
	s.exits()
	o.finish(s)
}

// A program that reads nothing stops neither its output, nor signals, nor others.
func TestProgramThatNeverReads(t *testing.T) {
	for _, tty := range []bool{false, true} {
		o := held(t, spec(tty, sh(`
			[ -t 0 ] && stty raw -echo
			trap 'echo bye; exit 9' INT
			trap 'echo still here' USR1
			echo ready
			while :; do sleep 1000 & wait $!; done`)...))
		s := <-o.links
		s.open(1, wire.Open{Attachment: "a"})
		s.until("ready")
		at := 0
		for at < inputWindow {
			s.typed(at, strings.Repeat("x", wire.MaxPayload))
			at += wire.MaxPayload
		}
		s.send(wire.Frame{Kind: wire.KindSignal, Stream: 1, Payload: []byte("USR1")})
		s.until("still here")
		if a := s.open(2, wire.Open{Attachment: "b", ReadOnly: true}); a.Session != "s1" {
			t.Errorf("a second viewer is answered with %+v", a)
		}
		s.send(wire.Frame{Kind: wire.KindClose, Stream: 2})
		s.send(wire.Frame{Kind: wire.KindSignal, Stream: 1, Payload: []byte("INT")})
		if e := s.exits(); e.Code != 9 {
			t.Errorf("tty %v: exit %d after %q", tty, e.Code, s.out.String())
		}
		o.finish(s)
	}
}

// The controller's socket is blocked: the program waits, what is on its way is
// bounded, and the other viewer gets all of that.
func TestControllerThatIsStuck(t *testing.T) {
	o := held(t, spec(false, sh(`yes | head -c 3000000; echo end >&2; cat`)...))
	s := <-o.links
	const window = 100_000
	s.open(2, wire.Open{Attachment: "b", Window: 1 << 22, ReadOnly: true})
	s.open(1, wire.Open{Attachment: "a", Window: window})
	for s.sent[1] < window || s.sent[2] < window {
		for range s.next {
			break
		}
	}
	if s.sent[1] > window {
		t.Fatalf("%d bytes were sent to one that granted %d", s.sent[1], window)
	}
	s.send(wire.AckFrame(1, window, 1<<22))
	for f := range s.next {
		s.send(wire.AckFrame(f.Stream, s.sent[f.Stream], 1<<22))
		if s.sent[1] == 3000004 && s.sent[2] == 3000004 {
			break
		}
	}
	s.send(wire.Frame{Kind: wire.KindClose, Stream: 2})
	s.send(wire.Frame{Kind: wire.KindInputEnd, Stream: 1})
	s.exits()
	o.finish(s)
}

func TestEndFromTheMachine(t *testing.T) {
	o := held(t, spec(true, sh(`sleep 1000 & echo ready; wait`)...))
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a"})
	s.until("ready")
	if id, err := Find(o.conf.Socket); id != "s1" || err != nil {
		t.Errorf("found %q, %v", id, err)
	}
	if err := End(o.conf.Socket); err != nil {
		t.Error(err)
	}
	if e := s.exits(); e.Signal != "HUP" {
		t.Errorf("it ended with %+v", e)
	}
	o.finish(s)
	if _, err := Find(o.conf.Socket); err == nil {
		t.Error("the socket outlives its session")
	}
}

func TestEndIsReportedWhenTheServerIsBack(t *testing.T) {
	o := held(t, spec(true, sh(`read line; exit 4`)...))
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a"})
	o.away.Store(true)
	s.typed(0, "\r")
	s.CloseNow()
	for range 3 {
		<-o.header // it tries
	}
	o.away.Store(false)
	s = <-o.links
	from := uint64(0)
	s.open(1, wire.Open{Attachment: "a", Generation: 1, OutputFrom: &from})
	s.typed(0, "\r") // unless it got there
	if e := s.exits(); e.Code != 4 {
		t.Errorf("exit %d", e.Code)
	}
	if e := o.finish(s); e.Code != 4 {
		t.Errorf("the server is told of %v", e)
	}
}

func TestSessionThatWasLeftByBreakingOffEnds(t *testing.T) {
	c := spec(true, "cat")
	c.Run.Orphan = 1
	o := held(t, c)
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a"})
	began := time.Now()
	s.send(wire.Frame{Kind: wire.KindClose, Stream: 1, Payload: wire.Encode(wire.ErrLinkLost)})
	e := <-s.ended
	if took := time.Since(began); took < time.Second || e.Signal != "HUP" {
		t.Errorf("it ended after %v with %+v", took, e)
	}
	from := uint64(0)
	s.open(1, wire.Open{Attachment: "a", Generation: 1, OutputFrom: &from}) // who comes late sees the end
	s.exits()
	s.ended <- e
	o.finish(s)
}

func TestCalledWhileTheLinkIsAlive(t *testing.T) {
	o := held(t, spec(true, "cat"))
	s := <-o.links
	s.open(1, wire.Open{Attachment: "a"})
	if err := Redial(o.conf.Socket); err != nil {
		t.Error(err)
	}
	s.typed(0, "x\r")
	s.until("x\r\nx\r\n")
	s.send(wire.Frame{Kind: wire.KindInput, Stream: 1, Offset: 2, Payload: []byte{4}})
	s.exits()
	o.finish(s)
	if len(o.links) > 0 {
		t.Error("it dialled again")
	}
}

func TestRefusedHolderEnds(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(wire.ErrorHeader, wire.ErrUnauthed.Code)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer srv.Close()
	c := spec(true, "cat")
	c.Session, c.Ticket, c.Server, c.Socket = "s1", "stale", srv.URL, filepath.Join(t.TempDir(), "s")
	said, out := io.Pipe()
	go func() { _, _ = io.Copy(io.Discard, said) }()
	if err := Run(t.Context(), bytes.NewReader(wire.Encode(c)), out, slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
	if left := descendants(); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
}
