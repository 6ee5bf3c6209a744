//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vsay/internal/wire"
)

// A plain socket that stays open while the session's own link is broken gets what was
// put out meanwhile, byte for byte, but for what its terminal would answer: the answers
// would be typed into whatever runs by then. What is asked of it now, it is asked.
func TestPlainTerminalIsNotAskedLate(t *testing.T) {
	s := newStage(t)
	h := newHop(t, s.url)
	far, err := s.site.agent("far", "--host", "http://"+h.ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		far.end(os.Kill)
		if err := endSessions(s.site.stateDir("far")); err != nil {
			t.Error(err)
		}
	})
	s.agent = s.machine("far")
	file := func(name string) string { return filepath.Join(s.site.dir, name) }

	c := s.dial("")
	mark := func(name string) string { return "until test -e " + file(name) + "; do sleep .02; done; " }
	c.raw(mark("go") + `printf 'one\033[1m` + questions + `two\033]0;t?\007\033[6'; touch ` + file("asked") +
		"; " + mark("live") + `printf 'n\033[c.'; head -c 5`)
	mend := h.sever()
	if err := os.WriteFile(file("go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := until("nothing is asked", func() bool { _, err := os.Stat(file("asked")); return err == nil }); err != nil {
		t.Fatal(err)
	}
	mend()
	c.next([]byte("one\x1b[1mtwo\x1b]0;t?\a"))
	if err := os.WriteFile(file("live"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.next([]byte("\x1b[6n\x1b[c.")) // the rest of a question is of now, and so is that
	c.binary("typed")
	c.next([]byte("typed"))
	c.text("exit 3\r")
	if got := c.closes(); !strings.HasSuffix(got.Reason, "exit 3") {
		t.Errorf("closed with %d %q", got.Code, got.Reason)
	}
}

// machine is the id of the machine of that name.
func (s *stage) machine(name string) string {
	s.t.Helper()
	var list wire.Machines
	s.get("/api/machines", s.token, &list)
	for _, m := range list.Machines {
		if m.Name == name {
			return m.AgentID
		}
	}
	s.t.Fatalf("there is no machine %s", name)
	return ""
}
