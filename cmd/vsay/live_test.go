//go:build unix

package main

import (
	"bufio"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// live has the list of machines open, as a page has, and gives each one that comes.
func (s *stage) live() <-chan wire.Machine {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+"/api/machines", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = http.Header{"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + s.token}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	lists := make(chan wire.Machine, 1000)
	go func() {
		defer close(lists)
		defer resp.Body.Close()
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			var list wire.Machines
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && wire.Decode([]byte(data), &list) == nil {
				lists <- list.Machines[0]
			}
		}
	}()
	return lists
}

// A page sees what happens on a machine within a second or two, without asking.
func TestLiveMachines(t *testing.T) {
	s := newStage(t)
	lists := s.live()
	sees := func(what string, good func(wire.Machine) bool) {
		t.Helper()
		began := time.Now()
		for {
			select {
			case m, ok := <-lists:
				if !ok {
					t.Fatalf("%s: the stream has ended", what)
				}
				if good(m) {
					t.Logf("%s after %s", what, time.Since(began).Round(time.Millisecond))
					return
				}
			case <-time.After(patience):
				t.Fatalf("%s is not to be seen", what)
			}
		}
	}
	sees("the machine", func(m wire.Machine) bool { return m.Status == wire.StatusOnline && m.Sessions == 0 })
	a := s.dial("")
	sees("a session", func(m wire.Machine) bool { return m.Sessions == 1 })
	if _, err := s.site.command("vsay", "exec", "--detach", "box", "--", "sleep", "1000").Output(); err != nil {
		t.Fatal(err)
	}
	sees("another", func(m wire.Machine) bool { return m.Sessions == 2 })
	if _, err := s.site.command("vsay", "kill", a.session).Output(); err != nil {
		t.Fatal(err)
	}
	sees("its end", func(m wire.Machine) bool { return m.Sessions == 1 })
	s.box.end(os.Kill)
	sees("that the agent has gone", func(m wire.Machine) bool { return m.Status == wire.StatusOffline })
	if s.box, _ = s.site.agent("box"); s.box == nil {
		t.Fatal("no agent")
	}
	sees("that it is back", func(m wire.Machine) bool { return m.Status == wire.StatusOnline })
}
