//go:build unix

package main

import (
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The size of every pane.
const (
	paneCols = 100
	paneRows = 30
)

// panes is a tmux of the test's own: a terminal of another maker, that says what
// it shows.
type panes struct {
	t    *testing.T
	site site
}

// newPanes starts a tmux that knows of no other, and of nobody's settings.
func newPanes(t *testing.T, s site) *panes {
	t.Helper()
	p := &panes{t: t, site: s}
	p.site.env = append(s.env[:len(s.env):len(s.env)], "TMUX_TMPDIR="+s.dir)
	p.tmux("-f", "/dev/null", "new-session", "-d", "cat", ";",
		"set", "-g", "status", "off", ";",
		"set", "-g", "default-terminal", "tmux-256color", ";",
		"set", "-g", "history-limit", "5000", ";",
		"set", "-g", "remain-on-exit", "on", ";",
		"set", "-gw", "scroll-on-clear", "off", ";", // or its history has what a program erased, as no other's has
		"set", "-s", "escape-time", "0")
	t.Cleanup(func() { _ = p.command("kill-server").Run() }) // its last pane may have ended it
	return p
}

func (p *panes) command(args ...string) *exec.Cmd {
	return p.site.command("tmux", append([]string{"-L", "panes"}, args...)...)
}

// tmux does its commands and gives what they print.
func (p *panes) tmux(args ...string) string {
	p.t.Helper()
	out, err := p.command(args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// with is the same tmux for a part of the test.
func (p panes) with(t *testing.T) *panes {
	p.t = t
	return &p
}

// pane is a program in a terminal of tmux.
type pane struct {
	*panes
	id string
}

// open starts a program in a pane of its own.
func (p *panes) open(program ...string) *pane {
	p.t.Helper()
	id := p.tmux(append([]string{
		"new-session", "-d", "-P", "-F", "#{pane_id}",
		"-x", fmt.Sprint(paneCols), "-y", fmt.Sprint(paneRows),
	}, program...)...)
	return &pane{panes: p, id: strings.TrimSpace(id)}
}

// types sends keys as they are.
func (p *pane) types(keys string) {
	p.t.Helper()
	p.tmux("send-keys", "-t", p.id, "-l", keys)
}

// sees waits for text on the screen, as it is or as drawn says how it looks.
func (p *pane) sees(text string) {
	p.t.Helper()
	re := regexp.MustCompile("(?m)" + text)
	var plain string
	if err := until("", func() bool {
		plain = p.tmux("capture-pane", "-p", "-t", p.id)
		return re.MatchString(plain) || re.MatchString(strings.Join(drawn(p.tmux("capture-pane", "-peN", "-t", p.id)), "\n"))
	}); err != nil {
		p.t.Fatalf("the pane does not show %q:\n%s", text, plain)
	}
}

// told is what a pane says of itself beside its cells. tmux of these years tells of
// no more: not of the cursor's shape, bracketed paste, reports of focus, hyperlinks
// and keyboards, nor of the background that an erasure left at the end of a line;
// those are between internal/screen and its oracle. A tab stop in the first column
// stops nothing.
const told = `dead #{pane_dead}
title #{pane_title}
alternate #{alternate_on} #{?alternate_on,#{alternate_saved_x} #{alternate_saved_y},}
cursor #{cursor_x} #{cursor_y} #{cursor_flag}
insert #{insert_flag}
keypad #{keypad_cursor_flag} #{keypad_flag}
origin #{origin_flag}
wrap #{wrap_flag}
mouse #{mouse_all_flag} #{mouse_any_flag} #{mouse_button_flag} #{mouse_standard_flag} #{mouse_sgr_flag} #{mouse_utf8_flag}
region #{scroll_region_upper} #{scroll_region_lower}
tabs #{s/^0,//:pane_tabs}`

// picture is what a pane shows and what it remembers, one fact a line.
type picture []string

// picture takes one: the screen, what lies beneath the alternate screen, and,
// if it is asked for, the lines above, and which of them were broken for want of
// columns. On an alternate screen no line is ever mended, and tmux keeps no true
// account.
func (p *pane) picture(above bool) picture {
	p.t.Helper()
	const mark = "\x02"
	next := []string{";", "display-message", "-t", p.id, "-p", mark, ";"}
	capture := []string{"capture-pane", "-t", p.id, "-peNq"}
	args := slices.Concat(capture, next, capture, []string{"-a"}, next, []string{"display-message", "-t", p.id, "-p", told})
	if above {
		all := slices.Concat(capture, []string{"-S-", "-E-"})
		args = slices.Concat(args, next, all, next, all, []string{"-J"})
	}
	// A tmux whose machine is busy has answered with less than it was asked for.
	want := 3
	if above {
		want = 5
	}
	var parts []string
	if err := until("tmux answers in part", func() bool {
		parts = strings.Split(p.tmux(args...), mark+"\n")
		return len(parts) == want
	}); err != nil {
		p.t.Fatalf("%v: %q", err, parts)
	}
	alternate := strings.Contains(parts[2], "\nalternate 1")
	pic := slices.Concat(numbered("", drawn(parts[0])), numbered("beneath ", drawn(parts[1])), strings.Split(parts[2], "\n"))
	if above {
		pic = append(pic, numbered("above ", unled(drawn(parts[3])))...)
	}
	if above && !alternate {
		pic = append(pic, numbered("unbroken ", unled(drawn(parts[4])))...)
	}
	return pic
}

// unled are lines without the empty ones at their head: where somebody joins,
// what his terminal showed is moved up first.
func unled(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

func numbered(what string, lines []string) (all []string) {
	for y, line := range lines {
		all = append(all, fmt.Sprintf("%s%d|%s", what, y, line))
	}
	return all
}

// unlike is where two pictures differ; "" when nowhere.
func (a picture) unlike(b picture) string {
	var d strings.Builder
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			fmt.Fprintf(&d, "\n  %s\n  %s", x, y)
		}
	}
	return d.String()
}

// drawn are captured lines cell by cell: the same cells are the same text here,
// however tmux came to them. A blank cell at the end of a line is none.
func drawn(captured string) []string {
	p := brush{sgr: map[string]string{}}
	lines := strings.Split(strings.TrimSuffix(captured, "\n"), "\n")
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = p.line(line)
	}
	return out
}

// brush reads what capture-pane writes: text, SGR, and SO and SI around the
// characters of the line-drawing set.
type brush struct {
	sgr   map[string]string
	boxes bool
}

func (p *brush) line(text string) string {
	var out strings.Builder
	style, end := "", 0
	for len(text) > 0 {
		if params, rest, ok := cutSGR(text); ok {
			p.set(strings.Split(params, ";"))
			text = rest
			continue
		}
		if text[0] == '\x0e' || text[0] == '\x0f' {
			p.boxes, text = text[0] == '\x0e', text[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		if now := p.style(); now != style {
			style = now
			out.WriteString("{" + style + "}")
		}
		out.WriteString(p.char(r))
		if r != ' ' || style != "" {
			end = out.Len()
		}
	}
	return out.String()[:end]
}

// acs is the line-drawing set, from '`' on, as tmux draws it.
var acs = []rune("◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")

func (p *brush) char(r rune) string {
	if p.boxes && r >= '`' && int(r-'`') < len(acs) {
		r = acs[r-'`']
	}
	return string(r)
}

func cutSGR(text string) (params, rest string, ok bool) {
	inner, ok := strings.CutPrefix(text, "\x1b[")
	if !ok {
		return "", "", false
	}
	return strings.Cut(inner, "m")
}

// set does the parameters of one SGR.
func (p *brush) set(params []string) {
	for i := 0; i < len(params); i++ {
		n := params[i]
		var code int
		_, _ = fmt.Sscanf(n, "%d", &code) // an empty one is 0
		switch {
		case code == 0:
			p.sgr = map[string]string{}
			continue
		case code == 38 || code == 48 || code == 58:
			length := map[string]int{"5": 3, "2": 5}[params[min(i+1, len(params)-1)]]
			if last := min(i+length, len(params)); length > 0 {
				n = strings.Join(params[i:last], ";")
				i = last - 1
			}
		}
		p.sgr[what(code)] = n
	}
}

// what an SGR parameter changes.
func what(code int) string {
	switch {
	case code >= 30 && code <= 39, code >= 90 && code <= 97:
		return "fg"
	case code >= 40 && code <= 49, code >= 100 && code <= 107:
		return "bg"
	case code == 58 || code == 59:
		return "underline"
	}
	return fmt.Sprint("a", code)
}

func (p *brush) style() string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(p.sgr)) {
		if v := p.sgr[k]; v != "39" && v != "49" && v != "59" {
			all = append(all, v)
		}
	}
	return strings.Join(all, " ")
}

// above is every line there is, with those above the screen.
func (p *pane) above() picture {
	p.t.Helper()
	return unled(drawn(p.tmux("capture-pane", "-t", p.id, "-peN", "-S-", "-E-")))
}
