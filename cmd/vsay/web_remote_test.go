//go:build unix

package main

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What a remote program may do to a page: nothing that somebody did not agree to.
func TestWebRemoteProgramIsNotTrusted(t *testing.T) {
	t.Parallel()
	_, p := newTerminal(t, "hostile")
	p.mayPaste()
	base := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

	t.Run("the clipboard is not read", func(t *testing.T) {
		p := p.with(t)
		js[bool](p, `navigator.clipboard.writeText("mine").then(() => true)`)
		p.enters(`clear; stty -echo; printf '\e]52;c;?\a\e]52;p;?\e\\'; read -rst 1 -d @ x; stty echo; printf 'got %q.\n' "$x"`)
		p.sees(`^got ''\.$`)
	})
	t.Run("the clipboard is written once that is allowed", func(t *testing.T) {
		p := p.with(t)
		p.enters(`clear; printf '\e]52;c;` + base("theirs") + `\a'; echo asked`)
		p.sees("^asked$")
		p.says("(?i)clipboard")
		p.picture("clipboard")
		if got := p.clipboard(); got != "mine" {
			t.Fatalf("the clipboard has %q, and nobody agreed", got)
		}
		p.click("button", "^Let this machine")
		p.until("it is not written", func() bool { return p.clipboard() == "theirs" })
		p.focusTerminal()
		p.enters(`clear; printf '\e]52;c;` + base("theirs again") + `\a'`)
		p.until("it is not written", func() bool { return p.clipboard() == "theirs again" })
	})
	t.Run("links to scripts are none", func(t *testing.T) {
		p := p.with(t)
		p.focusTerminal()
		p.enters(`clear; printf '\e]8;;javascript:alert(1)\e\\run me\e]8;;\e\\ \e]8;;https://example.com/a?b=c\e\\read me\e]8;;\e\\\n'`)
		p.sees("^run me read me$")
		before := p.targets()
		p.clickText("run me")
		p.clickText("read me")
		p.says(`example\.com/a\?b=c`) // the question about the second; the first brought none
		p.picture("link")
		if strings.Contains(p.text(), "javascript:") {
			t.Errorf("the script is offered:\n%s", p.text())
		}
		p.press("Escape", 0)
		p.until("the question stays", func() bool { return !p.has("dialog", "") })
		if after := p.targets(); after != before {
			t.Errorf("of %d pages there are %d", before, after)
		}
	})
	t.Run("titles are text", func(t *testing.T) {
		p := p.with(t)
		p.focusTerminal()
		p.enters(`clear; printf '\e]0;<b id=bold>x</b> \xe2\x80\xaegpj.exe ` + strings.Repeat("long ", 100) + `\a'`)
		p.until("the title is not shown", func() bool { return strings.Contains(js[string](p, `document.title`), "<b id=bold>x</b>") })
		p.says("gpj.exe") // in its tab, too
		title := []rune(js[string](p, `document.title`))
		if len(title) > 160 {
			t.Errorf("the title has %d characters", len(title))
		}
		if js[bool](p, `document.getElementById("bold") !== null`) {
			t.Error("the title is HTML")
		}
		if strings.ContainsRune(string(title)+p.text(), '\u202e') {
			t.Errorf("the title turns the text around: %q", string(title))
		}
		p.picture("title")
	})
}

// targets is how many pages and workers the browser has.
func (p *tab) targets() int {
	p.t.Helper()
	all, err := chromedp.Targets(p.ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	return len(all)
}

// focusTerminal clicks into it.
func (p *tab) focusTerminal() {
	p.t.Helper()
	_, err := onScreen[bool](p, "term.focus() ?? true")
	if err != nil {
		p.t.Fatal(err)
	}
}

// clickText clicks on the first place of the screen that has a text.
func (p *tab) clickText(text string) {
	p.t.Helper()
	at, err := onScreen[[]float64](p, `((want) => {
		const r = (term.element.querySelector(".xterm-screen")).getBoundingClientRect()
		for (let y = 0; y < term.rows; y++) {
			const x = b.getLine(b.viewportY + y).translateToString().indexOf(want)
			if (x >= 0) return [r.x + (x + want.length / 2) * r.width / term.cols, r.y + (y + 0.5) * r.height / term.rows]
		}
		throw new Error("it is not on the screen")
	})(`+quoted(text)+`)`)
	if err != nil {
		p.t.Fatal(err)
	}
	p.calls(
		chromedp.MouseEvent(chromedp.MouseMoved, at[0]-3, at[1]),
		chromedp.MouseEvent(chromedp.MouseMoved, at[0], at[1]),
		chromedp.MouseClickXY(at[0], at[1]),
	)
}
