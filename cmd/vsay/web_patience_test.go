//go:build unix

package main

import (
	"syscall"
	"testing"
)

// What somebody types before the session has answered is for the session.
func TestWebTypesAhead(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := newStage(t)
	p := b.person(s.url)
	p.signIn("ann")
	agent := s.box.process
	if err := agent.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Signal(syscall.SIGCONT) })
	p.goTo("/terminal/" + s.agent + "?session=ahead")
	p.says("Connecting")
	p.enters("echo typed $((40+2)) ahead")
	if err := agent.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.sees(`^typed 42 ahead$`)
}

// throttled is a tab that nobody sees, as browsers have it: a timer has its turn
// once a minute.
const throttled = `() => {
	Object.defineProperty(document, "hidden", { get: () => true })
	Object.defineProperty(document, "visibilityState", { get: () => "hidden" })
	document.dispatchEvent(new Event("visibilitychange"))
	const later = window.setTimeout.bind(window)
	window.setTimeout = (f, ms, ...rest) => later(f, Math.max(60_000, ms ?? 0), ...rest)
	return true
}`

// A program does not stand still because nobody looks at its tab: all that it
// puts out is taken.
func TestWebHiddenTab(t *testing.T) {
	t.Parallel()
	_, p := newTerminal(t, "hidden")
	js[bool](p, "("+throttled+")()")
	p.enters("seq 300000; echo all of it")
	p.sees(`^300000\nall of it$`)
}

// Keys that come one upon the other go where they are meant to: each closes one
// more tab, and what is typed behind them is for the one that is left.
func TestWebClosesTabsInARow(t *testing.T) {
	t.Parallel()
	s, p := newTerminal(t, "row1")
	machine := "&tab=" + s.agent + ":"
	p.goTo("/terminal?tab=" + s.agent + ":row1" + machine + "row2" + machine + "row3" + machine + "row4" + machine + "row5&at=5")
	p.sees(`[$#%>]$`)
	js[bool](p, `(() => {
		const press = () => (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown",
			{ key: "X", code: "KeyX", ctrlKey: true, shiftKey: true, bubbles: true, cancelable: true }))
		return new Promise((done) => {
			const keys = new MessageChannel() // each is a task of its own, as keys are
			let left = 4
			keys.port1.onmessage = () => { if (left-- === 0) done(true); else { press(); keys.port2.postMessage(0) } }
			keys.port2.postMessage(0)
		})
	})()`)
	p.types("echo $((6*7)) left\r")
	p.sees(`^42 left$`)
	p.at("/terminal/" + s.agent + `\?session=.*`)
}
