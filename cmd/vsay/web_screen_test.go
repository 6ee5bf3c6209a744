//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// shown is the terminal of the page that is seen, or the one that has the focus of
// several. The page keeps it on the element it is drawn in.
const shown = `const of = (x) => { while (x && !x.terminal) x = x.parentElement; return x?.terminal }
	const all = [...document.querySelectorAll(".xterm")].filter((x) => x.checkVisibility({ visibilityProperty: true }))
	const term = of(all.find((x) => x.contains(document.activeElement)) ?? all[0])
	if (!term) throw new Error("there is no terminal")
	const b = term.buffer.active`

// onScreen is the value of an expression about the terminal, term, and its buffer, b.
func onScreen[T any](p *tab, expression string) (T, error) {
	return tryJS[T](p, "(() => { "+shown+"; return "+expression+" })()")
}

// lines are those from one on, as they were written: what was broken for want of
// columns is whole.
const linesFrom = `((from) => {
	const out = []
	for (let y = from; y < b.length; y++) {
		const line = b.getLine(y)
		const text = line.translateToString(!b.getLine(y + 1)?.isWrapped)
		if (line.isWrapped && out.length) out[out.length - 1] += text
		else out.push(text)
	}
	return out
})`

// screen is what the terminal shows, without blanks at the end of lines; "" when there is none.
func (p *tab) screen() string {
	lines, _ := onScreen[[]string](p, linesFrom+"(b.baseY).map((l) => l.trimEnd())")
	return strings.Join(lines, "\n")
}

// everything is that with all that is above.
func (p *tab) everything() []string {
	p.t.Helper()
	lines, err := onScreen[[]string](p, linesFrom+"(0)")
	if err != nil {
		p.t.Fatal(err)
	}
	return lines
}

// sees waits for the terminal to show something.
func (p *tab) sees(text string) {
	p.t.Helper()
	re := regexp.MustCompile("(?m)" + text)
	if err := until("", func() bool { return re.MatchString(p.screen()) }); err != nil {
		p.t.Fatalf("the terminal does not show %q:\n%s\nand the page says:\n%s\n%s", text, p.screen(), p.text(), strings.Join(p.faults(), "\n"))
	}
}

// size is that of the terminal.
func (p *tab) size() (cols, rows int) {
	p.t.Helper()
	size, err := onScreen[[2]int](p, "[term.cols, term.rows]")
	if err != nil {
		p.t.Fatal(err)
	}
	return size[0], size[1]
}

// enters types a line into the terminal.
func (p *tab) enters(line string) {
	p.t.Helper()
	p.until("the terminal does not take the keys", func() bool {
		has, _ := tryJS[bool](p, `document.activeElement.closest(".xterm") !== null`)
		return has
	})
	p.press("ShiftLeft", 0) // xterm.js takes no text after a key that it saw going down, and not up
	p.inserts(line)
	p.types("\r")
}

// signIn is done as the page does it, where a test is not about that.
func (p *tab) signIn(name string) {
	p.t.Helper()
	p.goTo("/login")
	status := js[int](p, `async (email, password) => (await fetch("/api/auth/cookie", {
		method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email, password }),
	})).status`, name+"@example.com", "correct horse")
	if status != 200 {
		p.t.Fatalf("signing in is answered by %d", status)
	}
}

// prompt is that of the shells which the tests of the pages start.
const prompt = "ready>"

// opens goes to a session of a machine, and waits for a prompt there.
func (p *tab) opens(s *stage, session string) {
	p.t.Helper()
	p.goTo("/terminal/" + s.agent + "?session=" + session)
	p.sees(`[$#%>]$`)
}

// shell makes that of a session one without surprises.
func (p *tab) shell() {
	p.t.Helper()
	p.enters(fmt.Sprintf("exec env -u PROMPT_COMMAND PS1='%s ' bash --norc --noprofile", prompt))
	p.sees("^" + prompt + "$")
	p.enters("clear")
	p.sees(`\A` + prompt + `\n*\z`)
}

// quoted is a text as an expression.
func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}
