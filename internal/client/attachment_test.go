package client

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

func TestOutputGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{Name: "1"})
		p.send(out(0, "hello "), wire.Frame{Kind: wire.KindStderr, Offset: 6, Payload: []byte("oops")})
		p.CloseNow()
		p = <-s.peers
		o := p.open(0)
		if o.OutputFrom == nil || *o.OutputFrom != 10 || o.Generation != 2 || o.Session != "s1" || o.Name != "" {
			t.Errorf("it asked again with %+v", o)
		}
		p.send(out(0, "hello "), out(3, "lo 1234world"), out(15, "!"))
		s.end(p, 16)
		if s.out.String() != "hello world!" || s.err.String() != "oops" {
			t.Errorf("drew %q and %q", s.out.String(), s.err.String())
		}
	})
}

func TestHoleIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		p.send(out(1, "x"))
		if e := <-s.ended; !errors.Is(e.err, wire.ErrProtocol) {
			t.Errorf("it ended with %v", e.err)
		}
	})
}

func TestKeysAreSentAgainFromWhereTheHolderStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		_, _ = s.att.Write([]byte("abcdef"))
		s.att.CloseInput()
		if f := p.expect(wire.KindInput); string(f.Payload) != "abcdef" || f.Offset != 0 {
			t.Errorf("typed %q at %d", f.Payload, f.Offset)
		}
		p.expect(wire.KindInputEnd)
		p.send(wire.AckFrame(lane, 2, 100))
		p.CloseNow()
		p = <-s.peers
		p.open(4)
		if f := p.expect(wire.KindInput); string(f.Payload) != "ef" || f.Offset != 4 {
			t.Errorf("typed again %q at %d", f.Payload, f.Offset)
		}
		if f := p.expect(wire.KindInputEnd); f.Offset != 6 {
			t.Errorf("input ends at %d", f.Offset)
		}
		p.send(wire.AckFrame(lane, 6, 100))
		if s.att.Kept() != 0 {
			t.Errorf("%d bytes are kept", s.att.Kept())
		}
		s.end(p, 0)
	})
}

func TestErrorsThatEndIt(t *testing.T) {
	for _, why := range []*wire.Error{
		wire.ErrUnauthed, wire.ErrReauth, wire.ErrForbidden, wire.ErrNotFound, wire.ErrGone, wire.ErrStolen, wire.ErrProtocol,
	} {
		for how, do := range map[string]func(*peer){
			"the stream":  func(p *peer) { p.send(closing(why)) },
			"the link":    func(p *peer) { p.Close(why) },
			"a next dial": func(p *peer) { p.CloseNow() },
		} {
			t.Run(why.Code+" of "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, p := attached(t, wire.Open{})
					s.refuse <- why
					do(p)
					if e := <-s.ended; !errors.Is(e.err, why) {
						t.Errorf("it ended with %v", e.err)
					}
					if _, err := s.att.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) || !errors.Is(err, why) {
						t.Errorf("typing after the end: %v", err)
					}
				})
			})
		}
	}
}

func TestErrorsThatPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		var lost []error
		s.att.Lost = func(err error) { lost = append(lost, err) }
		for _, why := range []*wire.Error{wire.ErrOffline, wire.ErrUnavailable, wire.ErrUnreachable, wire.ErrInternal, wire.ErrSlowDown} {
			s.refuse <- why
		}
		p.send(closing(wire.ErrLinkLost))
		p = <-s.peers
		p.open(0)
		p.Close(wire.ErrLinkLost) // as a server does that shuts down
		p = <-s.peers
		p.open(0)
		s.end(p, 0)
		if len(lost) != 2 || len(s.refuse) > 0 {
			t.Errorf("told of %v, %d refusals left", lost, len(s.refuse))
		}
	})
}

func TestServerThatIsAwayIsNotHammered(t *testing.T) {
	for name, flaps := range map[string]bool{"refused": false, "dropped at once": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := attached(t, wire.Open{})
				const tries = 100
				if !flaps {
					for range tries {
						s.refuse <- wire.ErrUnreachable
					}
				}
				p.CloseNow()
				if flaps {
					for range tries {
						p := <-s.peers
						p.open(0)
						p.CloseNow()
					}
				}
				p = <-s.peers
				p.open(0)
				times := s.dials()[1:]
				for i, at := range times[1:] {
					if pause := at.Sub(times[i]); pause > maxRedial {
						t.Errorf("pause %d took %v", i, pause)
					}
				}
				if took := times[len(times)-1].Sub(times[0]); took < tries*maxRedial/4 {
					t.Errorf("%d dials in %v", tries, took)
				}
				s.end(p, 0)
			})
		})
	}
}

func TestLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		s.att.Leave()
		if e := <-s.ended; !errors.Is(e.err, ErrLeft) {
			t.Errorf("it ended with %v", e.err)
		}
		if f := p.expect(wire.KindClose); len(f.Payload) > 0 {
			t.Errorf("the session was told %q", f.Payload)
		}
	})
}

func TestLeaveDoesNotWaitForADeadLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		defer s.die(p).CloseNow()
		go func() { _, _ = s.att.Write([]byte("into the void")) }()
		synctest.Wait()
		began := time.Now()
		s.att.Leave()
		if e := <-s.ended; !errors.Is(e.err, ErrLeft) || time.Since(began) > hangUpWithin {
			t.Errorf("it ended with %v after %v", e.err, time.Since(began))
		}
	})
}

func TestLeaveWhileTheServerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		for range 100 {
			s.refuse <- wire.ErrUnreachable
		}
		p.CloseNow()
		<-time.After(time.Minute)
		began := time.Now()
		s.att.Leave()
		if e := <-s.ended; !errors.Is(e.err, ErrLeft) || time.Since(began) > 0 {
			t.Errorf("it ended with %v after %v", e.err, time.Since(began))
		}
	})
}

func TestWriteWaitsWhenTheSessionIsFarBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		wrote := make(chan int, 1)
		go func() {
			n, _ := s.att.Write(make([]byte, 2*maxKept))
			wrote <- n
		}()
		synctest.Wait()
		if s.att.Kept() != maxKept || len(wrote) > 0 {
			t.Errorf("%d bytes are kept", s.att.Kept())
		}
		p.send(wire.AckFrame(lane, 1000, 1<<20))
		if s.att.Kept() != maxKept {
			t.Errorf("after an Ack %d bytes are kept", s.att.Kept())
		}
		p.send(closing(wire.ErrGone))
		<-s.ended
		if n := <-wrote; n != maxKept+1000 {
			t.Errorf("%d bytes were taken", n)
		}
	})
}

func TestSignalsAreKeptWhileTheLinkIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		s.refuse <- wire.ErrOffline
		p.CloseNow()
		synctest.Wait()
		s.att.Signal("INT")
		for range 100 {
			s.att.Signal("TERM")
		}
		p = <-s.peers
		p.open(0)
		if f := p.expect(wire.KindSignal); string(f.Payload) != "INT" {
			t.Errorf("the first signal is %q", f.Payload)
		}
		for range maxWaiting - 1 {
			p.expect(wire.KindSignal)
		}
		s.end(p, 0)
	})
}

func TestWindowThatChangesWhileTheLinkIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{Cols: 80, Rows: 24})
		s.refuse <- wire.ErrOffline
		p.CloseNow()
		synctest.Wait()
		s.att.Resize(100, 30)
		p = <-s.peers
		synctest.Wait()
		s.att.Resize(120, 40) // asked, not answered
		if o := p.open(0); o.Cols != 100 || o.Rows != 30 {
			t.Errorf("it asked with %dx%d", o.Cols, o.Rows)
		}
		if cols, rows, err := p.expect(wire.KindResize).Size(); cols != 120 || rows != 40 || err != nil {
			t.Errorf("and then said %dx%d, %v", cols, rows, err)
		}
		s.end(p, 0)
	})
}

func TestScreenThatWasCutIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, peers: make(chan *peer, 10), ended: make(chan ending, 1)}
		s.att = newAttachment(New(nil, &s.tokens), "box", wire.Open{})
		s.att.dial = s.dial
		begun := make(chan error, 1)
		go func() { begun <- s.att.begin(t.Context()) }()
		answer := func(p *peer, want bool) {
			t.Helper()
			var o wire.Open
			if err := wire.Decode(p.expect(wire.KindOpen).Payload, &o); err != nil || (o.OutputFrom != nil) != want {
				t.Errorf("it asked from %v, %v", o.OutputFrom, err)
			}
			p.send(wire.Frame{Kind: wire.KindOpened, Offset: 100, Payload: wire.Encode(wire.Opened{Session: "s1"})})
		}
		p := <-s.peers
		answer(p, false)
		if err := <-begun; err != nil {
			t.Fatal(err)
		}
		go func() {
			exit, err := s.att.Run(t.Context(), &s.out, &s.err)
			s.ended <- ending{exit, err}
		}()
		p.send(wire.Frame{Kind: wire.KindScreen, Offset: 100, Payload: []byte("half a scr")})
		p.CloseNow()
		p = <-s.peers
		answer(p, false)
		p.send(wire.Frame{Kind: wire.KindScreen, Offset: 100, Payload: []byte("screen")}, wire.Frame{Kind: wire.KindScreen, Offset: 100})
		p.CloseNow()
		p = <-s.peers
		answer(p, true)
		p.send(out(100, "x"))
		s.end(p, 101)
	})
}

func TestGapIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		var told wire.Gap
		s.att.Gap = func(g wire.Gap) { told = g }
		p.send(out(0, "x"),
			wire.Frame{Kind: wire.KindGap, Offset: 50, Payload: wire.Encode(wire.Gap{From: 1, To: 50})},
			wire.Frame{Kind: wire.KindScreen, Offset: 50},
			out(50, "y"))
		s.end(p, 51)
		if told != (wire.Gap{From: 1, To: 50}) || s.out.String() != "xy" {
			t.Errorf("told of %v, drew %q", told, s.out.String())
		}
	})
}

func TestDrawnOutputIsAcknowledgedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		began := time.Now()
		p.send(out(0, "x"))
		if f := p.expect(wire.KindAck); f.Offset != 1 || time.Since(began) > ackWithin {
			t.Errorf("acknowledged up to %d after %v", f.Offset, time.Since(began))
		}
		chunk := strings.Repeat("y", wire.MaxPayload)
		began = time.Now()
		for n := range 4 { // a quarter of the window
			p.send(out(1+n*len(chunk), chunk))
		}
		if f := p.expect(wire.KindAck); time.Since(began) > 0 || f.Window() == 0 {
			t.Errorf("acknowledged up to %d after %v", f.Offset, time.Since(began))
		}
		s.end(p, uint64(1+4*len(chunk)))
	})
}

func TestTerminalThatWasStoppedKeepsItsLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		s.out.blocked = make(chan struct{})
		p.send(out(0, "x"))
		<-time.After(10 * wire.DeadAfter)
		close(s.out.blocked)
		s.end(p, 1)
		if len(s.dials()) != 1 {
			t.Errorf("it was dialled %d times", len(s.dials()))
		}
	})
}

func TestLinkThatIsSilentIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		s.stuck.Store(true)
		p.CloseNow()
		dead := <-s.peers
		defer dead.CloseNow()
		s.stuck.Store(false)
		began := time.Now()
		p = <-s.peers
		if took := time.Since(began); took > openWithin+maxRedial {
			t.Errorf("it took %v to dial again", took)
		}
		p.open(0)
		s.end(p, 0)
	})
}

func TestKeysTypedIntoADeadLinkAreNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		defer s.die(p).CloseNow()
		typed := strings.Repeat("0123456789", 10_000)
		go func() { _, _ = io.WriteString(s.att, typed) }()
		p = <-s.peers
		p.open(0)
		var got bytes.Buffer
		for got.Len() < len(typed) {
			f := p.expect(wire.KindInput)
			if f.Offset != uint64(got.Len()) {
				t.Fatalf("got input at %d, want %d", f.Offset, got.Len())
			}
			got.Write(f.Payload)
		}
		if got.String() != typed {
			t.Error("something else was typed")
		}
		s.end(p, 0)
	})
}

func TestNewTokenIsHandedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		<-time.After(time.Hour)
		s.tokens.set("newer")
		if f := p.expect(wire.KindToken); string(f.Payload) != "newer" {
			t.Errorf("the server was given %q", f.Payload)
		}
		<-time.After(time.Hour)
		s.end(p, 0) // and nothing more of it
	})
}

// The rest is over a real socket.
func TestAttachOverASocket(t *testing.T) {
	source := &tokens{token: "stale"}
	var presented []string
	link := make(chan *wire.Conn, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		presented = append(presented, r.Header.Get("Authorization"))
		if presented[len(presented)-1] == "Bearer stale" {
			w.Header().Set(wire.ErrorHeader, wire.ErrUnauthed.Code)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		conn, err := wire.Accept(w, r, wire.ViewerProtocol)
		if err != nil {
			t.Error(err)
			return
		}
		link <- conn
		p := newPeer(t, conn, 100)
		go p.read()
		p.expect(wire.KindOpen)
		send := func(f wire.Frame) {
			f.Stream = lane
			_ = conn.Write(t.Context(), f)
		}
		send(wire.Frame{Kind: wire.KindOpened, Payload: wire.Encode(wire.Opened{Session: "s1", Window: 100})})
		f := p.expect(wire.KindInput)
		send(wire.Frame{Kind: wire.KindOutput, Payload: f.Payload})
		send(wire.Frame{Kind: wire.KindExit, Offset: uint64(len(f.Payload)), Payload: wire.Encode(wire.Exit{Code: 3})})
		for range p.frames {
		}
	}))
	defer srv.Close()
	att, err := New(endpoint(t, srv.URL), source).Attach(t.Context(), "box", wire.Open{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := att.Write([]byte("echo")); err != nil {
		t.Fatal(err)
	}
	var drawn bytes.Buffer
	exit, err := att.Run(t.Context(), &drawn, io.Discard)
	if err != nil || exit.Code != 3 || drawn.String() != "echo" {
		t.Errorf("drew %q, exit %d, %v", drawn.String(), exit.Code, err)
	}
	(<-link).CloseNow()
	if source.asked != 1 || len(presented) != 2 || presented[1] != "Bearer renewed" {
		t.Errorf("the source was asked %d times, the server shown %q", source.asked, presented)
	}
}
