//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// playRC makes every bash the same one, and one that does not know of tmux.
const playRC = `cd ~/play
unset PROMPT_COMMAND HISTFILE ${!TMUX*} ${!TERM_PROGRAM*}
export TMUX_TMPDIR=~
PS1='\[\e[1;32m\]äå日本\[\e[0m\]:\[\e[44;33m\]\w\[\e[0m\]% '
export PAGER=less LESS= LESSHISTFILE=- MANPAGER=less MANWIDTH=90 EDITOR=false GROFF_NO_SGR=
clear
`

// play makes the files that programs show.
func play(t *testing.T, s site) {
	t.Helper()
	dir := filepath.Join(s.dir, "play")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"rc": playRC, "looks": looks(), "words": words(), "colours": colours(),
		"states":    states,
		"vimrc":     "syntax on\nset nocompatible showmode ruler laststatus=2 hlsearch incsearch background=dark t_Co=256 title mouse=a\n",
		"nanorc":    "set linenumbers\nset titlecolor bold,white,magenta\nset keycolor cyan\nsyntax words .*\ncolor brightred \"fox\"\ncolor ,blue \"dog.*\"\n",
		"main.c":    "#include <stdio.h>\n/* a comment, 日本 */\n\nint main(void)\n{\n\tconst char *s = \"text\\n\";\n\tif (s)\n\t\treturn printf(s, 42);\n\treturn 0;\n}\n",
		"tmux.conf": "set -g status-right STATUS\nset -g default-command 'bash --rcfile ~/play/rc'\nset -g mouse on\nset -g automatic-rename off\nset -g destroy-unattached on\n",
		"page.1":    ".TH PAGE 1\n.SH NAME\npage \\- shows \\fBbold\\fR and \\fIslanted\\fR text\n.SH OPTIONS\n.TP\n.B \\-x\nan option\n.SH TEXT\n" + strings.Repeat("Some text with an option.\n.PP\n", 40),
		"page.html": "<title>Page</title><h1>A page</h1><p>with <a href=x>a link</a>, <b>bold</b>, <i>slanted</i> and <a href=y>another</a><table border=1><tr><td>a<td>table<tr><td>日本<td>here</table>",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := s.command("sh", "-ec", commits)
	git.Dir = dir
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// commits make a history with two branches.
const commits = `
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=ann GIT_AUTHOR_EMAIL=ann@example.com GIT_COMMITTER_NAME=ann GIT_COMMITTER_EMAIL=ann@example.com
export GIT_AUTHOR_DATE='2026-11-23T10:00:00Z' GIT_COMMITTER_DATE='2026-11-23T10:00:00Z'
git init -q -b main repo
cd repo
for n in 1 2 3; do git commit -q --allow-empty -m "commit $n"; done
git checkout -q -b side
for n in 4 5; do git commit -q --allow-empty -m "commit $n 日本"; done
git checkout -q main
git commit -q --allow-empty -m "commit 6"
git merge -q --no-ff -m "Merge the side" side
`

// states leaves the terminal as few programs do: a scroll region, as the progress
// bar of apt has, line drawing, insertion, no wrapping, the mouse, and a pen.
const states = `
seq 40
printf '\033[5;20r\033[6;1H\033)0\016mqj\033[4h\033[?7l\033[?1002;1006h\033[?1h\033=\033[1;33m\033[3D'
cat
`

// words is more text than fits, in colours, with lines that are broken.
func words() string {
	var b strings.Builder
	for n := range 200 {
		fmt.Fprintf(&b, "\x1b[3%dm%d\x1b[m the quick \x1b[1mbrown\x1b[m fox jumps over the \x1b[4mlazy\x1b[m dog%s\n", n%8, n, strings.Repeat(" and 日本", n%7*3))
	}
	return b.String()
}

// colours is a screenful of them.
func colours() string {
	var b strings.Builder
	for y := range 16 {
		for x := range 16 {
			fmt.Fprintf(&b, "\x1b[48;5;%dm %03d", y*16+x, y*16+x)
		}
		b.WriteString("\x1b[m\n")
	}
	return b.String() + "\x1b[1;35mlast colour\x1b[m\n"
}

// looks is text with all the ways to show it that tmux knows.
func looks() string {
	var b strings.Builder
	for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 21, 53} {
		fmt.Fprintf(&b, "\x1b[%dmlook %d\x1b[m ", n, n)
	}
	b.WriteString("\r\n")
	for n := range 8 {
		fmt.Fprintf(&b, "\x1b[3%dm%d\x1b[9%dm%d\x1b[m\x1b[4%dm%d\x1b[10%dm%d\x1b[m\x1b[38;5;%dm%d\x1b[48;2;%d;9;99m%d\x1b[m ", n, n, n, n, n, n, n, n, n*31, n, n*20, n)
	}
	b.WriteString("\r\n\x1b[4:3mcurly\x1b[4:2;58;5;9mdouble\x1b[m \x1b[44mto the end of the line\x1b[K\x1b[m\r\n")
	b.WriteString("\x1b(0lqqk\x1b(B 日本語 \U0001F600|\U0001F44D|e\u0301|한국어|\u2764|→|ﬀ|\r\n")
	b.WriteString("\x1b[31m" + strings.Repeat("0123456789", 13) + "日本\x1b[m\r\nthe last look\r\n")
	return b.String()
}
