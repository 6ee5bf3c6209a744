//go:build unix

package main

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// types presses the key of each character, one after the other.
func (p *tab) types(text string) {
	p.t.Helper()
	for _, r := range text {
		k, ok := kb.Keys[r]
		if !ok { // of another keyboard
			k = &kb.Key{Key: string(r), Text: string(r), Print: true}
		}
		held := chromedp.ModifierNone
		if k.Shift {
			held = chromedp.ModifierShift
		}
		p.stroke(k, held)
	}
}

// press presses a key by its name, or a letter, with others held. commands is what
// Chromium then does by itself for a person, and not for a test: "paste".
func (p *tab) press(name string, held chromedp.Modifier, commands ...string) {
	p.t.Helper()
	for r, k := range kb.Keys {
		if k.Code == name || string(r) == name {
			p.stroke(k, held, commands...)
			return
		}
	}
	p.t.Fatalf("no keyboard has the key %q", name)
}

// stroke is a key down and up. Its character comes of the first, as on a keyboard:
// a page that takes the key for itself gets no character. (Those of chromedp come
// apart from it, and so twice.)
func (p *tab) stroke(k *kb.Key, held chromedp.Modifier, commands ...string) {
	p.t.Helper()
	down := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeRawKeyDown, Modifiers: int64(held), Key: k.Key, Code: k.Code,
		WindowsVirtualKeyCode: k.Windows, NativeVirtualKeyCode: k.Native, Commands: commands,
	}
	up := down
	up.Type, up.Commands = input.DispatchKeyEventTypeKeyUp, nil
	if k.Print && held&^chromedp.ModifierShift == 0 {
		down.Type, down.Text, down.UnmodifiedText = input.DispatchKeyEventTypeKeyDown, k.Text, k.Unmodified
	}
	p.calls(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
		if _, err := cdp.Call(ctx, in, input.DispatchKeyEvent, down); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, in, input.DispatchKeyEvent, up)
		return err
	}))
}
