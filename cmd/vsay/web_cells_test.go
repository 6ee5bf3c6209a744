//go:build unix

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// cells is the screen of xterm.js, cell by cell, in the words of brush: what it has
// is written as tmux would have drawn it.
const cells = `((out) => {
	const flags = [[1, "isBold"], [2, "isDim"], [3, "isItalic"], [4, "isUnderline"], [5, "isBlink"], [53, "isOverline"],
		[7, "isInverse"], [8, "isInvisible"], [9, "isStrikethrough"]]
	const colour = (n, is, base) => {
		if (is === "default") return ""
		if (is === "rgb") return (base + 8) + ";2;" + [n >> 16, n >> 8 & 255, n & 255].join(";")
		if (is === "256") return (base + 8) + ";5;" + n
		return String(n < 8 ? base + n : base + 52 + n)
	}
	const kind = (mode) => ({ 0: "default", 0x1000000: "16", 0x2000000: "256", 0x3000000: "rgb" })[mode]
	const style = (c) => [
		...flags.filter(([, is]) => c[is]()).map(([n]) => "a" + n),
		"bg" + colour(c.getBgColor(), kind(c.getBgColorMode()), 40),
		"fg" + colour(c.getFgColor(), kind(c.getFgColorMode()), 30),
	].sort().map((s) => s.replace(/^[abfg]+/, "")).filter(Boolean).join(" ")
	for (let y = 0; y < term.rows; y++) {
		const line = b.getLine(b.baseY + y)
		let [text, was, end] = ["", "", 0]
		for (let x = 0; x < term.cols; x++) {
			const c = line.getCell(x)
			if (c.getWidth() === 0) continue
			const now = style(c)
			if (now !== was) text += "{" + now + "}"
			was = now
			text += c.getChars() || " "
			if (c.getChars().trim() || now) end = text.length
		}
		out.push(text.slice(0, end))
	}
	return out
})([])`

// drawn is what the terminal of the page shows, as a picture of a pane has it.
func (p *tab) drawn() (pic picture) {
	p.t.Helper()
	lines, err := onScreen[[]string](p, cells)
	if err != nil {
		return nil // it is on its way
	}
	at, err := onScreen[[]int](p, "[Math.min(b.cursorX, term.cols - 1), b.cursorY, b.type === 'alternate' ? 1 : 0]")
	if err != nil {
		return nil
	}
	return append(lines, fmt.Sprint("cursor ", at[0], " ", at[1]), fmt.Sprint("alternate ", at[2]))
}

// drawn is what a pane shows in the same words.
func (p *pane) drawn() (pic picture) {
	p.t.Helper()
	for _, line := range drawn(p.tmux("capture-pane", "-peN", "-t", p.id)) {
		was := ""
		pic = append(pic, styled.ReplaceAllStringFunc(line, func(s string) string {
			now := plainer(s)
			if now == was || now == "{}" && was == "" {
				return ""
			}
			was = now
			return now
		}))
	}
	state := p.tmux("display-message", "-t", p.id, "-p", "cursor #{cursor_x} #{cursor_y}\nalternate #{alternate_on}")
	// One that waits at the end of a line is past it for tmux, if there is wrapping.
	state = strings.Replace(state, fmt.Sprintf("cursor %d ", paneCols), fmt.Sprintf("cursor %d ", paneCols-1), 1)
	return append(pic, strings.Split(strings.TrimSpace(state), "\n")...)
}

var styled = regexp.MustCompile(`\{[0-9;: ]*\}`)

// plainer is a style of tmux without what xterm.js does not tell: of a line below
// it says that there is one, and not which and of which colour. What tmux writes
// as 5:3 is 53, a line above.
func plainer(style string) string {
	var all []string
	for _, s := range strings.Fields(strings.Trim(style, "{}")) {
		switch {
		case s == "5:3":
			s = "53"
		case strings.HasPrefix(s, "58"):
			continue
		case strings.HasPrefix(s, "4:"):
			s = "4"
		}
		all = append(all, s)
	}
	return "{" + strings.Join(all, " ") + "}"
}

// unlikePane is where the page differs from a pane. An erasure to the end of a
// line leaves its background there, of which tmux does not tell.
func (a picture) unlikePane(b picture) string {
	mended := slices.Clone(a)
	for y := range min(len(a), len(b)) {
		rest, ok := strings.CutPrefix(a[y], b[y])
		if ok && strings.Trim(styled.ReplaceAllString(rest, ""), " ") == "" {
			mended[y] = b[y]
		}
	}
	return mended.unlike(b)
}

// sameAs waits until the page draws what a pane does, twice in a row.
func (p *tab) sameAs(other *pane, when string) {
	p.t.Helper()
	var one, two picture
	equal := 0
	if err := until("", func() bool {
		one, two = p.drawn(), other.drawn()
		if equal++; one.unlikePane(two) != "" {
			equal = 0
		}
		return equal == 2
	}); err != nil {
		p.picture("unlike")
		p.t.Fatalf("%s, the page and tmux differ:%s", when, one.unlikePane(two))
	}
}

// resizes makes the window one that the terminal has that size in.
func (p *tab) resizes(cols, rows int) {
	p.t.Helper()
	p.until(fmt.Sprintf("the terminal does not get %d by %d", cols, rows), func() bool {
		now, err := onScreen[[4]float64](p, `((r) => [term.cols, term.rows, r.width / term.cols, r.height / term.rows])(term.element.querySelector(".xterm-screen").getBoundingClientRect())`)
		window := js[[2]float64](p, `[innerWidth, innerHeight]`)
		if err != nil || now[0] == float64(cols) && now[1] == float64(rows) {
			return err == nil
		}
		width, height := window[0]+(float64(cols)-now[0])*now[2], window[1]+(float64(rows)-now[1])*now[3]
		p.calls(chromedp.EmulateViewport(int64(width), int64(height)))
		js[bool](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
		return false
	})
}

// pictured are the programs whose screens are compared: each draws in a way of its
// own. bash has all there is of colours, looks and wide characters.
var pictured = []string{"bash", "sh", "vim", "less", "htop", "mc", "dialog", "git", "w3m"}

// TestWebDrawsAsTmux: the page shows a session as a terminal of another maker
// does, in real programs, cell by cell.
func TestWebDrawsAsTmux(t *testing.T) {
	t.Parallel()
	needProgram(t, "tmux", "tmux", "-V")
	b := newBrowser(t)
	s := newStage(t)
	s.site.env = append(s.site.env, "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	play(t, s.site)
	tmux := newPanes(t, s.site)
	for _, f := range fulls {
		if !slices.Contains(pictured, f.name) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			p := b.with(t).person(s.url)
			p.signIn("ann")
			p.opens(s.with(t), f.name)
			f.comparePage(p, tmux.with(t))
		})
	}
}

func (f full) comparePage(p *tab, tmux *panes) {
	needProgram(p.t, f.name, "sh", "-c", "command -v "+f.name)
	p.resizes(paneCols, paneRows)
	beside := tmux.open("sh", "-c", "vsay attach box:"+f.name+"; exec cat")
	beside.sees(`[$#%>] *$`)
	beside.types("exec bash --rcfile ~/play/rc\r")
	beside.sees(`^äå日本:~/play%$`)
	beside.types(f.start + "\r")
	for i, a := range f.acts {
		a.do(beside)
		p.sameAs(beside, fmt.Sprintf("after %d acts", i+1))
	}
	p.picture(f.name)
	p.calls(chromedp.Reload())
	p.sameAs(beside, "after a reload")
}
