package cli

import (
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

func TestPickMachine(t *testing.T) {
	machines := []wire.Machine{
		{AgentID: "id1", Name: "box"},
		{AgentID: "id2", Name: "twin"},
		{AgentID: "id3", Name: "twin"},
		{AgentID: "id4", Name: "id1"}, // a name that looks like another's id
	}
	for name, want := range map[string]string{"box": "id1", "id3": "id3", "id1": "id1"} {
		if m, err := pick(machines, name); err != nil || m.AgentID != want {
			t.Errorf("%q is %q, %v; want %q", name, m.AgentID, err, want)
		}
	}
	for name, says := range map[string]string{"nobody": "no machine", "twin": "id2 or id3", "": "no machine"} {
		_, err := pick(machines, name)
		if err == nil || wire.AsError(err).Exit != wire.ExitNotFound || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPickSession(t *testing.T) {
	sessions := []wire.Session{
		{SessionID: "s1", Name: "1", AgentID: "id1", MachineName: "box", Status: wire.StatusActive},
		{SessionID: "s2", Name: "1", AgentID: "id2", MachineName: "other", Status: wire.StatusDetached},
		{SessionID: "s3", Name: "2", AgentID: "id1", MachineName: "box", Status: wire.StatusClosed},
		{SessionID: "s4", Name: "", AgentID: "id1", MachineName: "box", Status: wire.StatusActive},
		{SessionID: "abcdefghij", AgentID: "id1", MachineName: "box", Status: wire.StatusActive},
		{SessionID: "abcdefghkl", AgentID: "id1", MachineName: "box", Status: wire.StatusActive},
		{SessionID: "s5", Name: "1", AgentID: "id5", MachineName: "other", Status: wire.StatusActive},
	}
	for which, want := range map[string]string{"box:1": "s1", "id1:1": "s1", "s4": "s4", "id2:1": "s2", "abcdefghi": "abcdefghij"} {
		if s, err := pickSession(sessions, which); err != nil || s.SessionID != want {
			t.Errorf("%q is %q, %v; want %q", which, s.SessionID, err, want)
		}
	}
	for which, says := range map[string]string{"box:2": "no session", "box": "no session", "box:": "no session", "other:1": "2 sessions", "abcdefgh": "2 sessions", "abcdefg": "no session"} {
		_, err := pickSession(sessions, which)
		if err == nil || wire.AsError(err).Exit != wire.ExitNotFound || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", which, err)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 59 * time.Second: "59s", time.Minute: "1m", 90 * time.Minute: "1h",
		47 * time.Hour: "47h", 48 * time.Hour: "2d",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is %s, want %s", d, got, want)
		}
	}
}
