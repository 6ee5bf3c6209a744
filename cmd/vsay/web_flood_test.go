//go:build unix

package main

import (
	"fmt"
	"testing"
)

// Few bytes of a program that ask for work without end do not end a page. Before xterm.js
// had its bounds, each of the first ones did, and came again after a reload.
func TestWebSurvivesFloods(t *testing.T) {
	t.Parallel()
	_, p := newTerminal(t, "floods")
	p.mayPaste()
	p.enters(`times() { head -c $(($1 * ${#2})) < <(yes "$2" | tr -d '\n'); }`)
	n := 0
	for name, print := range map[string]string{
		"lines that scroll up":    `printf '\e[2147483647S'`,
		"lines that scroll down":  `printf '\e[2147483647T'`,
		"lines that are inserted": `printf '\e[H\e[2147483647L'`,
		"lines that are deleted":  `printf '\e[H\e[2147483647M'`,
		"tabs":                    `printf '\r\e[2147483647I'`,
		"tabs back":               `printf '\r\e[2147483647Z'`,
		"a character again":       `printf 'a\e[2147483647b'`,
		"marks on one character":  `printf a; times 200000 $'\u0301'`,
		"bells":                   `times 500000 $'\a'`,
		"large pictures":          `times 60 $'\eP0q"1;1;2000;2000#0;2;100;0;0#0!2000~\e\\'`,
		"a clipboard too large":   `printf '\e]52;c;'; times 600000 QUFB; printf '\a'`,
		"a link too long":         `printf '\e]8;;https://example.com/'; times 500000 a; printf '\alinked\e]8;;\a'`,
		"a title of a megabyte":   `printf '\e]0;'; times 1000000 t; printf '\a'`,
	} {
		t.Run(name, func(t *testing.T) {
			p := p.with(t)
			p.focusTerminal()
			n++
			p.enters("clear; " + print + fmt.Sprintf(`; printf '\e[H\e[2J'; echo alive $((%d*7))`, n))
			p.sees(fmt.Sprintf("^alive %d$", n*7))
		})
	}
	if p.has("button", "^Let this machine") {
		t.Error("somebody is asked about a clipboard that is too large")
	}
}
