package client

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

// news has the stage's attachment note what it tells, and when.
func (s *stage) news() *[]string {
	var told []string
	s.att.Lost = func(error) { told = append(told, "lost") }
	s.att.Back = func() { told = append(told, "back") }
	return &told
}

func (s *stage) typed(keys string) {
	s.t.Helper()
	if _, err := s.att.Write([]byte(keys)); err != nil {
		s.t.Fatal(err)
	}
}

func TestSecondLinkTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		told := s.news()
		p.send(out(0, "prompt"))
		p.expect(wire.KindAck)
		defer p.freeze()()
		began := time.Now()
		go func() { _, _ = s.att.Write([]byte("ls\r")) }()
		second := <-s.peers
		if took := time.Since(began); took < doubtful || took > doubtful+lookEvery+minRedial {
			t.Errorf("a second link was dialled after %v", took)
		}
		if since := s.att.Silent(); since.Sub(began) > lookEvery || !slices.Equal(*told, []string{"lost"}) {
			t.Errorf("it was told of %q, of a silence since %v", *told, since.Sub(began))
		}
		o := second.open(0)
		if o.Generation != 2 || *o.OutputFrom != 6 || o.Session != "s1" {
			t.Errorf("it asked with %+v", o)
		}
		if f := second.expect(wire.KindInput); string(f.Payload) != "ls\r" || f.Offset != 0 {
			t.Errorf("typed %q at %d", f.Payload, f.Offset)
		}
		second.send(wire.AckFrame(lane, 3, 100), out(6, "$"))
		if !slices.Equal(*told, []string{"lost", "back"}) {
			t.Errorf("it was told of %q", *told)
		}
		if _, err := p.Read(t.Context()); err == nil {
			t.Error("the old link was kept")
		}
		s.end(second, 7)
		if s.out.String() != "prompt$" {
			t.Errorf("drew %q", s.out.String())
		}
	})
}

func TestSecondLinkThatIsRefusedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		defer p.freeze()()
		for range 3 {
			s.refuse <- wire.ErrUnreachable
		}
		go func() { _, _ = s.att.Write([]byte("x")) }()
		second := <-s.peers
		second.open(0)
		if len(s.dials()) != 5 {
			t.Errorf("it was dialled %d times", len(s.dials()))
		}
		second.expect(wire.KindInput)
		second.send(wire.AckFrame(lane, 1, 100))
		s.end(second, 0)
	})
}

// The holder closes the old stream as soon as it has heard of the new one, and
// that may be the first thing that comes.
func TestOldLinkMaySayThatItWasSuperseded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		told := s.news()
		p.mute.Store(true) // what it was asked meanwhile is lost
		thaw := p.freeze()
		go func() { _, _ = s.att.Write([]byte("x")) }()
		second := <-s.peers
		thaw()
		p.expect(wire.KindInput)
		p.send(closing(wire.ErrStolen))
		second.open(1)
		synctest.Wait()
		if s.att.Kept() != 0 || !slices.Equal(*told, []string{"lost", "back"}) || len(s.dials()) != 2 {
			t.Errorf("%d kept, told of %q, %d dials", s.att.Kept(), *told, len(s.dials()))
		}
		second.send(closing(wire.ErrStolen)) // by somebody else, this time
		if e := <-s.ended; !errors.Is(e.err, wire.ErrStolen) {
			t.Errorf("it ended with %v", e.err)
		}
	})
}

func TestOldLinkThatIsHeardFirstStays(t *testing.T) {
	for name, answer := range map[string]bool{"before the other one was asked": false, "and the other one as well": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := attached(t, wire.Open{})
				told := s.news()
				thaw := p.freeze()
				go func() { _, _ = s.att.Write([]byte("x")) }()
				second := <-s.peers
				second.expect(wire.KindOpen)
				thaw()
				p.expect(wire.KindInput)
				p.send(out(0, "late"), wire.AckFrame(lane, 1, 100))
				if answer { // too late
					_ = second.Write(t.Context(), wire.Frame{Kind: wire.KindOpened, Stream: lane, Payload: wire.Encode(wire.Opened{Session: "s1"})})
				}
				if _, ok := <-second.frames; ok || !slices.Equal(*told, []string{"lost", "back"}) {
					t.Errorf("the second link goes on; told of %q", *told)
				}
				p.send(closing(wire.ErrStolen)) // the holder heard of it, all the same
				third := <-s.peers
				if o := third.open(1); *o.OutputFrom != 4 || o.Generation != 3 {
					t.Errorf("it asked with %+v", o)
				}
				s.end(third, 4)
				if s.out.String() != "late" {
					t.Errorf("drew %q", s.out.String())
				}
			})
		})
	}
}

func TestProgramThatDoesNotReadIsNoBrokenLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		told := s.news()
		s.typed("x")
		p.expect(wire.KindInput)
		<-time.After(10 * time.Minute)
		if len(s.dials()) != 1 || len(*told) > 0 {
			t.Errorf("%d dials, told of %q", len(s.dials()), *told)
		}
		if n := p.pings.Load(); n < 60 || n > 601 {
			t.Errorf("the session was asked %d times in ten minutes", n)
		}
		p.send(wire.AckFrame(lane, 1, 100))
		before := p.pings.Load()
		<-time.After(time.Hour)
		if n := p.pings.Load(); n > before {
			t.Errorf("asked %d times although all was acknowledged", n-before)
		}
		s.end(p, 0)
	})
}

func TestTerminalThatWasStoppedIsNoBrokenLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		s.out.blocked = make(chan struct{})
		p.send(out(0, "x"))
		s.typed("y")
		p.expect(wire.KindInput)
		<-time.After(time.Hour)
		close(s.out.blocked)
		if len(s.dials()) != 1 {
			t.Errorf("it was dialled %d times", len(s.dials()))
		}
		p.send(wire.AckFrame(lane, 1, 100))
		p.expect(wire.KindAck)
		s.end(p, 1)
	})
}

// A holder of the release before answers no Ping. Its links are not torn down
// for ever because a program does not read.
func TestSessionThatAnswersNoPingIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		p.mute.Store(true)
		s.typed("x")
		for len(s.dials()) < maxMute+2 { // the first one did answer, before
			p.expect(wire.KindInput)
			p = <-s.peers
			p.mute.Store(true)
			p.open(0)
		}
		p.expect(wire.KindInput)
		<-time.After(time.Hour)
		if len(s.dials()) > maxMute+2 {
			t.Errorf("it was dialled %d times", len(s.dials()))
		}
		p.send(wire.AckFrame(lane, 1, 100))
		s.end(p, 0)
	})
}

func TestLeaveWhileASecondLinkIsDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		defer p.freeze()()
		s.stuck.Store(true)
		go func() { _, _ = s.att.Write([]byte("x")) }()
		second := <-s.peers
		defer second.CloseNow()
		began := time.Now()
		s.att.Leave()
		if e := <-s.ended; !errors.Is(e.err, ErrLeft) || time.Since(began) > hangUpWithin {
			t.Errorf("it ended with %v after %v", e.err, time.Since(began))
		}
	})
}

func TestSecondLinkThatWillNeverBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		told := s.news()
		thaw := p.freeze()
		s.refuse <- wire.ErrGone
		go func() { _, _ = s.att.Write([]byte("x")) }()
		<-time.After(10 * time.Second)
		thaw()
		p.expect(wire.KindInput)
		p.send(wire.AckFrame(lane, 1, 100))
		if !slices.Equal(*told, []string{"lost", "back"}) {
			t.Errorf("told of %q", *told)
		}
		s.end(p, 0)
	})
}

func TestSpoiltScreenIsDrawnAnew(t *testing.T) {
	screen := func(at uint64, text string) []wire.Frame {
		return []wire.Frame{{Kind: wire.KindScreen, Offset: at, Payload: []byte(text)}, {Kind: wire.KindScreen, Offset: at}}
	}
	t.Run("with a new link", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, p := attached(t, wire.Open{})
			p.send(out(0, "ab"))
			s.refuse <- wire.ErrUnreachable
			s.att.Lost = func(error) { s.att.Spoil() }
			p.CloseNow()
			p = <-s.peers
			if o := p.open(0); !o.Redraw || *o.OutputFrom != 2 {
				t.Errorf("it asked with %+v", o)
			}
			p.send(out(2, "cd"))
			p.send(screen(4, "<abcd>")...)
			p.send(out(4, "e"))
			p.CloseNow()
			p = <-s.peers
			s.att.Lost = nil
			p.open(0)
			s.end(p, 5)
			if s.out.String() != "abcd<abcd>e" {
				t.Errorf("drew %q", s.out.String())
			}
		})
	})
	t.Run("on the link that is there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, p := attached(t, wire.Open{})
			s.att.Lost = func(error) { s.att.Spoil() }
			p.mute.Store(true) // what it was asked meanwhile is lost
			thaw := p.freeze()
			s.stuck.Store(true) // the second link stays without an answer
			go func() { _, _ = s.att.Write([]byte("x")) }()
			defer (<-s.peers).CloseNow()
			thaw()
			p.expect(wire.KindInput)
			p.send(out(0, "ab"))
			o := p.open(0) // on another stream
			if !o.Redraw || *o.OutputFrom != 2 || p.stream.Load() != lane+1 {
				t.Errorf("it asked with %+v on stream %d", o, p.stream.Load())
			}
			if err := p.Write(t.Context(), wire.Frame{Kind: wire.KindOutput, Stream: lane, Offset: 2, Payload: []byte("old")}); err != nil {
				t.Fatal(err)
			}
			if err := p.Write(t.Context(), wire.Frame{Kind: wire.KindClose, Stream: lane, Payload: wire.Encode(wire.ErrStolen)}); err != nil {
				t.Fatal(err)
			}
			if f := p.expect(wire.KindInput); string(f.Payload) != "x" || f.Stream != lane+1 {
				t.Errorf("typed %q on stream %d", f.Payload, f.Stream)
			}
			p.send(wire.AckFrame(lane, 1, 100))
			p.send(screen(2, "<ab>")...)
			p.send(out(2, "c"))
			s.end(p, 3)
			if s.out.String() != "ab<ab>c" || len(s.dials()) != 2 {
				t.Errorf("drew %q, %d dials", s.out.String(), len(s.dials()))
			}
		})
	})
}

func TestTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{})
		ask := func() (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			_, session, err := s.att.Trips(ctx)
			return session + time.Since(began), err // in memory an answer takes no time
		}
		if took, err := ask(); err != nil || took > 0 {
			t.Errorf("a link that is there: %v, %v", took, err)
		}
		p.mute.Store(true)
		if took, err := ask(); err != nil || took != time.Second {
			t.Errorf("a session that does not answer: %v, %v", took, err)
		}
		s.stuck.Store(true)
		p.CloseNow()
		synctest.Wait()
		if _, err := ask(); !errors.Is(err, wire.ErrLinkLost) {
			t.Errorf("no link at all: %v", err)
		}
		s.stuck.Store(false)
		(<-s.peers).CloseNow()
		p = <-s.peers
		p.open(0)
		s.end(p, 0)
	})
}

func TestWhoOnlyWatchesAsksAnewWhenTheWindowChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := attached(t, wire.Open{ReadOnly: true, Cols: 80, Rows: 24})
		for cols := uint16(81); cols < 91; cols++ { // dragged
			s.att.Resize(cols, 24)
			<-time.After(20 * time.Millisecond)
		}
		o := p.open(0)
		if o.Cols != 90 || !o.ReadOnly || p.stream.Load() != lane+1 {
			t.Errorf("it asked with %+v on stream %d", o, p.stream.Load())
		}
		s.att.Resize(100, 30)
		if o := p.open(0); o.Cols != 100 || o.Rows != 30 {
			t.Errorf("it asked with %+v", o)
		}
		p.send(out(0, "x"))
		p.expect(wire.KindAck)
		<-time.After(time.Minute)
		s.end(p, 1)
		if len(s.dials()) != 1 || s.out.String() != "x" {
			t.Errorf("%d dials, drew %q", len(s.dials()), s.out.String())
		}
	})
}

// A way that is dead in one direction only brings output still. That is no answer.
func TestOutputIsNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		pongs bool
		links int
	}{"the session answers": {true, 1}, "it does not": {false, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := attached(t, wire.Open{})
				s.typed("x")
				p.expect(wire.KindInput)
				p.mute.Store(!c.pongs)
				began := time.Now()
				for at := 0; time.Since(began) < 30*time.Second && len(s.dials()) == 1; at++ {
					p.send(out(at, "."))
					p.expect(wire.KindAck)
					<-time.After(100 * time.Millisecond)
				}
				if n := len(s.dials()); n != c.links {
					t.Fatalf("%d links after %v", n, time.Since(began))
				}
				if took := time.Since(began); c.links == 2 && (took < deaf-askAfter || took > deaf+2*time.Second) {
					t.Errorf("a second link was dialled after %v", took)
				}
				if c.links == 1 {
					p.send(wire.AckFrame(lane, 1, 100))
					s.end(p, 0)
					return
				}
				second := <-s.peers
				second.open(0)
				second.expect(wire.KindInput)
				second.send(wire.AckFrame(lane, 1, 100))
				s.end(second, 0)
			})
		})
	}
}
