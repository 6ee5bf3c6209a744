//go:build unix

package main

import (
	"os"
	"regexp"
	"testing"
	"time"

	"vsay/internal/wire"
)

// Since when somebody watches does not change when his link breaks, or the server
// is another.
func TestViewedSince(t *testing.T) {
	s := newStage(t)
	t.Cleanup(func() { s.server.end(os.Kill) })
	term, err := openTerminal(s.site.command("vsay", "attach", "box:seen"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(term.close)
	if err := term.see(regexp.MustCompile(`[#$] $`)); err != nil {
		t.Fatal(err)
	}
	var first time.Time
	since := func() (at time.Time) {
		var list wire.Sessions
		if err := until("nobody watches", func() bool {
			s.get("/api/terminal/sessions", s.token, &list)
			return len(list.Sessions) == 1 && len(list.Sessions[0].Viewers) == 1 && (first.IsZero() || !list.Sessions[0].Viewers[0].Since.After(first))
		}); err != nil {
			t.Fatalf("%v since %v: %+v", err, first, list)
		}
		return list.Sessions[0].Viewers[0].Since
	}
	first = since()
	raw := send(t, "GET", s.url+"/api/terminal/sessions", "", s.bearer()).body
	if !regexp.MustCompile(`"since":"[-0-9]+T[0-9:]+(\.[0-9]{1,3})?Z"`).MatchString(raw) {
		t.Errorf("it is written otherwise than other times: %s", raw)
	}
	back := s.away(t)
	back()
	if at := since(); !at.Equal(first) {
		t.Errorf("it was %v, and with another server it is %v", first, at)
	}
}
