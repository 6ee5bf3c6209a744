package server

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

// agents is a server with nothing but control links.
func agents() *Server { return &Server{relay: relay.New(slog.New(slog.DiscardHandler))} }

// agent links one that says to each Look what it likes; nil: nothing.
func agent(t *testing.T, s *Server, id string, say func(wire.Look) []wire.State) (leave func()) {
	near, end := wire.Pipe()
	go func() {
		err := s.relay.ServeAgent(t.Context(), relay.Who{AgentID: id}, near, relay.AgentEvents{
			Hello: func(wire.Hello) error { return nil },
		})
		near.Close(wire.AsError(err))
	}()
	go func() {
		_ = end.Write(t.Context(), wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(wire.Hello{Looks: true})})
		for {
			f, err := end.Read(t.Context())
			if err != nil {
				return
			}
			var q wire.Look
			if err := wire.Decode(f.Payload, &q); err != nil {
				t.Error(err)
			}
			if say == nil {
				continue
			}
			reply := wire.Reply{States: say(q)}
			_ = end.Write(t.Context(), wire.Frame{Kind: wire.KindReply, Stream: f.Stream, Payload: wire.Encode(reply)})
		}
	}()
	synctest.Wait()
	return func() { end.CloseNow(); near.CloseNow() }
}

// hourOld are running sessions that began an hour ago.
func hourOld(agentID string, ids ...string) (list []wire.Session) {
	for _, id := range ids {
		list = append(list, wire.Session{SessionID: id, AgentID: agentID, Status: wire.StatusDetached, StartedAt: time.Now().Add(-time.Hour)})
	}
	return list
}

// A machine may be anybody's. What it says counts for the sessions it was asked
// for, once, and within bounds.
func TestLookAtAHostileMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agents()
		evil := "vi\x1b]0;x\a\u009b2J\u202e\r\n"
		defer agent(t, s, "good", func(wire.Look) []wire.State { return []wire.State{{Session: "mine", Idle: 7}} })()
		defer agent(t, s, "bad", func(wire.Look) []wire.State {
			return []wire.State{
				{Session: "mine", Idle: 1, Foreground: "forged"},
				{Session: "unknown"},
				{Session: "past", Idle: -5, Foreground: evil + strings.Repeat("x", 1000), Title: evil + strings.Repeat("ü", 1000)},
				{Session: "past", Idle: 9, Foreground: "again"},
				{Session: "ages", Idle: 1 << 60, Cols: 65535, Rows: 65535},
				{Session: "ended", Foreground: "a ghost"},
			}
		})()
		list := append(hourOld("bad", "past", "ages", "silent", "ended"), hourOld("good", "mine")...)
		list[3].Status = wire.StatusClosed
		s.look(t.Context(), list)

		if x := list[0]; *x.IdleSeconds != 0 || len(x.Foreground) > wire.MaxForeground || len(x.Title) > wire.MaxTitle ||
			!strings.HasPrefix(x.Foreground, "vi]0;x2Jxxx") || strings.ContainsFunc(x.Foreground+x.Title, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("idle %d, %q, %q", *x.IdleSeconds, x.Foreground, x.Title)
		}
		if idle := *list[1].IdleSeconds; idle != 3600 {
			t.Errorf("a session of an hour is idle for %d s", idle)
		}
		for _, x := range list[2:4] {
			if x.IdleSeconds != nil || x.Foreground != "" {
				t.Errorf("%s: %v", x.SessionID, x)
			}
		}
		if x := list[4]; *x.IdleSeconds != 7 || x.Foreground != "" {
			t.Errorf("another machine's session: idle %d, %q", *x.IdleSeconds, x.Foreground)
		}
	})
}

// The list is late by a second at most, whoever does not answer, and the others
// are in it.
func TestLookWaitsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agents()
		defer agent(t, s, "mute", nil)()
		defer agent(t, s, "quick", func(wire.Look) []wire.State { return []wire.State{{Session: "c"}} })()
		list := append(hourOld("mute", "a", "b"), append(hourOld("quick", "c"), hourOld("offline", "d")...)...)
		began := time.Now()
		s.look(t.Context(), list)
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
		for i, known := range []bool{false, false, true, false} {
			if (list[i].IdleSeconds != nil) != known {
				t.Errorf("%s: idle %v", list[i].SessionID, list[i].IdleSeconds)
			}
		}
	})
}

// Many sessions are asked for in several questions, each answer to which fits a
// frame however long everything is.
func TestLookAtManySessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agents()
		ids := make([]string, 256)
		for i := range ids {
			ids[i] = fmt.Sprintf("%026d", i)
		}
		defer agent(t, s, "box", func(q wire.Look) (all []wire.State) {
			for _, id := range q.Sessions {
				all = append(all, wire.State{
					Session: id, Idle: 1 << 60, Cols: 65535, Rows: 65535,
					Foreground: strings.Repeat(`"`, wire.MaxForeground), Title: strings.Repeat(`\`, wire.MaxTitle),
				})
			}
			return all
		})()
		list := hourOld("box", ids...)
		s.look(t.Context(), list)
		for _, x := range list {
			if x.IdleSeconds == nil || len(x.Title) != wire.MaxTitle {
				t.Fatalf("%s: %v", x.SessionID, x)
			}
		}
	})
}
