//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"vsay/internal/wire"
)

// sessions are those of the stage's user.
func (s *stage) sessions() []wire.Session {
	s.t.Helper()
	var list wire.Sessions
	s.get("/api/terminal/sessions", s.token, &list)
	return list.Sessions
}

// Several pages on one session: all see the same, all type, but for one that only watches.
func TestWebShared(t *testing.T) {
	t.Parallel()
	s, first := newTerminal(t, "shared")
	second := first.another()
	second.goTo("/terminal/" + s.agent + "?session=shared")
	second.sees("^" + prompt + "$")
	first.enters("echo from $((1))")
	second.sees("^from 1$")
	second.enters("echo from $((2))")
	first.sees("^from 2$")

	watcher := first.another()
	watcher.goTo("/terminal/" + s.agent + "?session=shared&read_only=true")
	watcher.sees("^from 2$")
	watcher.says("(?i)read.?only|only watch")
	watcher.enters("echo typed by a watcher")
	watcher.says("(?i)you only watch|read.?only")
	watcher.picture("watcher")
	first.enters("echo from $((3))")
	watcher.sees("^from 3$")
	for _, p := range []*tab{first, second, watcher} {
		if lines := p.screen(); strings.Contains(lines, "watcher") {
			t.Errorf("what the watcher typed is there:\n%s", lines)
		}
	}
	first.calls(chromedp.Reload()) // it asks who watches at once, and else every 5 s
	first.click("button", "^3 viewers: who watches")
	first.says(`(?s)ann.*Read-only`)
	first.picture("shared")
}

// A session that somebody takes over is said to be taken, and can be taken back.
func TestWebSteal(t *testing.T) {
	t.Parallel()
	s, first := newTerminal(t, "stolen")
	first.enters("echo mine")
	first.sees("^mine$")
	second := first.another()
	second.goTo("/terminal/" + s.agent + "?session=stolen&steal=true")
	second.sees("^mine$")
	first.says("(?i)took this session over|stolen")
	first.picture("stolen")
	second.enters("echo theirs")
	second.sees("^theirs$")
	first.click("button", "(?i)take it back")
	first.sees("^theirs$")
	first.enters("echo mine again")
	first.sees("^mine again$")
	second.says("(?i)took this session over|stolen")
}
