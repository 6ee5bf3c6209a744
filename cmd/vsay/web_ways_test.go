//go:build unix

package main

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// tabTo presses Tab, forth or with Shift back, until something has the focus.
func (p *tab) tabTo(held chromedp.Modifier, role, name string) {
	p.t.Helper()
	for range 60 {
		if p.focused(role, name) {
			return
		}
		p.press("Tab", held)
	}
	p.t.Fatalf("Tab never comes to the %s called %q:\n%s", role, name, p.text())
}

// focused says whether something has the focus.
func (p *tab) focused(role, name string) bool {
	p.t.Helper()
	id, ok := p.thing(role, name)
	if !ok {
		return false
	}
	yes, err := callOn[bool](p, id, `function() { return this === document.activeElement }`)
	return err == nil && yes
}

// From signing in to a shell and back without a mouse.
func TestWebByKeysAlone(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := newStage(t)
	p := b.person(s.url)
	p.goTo("/")
	p.says("Sign in")
	p.tabTo(0, "textbox", "^Email")
	p.types("ann@example.com")
	p.tabTo(0, "textbox", "^Password")
	p.types("correct horse")
	p.press("Enter", 0)
	p.says("box")
	p.until("the key / does not lead to the filter", func() bool {
		p.types("/")
		return p.focused("searchbox", "^Filter")
	})
	p.types("box")
	p.says("1 of 1")
	p.press("Enter", 0)
	p.at("/terminal/.*")
	p.sees(`[$#%>]$`)
	p.types("echo $((6*7))\t\r") // Tab is the shell's
	p.sees("^42$")
	p.press("F6", chromedp.ModifierCtrl) // out of the terminal
	p.tabTo(chromedp.ModifierShift, "link", "^To the machines")
	p.press("Enter", 0)
	p.at("/")
	p.says("box")
}

// On a phone: signing in, the machine as a card, a terminal, and the keys that its
// keyboard lacks.
func TestWebOnAPhone(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := newStage(t)
	p := b.person(s.url)
	p.holdsPhone()
	p.goTo("/")
	p.tap("textbox", "^Email")
	p.inserts("ann@example.com")
	p.tap("textbox", "^Password")
	p.inserts("correct horse")
	p.tap("button", "^Sign in")
	p.says("box")
	p.fits()
	p.picture("machines")
	p.goTo("/terminal/" + s.agent + "?session=phone")
	p.sees(`[$#%>]$`)
	p.shell()
	p.fits()
	p.picture("terminal")

	p.inserts("sh -c 'echo begun; exec sleep 100'") // a shell loses a Ctrl-C between two commands of its own
	p.types("\r")
	p.sees("^begun$") // Ctrl-C throws away what nobody has read yet
	p.tap("button", "^Ctrl")
	p.inserts("c")
	p.sees(`^\^C\n` + prompt + "$")
	p.inserts("echo one two")
	for range 3 {
		p.tap("button", "(?i)^left|←")
	}
	p.inserts("and ")
	p.types("\r")
	p.sees("^one and two$")
	p.tap("button", "(?i)^up|↑")
	p.types("\r")
	p.sees("^one and two\n.*\none and two$")
	p.inserts("cat ")
	p.tap("button", `^~|(?i)tilde`)
	p.tap("button", "^/|(?i)slash")
	p.sees(`^` + prompt + ` cat ~/$`)
	p.tap("button", "(?i)^tab|⇥")
	p.tap("button", "^Ctrl")
	p.inserts("c")
	p.sees(prompt + "$")
	if js[bool](p, `document.activeElement.tagName !== "TEXTAREA"`) {
		t.Error("the keys of the bar take the keyboard away")
	}
}

// fits looks that a page needs no scrolling sideways.
func (p *tab) fits() {
	p.t.Helper()
	if wide := js[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		p.t.Errorf("the page is %d pixels too wide", wide)
	}
}

// An input method composes what it then types, and only that is typed.
func TestWebInputMethod(t *testing.T) {
	t.Parallel()
	_, p := newTerminal(t, "ime")
	p.enters("clear; echo begun; cat") // until then nothing is echoed by the terminal itself
	p.sees("^begun$")
	p.composes("に", "にほ", "にほん", "日本")
	p.inserts("日本")
	p.sees("^日本$") // xterm.js loses what is composed less than a turn of its loop before the next key
	p.composes("ご")
	p.inserts("語")
	p.sees("^日本語$")
	p.types("!\r")
	p.sees("^日本語!\n日本語!$")
	p.composes("x") // and nothing is typed when it is given up
	p.composes("")
	p.types("end\r")
	p.sees("^end\nend$")
}

// composes is an input method that shows what it would type.
func (p *tab) composes(steps ...string) {
	p.t.Helper()
	for _, text := range steps {
		p.calls(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
			n := int64(len([]rune(text)))
			_, err := cdp.Call(ctx, in, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: n, SelectionEnd: n})
			return err
		}))
	}
}
