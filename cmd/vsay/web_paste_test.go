//go:build unix

package main

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	permission "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// mayPaste lets the page at the clipboard, as somebody does who is asked.
func (p *tab) mayPaste() {
	p.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(p.ctx, permission.SetPermission, permission.SetPermissionParams{
			Permission: &permission.PermissionDescriptor{Name: name}, Setting: permission.PermissionSettingGranted,
			Origin: p.url, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// paste puts a text into the clipboard and presses the keys that paste it.
func (p *tab) paste(text string) {
	p.t.Helper()
	js[bool](p, `async (text) => { await navigator.clipboard.writeText(text); return true }`, text)
	p.press("v", chromedp.ModifierCtrl|chromedp.ModifierShift)
}

// clipboard is what is in it.
func (p *tab) clipboard() string {
	p.t.Helper()
	return js[string](p, `navigator.clipboard.readText()`)
}

func TestWebPaste(t *testing.T) {
	t.Parallel()
	_, p := newTerminal(t, "paste")
	p.mayPaste()
	// Readline turns bracketed paste on where it can: a program that does not know of
	// it runs each line.
	p.enters(`bind 'set enable-bracketed-paste off'; clear; echo off`)
	p.sees("^off\n" + prompt + "$")

	t.Run("one line is pasted", func(t *testing.T) {
		p := p.with(t)
		p.paste("echo one line")
		p.sees("^" + prompt + " echo one line$")
		p.press("Enter", 0)
		p.sees("^one line$")
	})
	t.Run("more lines are asked about", func(t *testing.T) {
		p := p.with(t)
		p.paste("echo first\necho second\n")
		p.says(`(?s)2 lines.*echo first`)
		p.picture("asks")
		p.press("Escape", 0)
		p.until("the question stays", func() bool { return !p.has("dialog", "") })
		p.enters("echo nothing was run")
		p.sees("^nothing was run$")
		if strings.Contains(p.screen(), "first") {
			t.Errorf("what was refused ran:\n%s", p.screen())
		}
		p.paste("echo first\necho second\n")
		p.until("Enter does not paste", func() bool { return p.focused("button", "^Paste") })
		p.press("Enter", 0)
		p.sees("^second$")
	})
	t.Run("a program that knows of pastes is not asked for", func(t *testing.T) {
		p := p.with(t)
		p.enters(`bind 'set enable-bracketed-paste on'; clear; echo on`)
		p.sees("^on\n" + prompt + "$")
		p.paste("echo third\necho fourth")
		p.sees("^echo fourth$")
		if p.has("dialog", "") {
			t.Error("it is asked about")
		}
		p.press("Enter", 0)
		p.sees("^fourth$")
	})
	t.Run("no key in it ends the paste", func(t *testing.T) {
		p := p.with(t)
		p.enters("clear; echo still on")
		p.sees("^still on\n" + prompt + "$")
		p.paste("echo harmless \x03\recho $((40+2)) ran\r")
		p.sees(`^echo \$\(\(40\+2\)\) ran$`)
		p.press("c", chromedp.ModifierCtrl)
		p.enters("echo over")
		p.sees("^over$")
		if strings.Contains(p.screen(), "42 ran") {
			t.Errorf("what was pasted ran by itself:\n%s", p.screen())
		}
	})
	t.Run("a megabyte", func(t *testing.T) {
		p := p.with(t)
		text := strings.Repeat("0123456789abcdef", 1<<16)
		p.enters(fmt.Sprintf("clear; stty raw -echo; echo; head -c %d | sha256sum; stty sane", len(text)))
		p.sees(`\A\n`)
		p.paste(text)
		p.sees(fmt.Sprintf("%x", sha256.Sum256([]byte(text))))
	})
}

// with is the same tab for a part of the test.
func (p *tab) with(t *testing.T) *tab {
	x := *p
	x.t = t
	return &x
}
