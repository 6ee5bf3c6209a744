//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// flooding numbers lines, a thousand a second, until there is a file named stop:
// faster than anybody reads, and slower than a machine forgets.
const flooding = `n=0; rm -f ~/stop; while [ ! -e ~/stop ]; do for i in {1..50}; do echo "line $((++n))."; done; sleep 0.05; done; echo "the last line was $n"`

// stops lets the flood end.
func (s *stage) stops() {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.site.dir, "stop"), nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

var (
	numberedLine = regexp.MustCompile(`^line (\d+)\.$`)
	lastLine     = regexp.MustCompile(`^the last line was (\d+)$`)
)

// everyLine looks whether all lines of a flood are there, once and in order, and
// gives the number of the last.
func (p *tab) everyLine() (last int) {
	p.t.Helper()
	p.sees(`^the last line was \d+$`)
	said := 0
	for _, l := range p.everything() {
		l = strings.TrimRight(l, " ")
		if m := numberedLine.FindStringSubmatch(l); m != nil {
			n, _ := strconv.Atoi(m[1])
			if n != last+1 {
				p.t.Fatalf("after line %d comes line %d", last, n)
			}
			last = n
		}
		if m := lastLine.FindStringSubmatch(l); m != nil {
			said, _ = strconv.Atoi(m[1])
		}
	}
	if last != said || last == 0 {
		p.t.Fatalf("of %d lines the last is %d", said, last)
	}
	return last
}

// comes waits until a good deal more of the flood is drawn.
func (p *tab) comes() {
	p.t.Helper()
	number := func() int {
		lines := strings.Fields(p.screen())
		for i := len(lines) - 1; i > 0; i-- {
			if n, err := strconv.Atoi(strings.TrimSuffix(lines[i], ".")); err == nil && lines[i-1] == "line" {
				return n
			}
		}
		return 0
	}
	var from int
	p.until("no flood comes", func() bool { from = number(); return from > 0 })
	p.until("the flood stands still", func() bool { return number() > from+200 })
}

// A page that is loaded anew while much comes has every line, also those from before.
func TestWebReloadInAFlood(t *testing.T) {
	t.Parallel()
	s, p := newTerminal(t, "flood")
	p.enters(flooding)
	for range 3 {
		p.comes()
		p.calls(chromedp.Reload())
	}
	p.comes()
	s.stops()
	t.Logf("%d lines", p.everyLine())
	p.enters("echo it goes on")
	p.sees("^it goes on$")
}

// A server that is killed while much comes and somebody types takes nothing away
// and does nothing twice, in either direction.
func TestWebServerKilled(t *testing.T) {
	t.Parallel()
	s, p := newTerminal(t, "killed")
	p.allow("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "ERR_INCOMPLETE_CHUNKED_ENCODING", "WebSocket connection", "socket:", "503", "^log: network")
	file := filepath.Join(s.site.dir, "keys")
	p.enters(fmt.Sprintf("stty -echo; (%s) & cat >%s; stty echo", flooding, file))
	p.comes()
	typed := ""
	types := func(text string) {
		t.Helper()
		typed += text
		p.types(text)
	}
	types("before, ")
	back := s.away(t)
	types("without a server, ")
	p.says(`(?i)connection lost|trying again`)
	p.picture("away")
	p.says(`\d+ keys? wait`)
	types("still without, ")
	back()
	types("and when it is back")
	p.comes()
	s.stops()
	p.sees(`^the last line was \d+$`)
	p.until("the page does not say that all is well", func() bool { return !regexp.MustCompile("(?i)connection lost|trying again").MatchString(p.text()) })
	p.types("\r")
	p.press("d", chromedp.ModifierCtrl)
	p.sees(prompt)
	t.Logf("%d lines", p.everyLine())
	kept, err := os.ReadFile(file)
	if err != nil || string(kept) != typed+"\n" {
		t.Errorf("typed %q, and the program got %q, %v", typed, kept, err)
	}
}
