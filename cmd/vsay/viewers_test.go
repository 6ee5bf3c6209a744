//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sized starts a program in a pane of another size than most.
func (p *panes) sized(cols, rows int, program ...string) *pane {
	p.t.Helper()
	pane := p.open(program...)
	pane.resize(cols, rows)
	return pane
}

func (p *pane) resize(cols, rows int) {
	p.t.Helper()
	p.tmux("resize-window", "-t", p.id, "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows))
}

// screen is what a pane shows, and where its cursor is if there is one.
func (p *pane) screen() (lines []string, x, y, cursor int) {
	p.t.Helper()
	text := strings.TrimSuffix(p.tmux("capture-pane", "-p", "-t", p.id), "\n")
	where := p.tmux("display-message", "-p", "-t", p.id, "#{cursor_x} #{cursor_y} #{cursor_flag}")
	if _, err := fmt.Sscan(where, &x, &y, &cursor); err != nil {
		p.t.Fatal(err)
	}
	return strings.Split(text, "\n"), x, y, cursor
}

// isPartOf waits until a pane shows as much of another one as fits, cursor and
// all, with a line around it where it is larger.
func (p *pane) isPartOf(whole *pane, cols, rows int) {
	p.t.Helper()
	var got, want []string
	if err := until("", func() bool {
		lines, x, y, cursor := whole.screen()
		left, top := max(0, x+1-cols)*cursor, max(0, y+1-rows)*cursor
		want = partOf(lines, left, top, cols, rows)
		var atX, atY, seen int
		got, atX, atY, seen = p.screen()
		there := seen == cursor && (cursor == 0 || atX == x-left && atY == y-top)
		return there && slices.Equal(got, want)
	}); err != nil {
		p.t.Fatalf("shown is\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// partOf cuts a screen of paneCols by paneRows.
func partOf(lines []string, left, top, cols, rows int) (part []string) {
	for y := top; y < top+rows; y++ {
		line := ""
		switch {
		case y < paneRows:
			if line = columns(lines[y], left, min(cols, paneCols)); cols > paneCols {
				line += "│"
			}
		case y == paneRows:
			if line = strings.Repeat("─", min(cols, paneCols)); cols > paneCols {
				line += "┘"
			}
		}
		part = append(part, strings.TrimRight(line, " "))
	}
	return part
}

// columns are so many of a line, from one on. Half a character is a blank.
func columns(line string, from, n int) string {
	var cells []string
	for _, r := range line {
		cells = append(cells, string(r))
		if r >= 0x2e80 { // of those that the test prints
			cells = append(cells, "")
		}
	}
	for len(cells) < from+n {
		cells = append(cells, " ")
	}
	if cells[from] == "" {
		cells[from] = " "
	}
	if last := from + n; last < len(cells) && cells[last] == "" {
		cells[last-1] = " "
	}
	return strings.Join(cells[from:from+n], "")
}

// TestViewersOfOtherSizes watches one session on three terminals, in tmux.
func TestViewersOfOtherSizes(t *testing.T) {
	needProgram(t, "tmux", "tmux", "-V")
	needProgram(t, "vim", "vim", "--version")
	s := newStage(t)
	play(t, s.site)
	tmux := newPanes(t, s.site)
	first := tmux.open("vsay", "attach", "box:sizes")
	first.types("PS1='ready% '; clear\r")
	first.sees("^ready%$")
	small := tmux.sized(60, 15, "vsay", "attach", "box:sizes")
	wide := tmux.sized(130, 40, "vsay", "attach", "-r", "box:sizes")
	both := func() {
		t.Helper()
		small.isPartOf(first, 60, 15)
		wide.isPartOf(first, 130, 40)
	}
	both()
	for _, a := range []act{
		{"stty size\r", "^30 100"},
		{"printf 'a%.0s' $(seq 59); echo 世界; echo 日本; seq 20\r", "^20\nready"},
		{"vim -n -u NONE -i NONE +'set nowrap ruler' play/words\r", "1,1"},
		{"G$", "200,"},
		{"0", "200,1"},
		{":q\r", "^ready"},
		{"less play/words\r", "words"},
		{"q", "^ready"},
		{"top -d 100\r", "COMMAND"},
		{"q", "^ready%$"},
		{"echo " + strings.Repeat("x", 70), "x{70}"},
		{"\r", "^ready%$"},
		{"clear\r", "^ready%$"},
	} {
		a.do(first)
		both()
	}
	first.types("\r~.")
	first.sees("left box:sizes")
	wide.sees("^─{60}┘$") // the machine knows of it by now
	small.types("stty size\r")
	small.sees("^15 60$")
	wide.sees("^15 60 {55}│$")
	small.resize(80, 20)
	wide.sees("^─{80}┘$")
	small.types("stty size\r")
	small.sees("^20 80$")
	wide.sees("^20 80 {75}│$")
	small.types("exit 3\r")
	wide.sees(`^Pane is dead \(status 3,`)
}

// TestPlainViewersOfOtherSizes is the same for those who speak bare bytes.
func TestPlainViewersOfOtherSizes(t *testing.T) {
	s := newStage(t)
	c := s.dial("&cols=90&rows=30")
	c.see(".") // the first at the session as well, not at the server alone
	raw := s.dial("&session_id=" + c.session)
	small := s.dial("&cols=40&rows=10&session_id=" + c.session)
	raw.see(".") // both have the screen that they joined at: what is printed from now on, they get
	small.see(".")
	for n := range 5 { // each picture waits until the last one is acknowledged
		c.text(fmt.Sprintf("printf 'picture\\001-%%s' $((%d+10))\r", n))
		c.see(fmt.Sprintf("picture\x01-%d", n+10))
		raw.see(fmt.Sprintf("picture\x01-%d", n+10))
		small.see(fmt.Sprintf("picture-%d", n+10)) // of a screen
	}
	c.text(`{"type":"resize","cols":40,"rows":10}`)
	c.text("stty size; printf '\\001bytes\\001'\r")
	small.see("10 40(?s:.*)\x01bytes\x01")
	c.text("exit 3\r")
	for _, end := range []*socket{c, raw, small} {
		if got := end.closes(); got.Reason != "exit 3" {
			t.Errorf("it was closed with %q", got.Reason)
		}
	}
}

// A program that asks where the cursor is asks both terminals. One answers it.
func TestOneTerminalAnswers(t *testing.T) {
	needProgram(t, "tmux", "tmux", "-V")
	s := newStage(t)
	tmux := newPanes(t, s.site)
	first := tmux.open("vsay", "attach", "box:asked")
	first.types("PS1='ready% '; clear\r")
	first.sees("^ready%$")
	second := tmux.open("vsay", "attach", "box:asked")
	second.sees("^ready%$")
	first.types("stty -echo raw min 0 time 10; printf '\\033[6n'; n=$(cat | tr -dc R | wc -c); stty sane; echo answers: $n\r")
	first.sees("answers: \\d")
	second.sees("answers: 1")
}
