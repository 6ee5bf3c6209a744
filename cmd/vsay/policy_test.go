//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vsay/internal/wire"
)

// A machine's own policy holds whatever the server passes on: here it passes frames
// made by hand, as a hostile one would make them.
func TestMachinePolicy(t *testing.T) {
	s := newStage(t)
	watched := filepath.Join(s.site.dir, "dashboard")
	const dashboard = "#!/bin/sh\ntrap 'echo signalled' INT TERM HUP WINCH\nwhile :; do sleep .05; echo \"tick $(stty size) $PROMPT_COMMAND\"; done\n"
	if err := os.WriteFile(watched, []byte(dashboard), 0o700); err != nil {
		t.Fatal(err)
	}
	s.alsoAgent(t, "wall", "--read-only", "--allow-command", "echo hello there", "--shell", watched)
	s.alsoAgent(t, "jobs", "--allow-command", "cat", "--allow-command", "echo hello there")

	t.Run("watched", func(t *testing.T) { s.with(t).onlyWatched() })
	t.Run("commands", func(t *testing.T) {
		for _, c := range []struct{ says, args string }{
			{"hello there\n", "exec wall -- echo hello there"},
			{"hello there\n", "exec jobs -- echo hello there"},
			{"does not run that command", "exec wall -- echo hello"},
			{"does not run that command", "exec jobs -- cat /etc/passwd"},
			{"takes no variables", "exec -e LD_PRELOAD=/tmp/evil.so jobs -- cat"},
			{"in the home folder only", "exec -w /tmp jobs -- cat"},
			{"has no shell", "attach --new jobs"},
		} {
			out, err := s.site.command("vsay", strings.Fields(c.args)...).CombinedOutput()
			if good := strings.HasSuffix(c.says, "\n"); good != (err == nil) || !strings.Contains(string(out), c.says) {
				t.Errorf("vsay %s: %v, %s", c.args, err, out)
			}
		}
		cat := s.site.command("vsay", "exec", "jobs", "--", "cat")
		cat.Stdin = strings.NewReader("typed")
		if out, err := cat.CombinedOutput(); err != nil || string(out) != "typed" {
			t.Errorf("a command that is allowed reads %q, %v", out, err)
		}
	})
}

// onlyWatched tries to reach the program of the machine that may only be watched.
func (s *stage) onlyWatched() {
	s.agent = s.machine("wall")
	spec := wire.Spec{Kind: wire.KindShell, TTY: true, Env: []string{"PROMPT_COMMAND=evil"}}
	if f := s.framed().open(wire.Open{New: true, Spec: spec}); f.Kind != wire.KindClose || !strings.Contains(string(f.Payload), "takes no variables") {
		s.t.Errorf("a variable: %#x %s", f.Kind, f.Payload)
	}
	spec.Env = nil
	c := s.framed()
	var opened wire.Opened
	if f := c.open(wire.Open{New: true, Spec: spec, Cols: 80, Rows: 24}); wire.Decode(f.Payload, &opened) != nil || opened.Session == "" {
		s.t.Fatalf("%#x %s", f.Kind, f.Payload)
	}
	c.see("tick 24 80 \r\n")
	c.write(wire.Frame{Kind: wire.KindSignal, Stream: 1, Payload: []byte("INT")})
	c.write(wire.ResizeFrame(1, 100, 40))
	c.write(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("\x03typed\r")})
	f := c.read()
	for (f.Kind == wire.KindOutput || f.Kind == wire.KindScreen) && !strings.Contains(c.all, "typed") { // framed, as its size is another now
		f = c.read()
	}
	if f.Kind != wire.KindClose || !strings.Contains(string(f.Payload), "lets people only watch") {
		s.t.Errorf("who types is told %#x %s", f.Kind, f.Payload)
	}
	c = s.framed()
	c.open(wire.Open{Session: opened.Session, ReadOnly: true, Cols: 80, Rows: 24})
	for range 5 {
		c.see("tick 24 80 \r\n")
	}
	for _, word := range []string{"signalled", "typed", "40 100"} {
		if strings.Contains(c.all, word) {
			s.t.Errorf("the program got something: %q", c.all)
		}
	}
}

// alsoAgent has one more machine, with flags of its own.
func (s *stage) alsoAgent(t *testing.T, name string, flags ...string) {
	t.Helper()
	r, err := s.site.agent(name, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.end(os.Kill)
		if err := endSessions(s.site.stateDir(name)); err != nil {
			t.Error(err)
		}
	})
}

// framed is a viewer whose frames are made by hand.
type framed struct {
	t    *testing.T
	link *wire.Conn
	new  string // output that was not looked at
	all  string
}

func (s *stage) framed() *framed {
	s.t.Helper()
	link, err := s.link(s.token)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(link.CloseNow)
	return &framed{t: s.t, link: link}
}

func (c *framed) write(f wire.Frame) {
	c.t.Helper()
	if err := c.link.Write(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

func (c *framed) read() wire.Frame {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	f, err := c.link.Read(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	if f.Kind == wire.KindOutput || f.Kind == wire.KindScreen {
		c.new += string(f.Payload)
		c.all += string(f.Payload)
	}
	return f
}

// open gives the answer.
func (c *framed) open(o wire.Open) wire.Frame {
	c.t.Helper()
	c.write(wire.Frame{Kind: wire.KindOpen, Stream: 1, Payload: wire.Encode(wire.NewProgress().Ask(o))})
	return c.read()
}

func (c *framed) see(text string) {
	c.t.Helper()
	for !strings.Contains(c.new, text) {
		c.read()
	}
	_, c.new, _ = strings.Cut(c.new, text)
}
