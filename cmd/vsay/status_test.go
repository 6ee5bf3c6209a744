//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// away takes the server away until it is back.
func (s *stage) away(t *testing.T) (back func()) {
	t.Helper()
	s.server.end(os.Kill)
	return func() {
		t.Helper()
		var err error
		s.server, _, err = s.site.serve("HOST", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			err = until("the machine does not come back", func() bool { return s.site.shows(s.agent) })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

const reconnecting = `vsay: reconnecting, \d+ s; typed keys are kept`

// The line that says that something is wrong is there while it is, and when it is
// over the terminal shows what it would have shown without.
func TestStatusLineLeavesNoTrace(t *testing.T) {
	s := newStage(t)
	needProgram(t, "tmux", "tmux", "-V")
	t.Cleanup(func() { s.server.end(os.Kill) })
	if err := os.WriteFile(filepath.Join(s.site.dir, "long"), []byte(strings.Repeat("a line of a long text\n", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	all := newPanes(t, s.site)
	for name, of := range map[string]struct{ start, shows, keys, then string }{
		"a shell": {
			`PS1='\[\e[32m\]%\[\e[m\] '; clear; cat long; printf 'left\t\033[7mright\033[m\n'`, `^left +right\n%`, "echo yes\r", `^yes$`,
		},
		"less": {"less long", `^(:|long)$`, "ddj", `^:$`},
		"vim":  {"vim -n -u NONE -i NONE long", `(?s)^a line of a long text\n.*200(L| lines)`, "5jx", `^ line of`},
	} {
		t.Run(name, func(t *testing.T) {
			program := strings.Fields(of.start)[0]
			if program == "less" || program == "vim" {
				needProgram(t, program, program, "--version")
			}
			p := all.with(t).open("vsay", "attach", "--new", "box")
			p.sees(`[#$] ?$`)
			p.types("cd " + s.site.dir + "; " + of.start + "\r")
			p.sees(of.shows)
			before := p.settled()
			back := s.away(t)
			p.sees(reconnecting)
			back()
			var after picture
			if err := until("", func() bool {
				after = p.picture(true)
				return after.unlike(before) == ""
			}); err != nil {
				t.Fatalf("it left a trace:%s", before.unlike(after))
			}
			back = s.away(t)
			p.sees(reconnecting)
			p.types(of.keys)
			p.sees(reconnecting + fmt.Sprintf(": %d", len(of.keys)))
			back()
			p.sees(of.then)
			if screen := p.tmux("capture-pane", "-p", "-S-", "-t", p.id); strings.Contains(screen, "reconnecting") {
				t.Errorf("it left a trace:\n%s", screen)
			}
		})
	}
}

// settled is what a pane shows when its program has drawn it: some hide the cursor
// until then.
func (p *pane) settled() (seen picture) {
	p.t.Helper()
	if err := until("the pane does not settle", func() bool {
		seen = p.picture(true)
		shown := p.tmux("display-message", "-p", "-t", p.id, "#{cursor_flag}")
		return strings.TrimSpace(shown) == "1" && p.picture(true).unlike(seen) == ""
	}); err != nil {
		p.t.Fatal(err)
	}
	return seen
}

// The window may change meanwhile: the line goes to its new last row, and with the
// link both are mended.
func TestStatusLineInAWindowThatChanges(t *testing.T) {
	s := newStage(t)
	needProgram(t, "tmux", "tmux", "-V")
	t.Cleanup(func() { s.server.end(os.Kill) })
	p := newPanes(t, s.site).open("vsay", "attach", "box")
	p.sees(`[#$] ?$`)
	p.types("PS1='% '; clear; seq 100\r")
	p.sees(`^100\n%`)
	back := s.away(t)
	p.sees(reconnecting)
	p.tmux("resize-window", "-t", p.id, "-x", "60", "-y", "12")
	p.sees(`^ ` + reconnecting + `.*\n*\z`)
	p.tmux("resize-window", "-t", p.id, "-x", "90", "-y", "40")
	p.sees(`^ ` + reconnecting + `.*\n*\z`)
	back()
	p.types("stty size\r")
	p.sees(`^40 90\n%`)
	if screen := p.tmux("capture-pane", "-p", "-t", p.id); strings.Contains(screen, "reconnecting") {
		t.Errorf("it left a trace:\n%s", screen)
	}
}

// With --quiet, nothing of vsay's own is shown.
func TestNoStatusLineWithQuiet(t *testing.T) {
	s := newStage(t)
	t.Cleanup(func() { s.server.end(os.Kill) })
	term, err := openTerminal(s.site.command("vsay", "attach", "-q", "box"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(term.close)
	see := func(text string) {
		t.Helper()
		if err := term.see(regexp.MustCompile(text)); err != nil {
			t.Fatal(err)
		}
	}
	see(`[#$] $`)
	back := s.away(t)
	loud, err := openTerminal(s.site.command("vsay", "attach", "box:other")) // which takes as long, and says so
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loud.close)
	if code, err := loud.ends(); err != nil || code != 255 {
		t.Errorf("attach without a server ended with %d, %v", code, err)
	}
	back()
	_, _ = term.keys.WriteString("echo yes\r")
	see(`[\r\n]yes\r\n`)
	if strings.Contains(term.all, "vsay") {
		t.Errorf("it said %q", term.all)
	}
}
