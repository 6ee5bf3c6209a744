//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// newTerminal is a stage, and a page of its user with a terminal on its machine.
func newTerminal(t *testing.T, session string) (*stage, *tab) {
	t.Helper()
	b := newBrowser(t)
	s := newStage(t)
	p := b.person(s.url)
	p.signIn("ann")
	js[bool](p, `localStorage.setItem("vsay.terminal", '{"scrollback":100000}') ?? true`) // or a flood has no beginning
	p.opens(s, session)
	p.shell()
	return s, p
}

// What is typed gets there, what comes is drawn, and the program knows the size.
func TestWebTerminal(t *testing.T) {
	t.Parallel()
	s, p := newTerminal(t, "work")
	p.types("echo $((6*7)) '~|\\'\r") // by keys, each with its character
	p.sees(`^42 ~\|\\$`)
	p.enters(`printf '\e[1;3;4;31mred\e[0m \e[48;5;22m256\e[0m \e[7;38;2;1;2;3mown\e[0m 日本 😀|\n'; cat`)
	p.sees(`^red 256 own 日本 😀\|$`)
	if line := p.line("^red 256"); line != "{1 3 4 31}red{} {48;5;22}256{} {7 38;2;1;2;3}own{} 日本 😀|" {
		t.Errorf("it is drawn as %s", line)
	}
	p.types("read\r")
	p.sees("^read\nread$") // by cat: a shell that has yet to start it would lose the Ctrl-C
	p.press("c", chromedp.ModifierCtrl)
	p.sees(prompt + "$")

	cols, rows := p.size()
	p.enters("clear; stty size")
	p.sees(fmt.Sprintf("^%d %d$", rows, cols))
	p.calls(chromedp.EmulateViewport(900, 500))
	p.until("the terminal keeps its size", func() bool { c, r := p.size(); return c < cols && r < rows })
	cols, rows = p.size()
	p.enters("clear; stty size")
	p.sees(fmt.Sprintf("^%d %d$", rows, cols))
	p.says("work")
	p.picture("small")
	if got := s.sessionSize("work"); got != [2]int{cols, rows} {
		t.Errorf("the session has the size %v, and the page %d by %d", got, cols, rows)
	}
}

// sessionSize is what the server says of it.
func (s *stage) sessionSize(name string) (size [2]int) {
	s.t.Helper()
	for _, x := range s.sessions() {
		if x.Name == name {
			size = [2]int{int(x.Cols), int(x.Rows)}
		}
	}
	return size
}

func TestWebTerminalRunsVim(t *testing.T) {
	t.Parallel()
	needProgram(t, "vim", "vim", "--version")
	s, p := newTerminal(t, "vim")
	file := filepath.Join(s.site.dir, "text")
	p.enters("vim -n -u NONE -i NONE " + file)
	p.sees(`^~$`)
	p.types("ihello 1\r")
	p.types("world\x1b")
	p.press("ArrowUp", 0)
	p.press("Home", 0)
	p.types("x")
	p.press("v", chromedp.ModifierCtrl) // a block
	p.press("ArrowDown", 0)
	p.types("rZ:wq\r")
	p.sees(prompt + "$")
	text, err := os.ReadFile(file)
	if err != nil || string(text) != "Zllo 1\nZorld\n" {
		t.Errorf("vim wrote %q, %v", text, err)
	}
	if now := p.screen(); strings.Contains(now, "~\n~") {
		t.Errorf("vim left its screen behind:\n%s", now)
	}
}

// line is how the first line that fits is drawn.
func (p *tab) line(like string) string {
	p.t.Helper()
	re := regexp.MustCompile(like)
	for _, l := range p.drawn() {
		if re.MatchString(styled.ReplaceAllString(l, "")) {
			return l
		}
	}
	return ""
}
