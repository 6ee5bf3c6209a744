//go:build unix

package main

import (
	"strings"
	"testing"
)

// act is some keys, and what is on the screen once they had their effect.
type act struct{ keys, shows string }

// full is a program whose screen is to look the same to everybody.
type full struct {
	name  string // of the program
	start string // the command
	acts  []act  // the first to the state in which others join, then those after it
	join  int    // acts before the second joins
	// restless programs show the time, or the machine: they look like themselves
	// without vsay only for a moment.
	restless bool
}

var fulls = []full{
	{
		name: "bash", start: "cat looks", join: 2,
		acts: []act{
			{"", "^the last look\n.*%$"},
			{"echo \U0001F600 日本 e\u0301 and more\x01\x06\x06", "and more"},
			{"XY\x05 end\r", "ecXYho: command not found\n.*%$"},
		},
	},
	{
		name: "sh", start: "sh states", join: 1,
		acts: []act{
			{"", "mqj"}, // of the line-drawing set, as tmux keeps it
			{"lqqk\r\r\rmore\r", "^more(?s:.*)^more"},
			{strings.Repeat("x", 120), "x{90}"},
		},
	},
	{
		name: "vim", start: "vim -n -i NONE -u vimrc main.c", join: 4,
		acts: []act{
			{"", "1,1 .*All"},
			{":split\r:vsplit words\r", "words  .*1,1"},
			{"jjwvjj", "-- VISUAL --"},
			{"\x16", "-- VISUAL BLOCK --"},
			{"y/lazy\r", "^/lazy"},
			{"iinserted 日本\x0f:set list\r", "-- INSERT --"},
		},
	},
	{
		name: "less", start: "less -R -N +/lazy words", join: 2,
		acts: []act{
			{"", "^ +1 0 (?s:.*)^words"},
			{"/fox\r", "fox"},
			{"Gkk", "^ *199 "},
		},
	},
	{
		name: "htop", start: "htop -d 100", join: 1, restless: true,
		acts: []act{
			{"", "F10"},
			{"\x1bOB\x1bOB", "F10"},
		},
	},
	{
		name: "top", start: "top -d 100", join: 2, restless: true,
		acts: []act{
			{"", "COMMAND"},
			{"zxcn8\r", "COMMAND"},
			{"M", "COMMAND"},
		},
	},
	{
		name: "nano", start: "nano --rcfile nanorc words", join: 2,
		acts: []act{
			{"", "Help"},
			{"new text日本 \x0b", "lazy"},
			{"\x17lazy\r", "lazy"},
		},
	},
	{
		name: "mc", start: "mc -u --nosubshell . ..", join: 2, restless: true,
		acts: []act{
			{"", "10Quit"},
			{"\x1bOB\x1bOB", "10Quit"},
			{"\x1b9", "File.*Command"},
		},
	},
	{
		name: "man", start: "man -l ./page.1", join: 2,
		acts: []act{
			{"", "NAME"},
			{"/option\r", "option"},
			{"q", "page.1"},
		},
	},
	{
		// It leaves an alternate screen that it is not on, at which some terminals
		// restore the cursor and others, as tmux, do not: so it never ends here.
		name: "dialog", start: "while :; do dialog --colors --title 'Wide 日本' --checklist '\\Z1red\\Zn and \\Zbbold' 20 60 10 one eins on two zwei off three drei off 2>/dev/null; done", join: 2,
		acts: []act{
			{"", "Cancel"},
			{"\x1bOB ", `\[\*\].*z\S*wei`},
			{"\t", `\{1 44 33\}Cancel`},
		},
	},
	{
		name: "whiptail", start: "whiptail --title Menu --menu 'Which of them?' 20 60 10 one eins two zwei three drei", join: 2,
		acts: []act{
			{"", `41[ 0-9]*\}one .*(?s:.*)Cancel`},
			{"\x1bOB", `41[ 0-9]*\}two`},
			{"\t", `41[ 0-9]*\}<Ok>`},
		},
	},
	{
		// At its start it throws away what its terminal has not shown yet.
		name: "tmux", start: "echo ready; read -s; tmux -L inner$$ -f tmux.conf new -s in", join: 4,
		acts: []act{
			{"", "^ready"},
			{"\r", "STATUS"},
			{"\x02\"", "%(?s:.*)%"},
			{"cat looks\r", "^the last look\n.*%"},
			{"\x02%", "│äå日本.*%"},
			{"echo second\r", "│second\n.*%"},
		},
	},
	{
		name: "python3", start: "/usr/bin/python3 -q", join: 2,
		acts: []act{
			{"", ">>>"},
			{"print('\\x1b[31m日本\\x1b[m', *range(60))\r", "58 59\n>>>"},
			{"for i in range(3):\r\tprint(i)\r\r", "^2\n>>>"},
		},
	},
	{
		name: "git", start: "git -C repo -c core.pager='less -R' log --graph --color --all", join: 1,
		acts: []act{
			{"", "Merge"},
			{"j", "Merge"},
		},
	},
	{
		name: "watch", start: "watch --color -n 60 cat colours", join: 1, restless: true,
		acts: []act{
			{"", "last colour"},
		},
	},
	{
		name: "w3m", start: "w3m page.html", join: 2,
		acts: []act{
			{"", "table"},
			{"\t\t", "table"},
			{"\t", "table"},
		},
	},
	{
		name: "ncdu", start: "ncdu --color dark -0 .", join: 1,
		acts: []act{
			{"", "Total"},
			{"jji", "Item info"},
		},
	},
}

// TestSecondViewerSeesTheSame: who joins a session later, and who comes when the
// first has left, sees what who was there from the beginning sees: by a terminal
// of another maker, in real programs.
func TestSecondViewerSeesTheSame(t *testing.T) {
	t.Parallel()
	needProgram(t, "tmux", "tmux", "-V")
	s := newStage(t)
	s.site.env = append(s.site.env, "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	play(t, s.site)
	tmux := newPanes(t, s.site)
	for _, f := range fulls {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.compare(tmux.with(t))
		})
	}
}

func (f full) compare(tmux *panes) {
	needProgram(tmux.t, f.name, "sh", "-c", "command -v "+f.name)
	// tmux now and then loses the last words of a program with which its pane dies.
	first := tmux.open("sh", "-c", "vsay attach --new box:"+f.name+"; exec cat")
	first.types("exec bash --rcfile ~/play/rc\r")
	f.begin(first)
	second := tmux.open("vsay", "attach", "box:"+f.name)
	same(first, second, true, "the second joined")
	f.goOn(first)
	same(first, second, true, "the first went on")
	if !f.restless {
		alone := tmux.open("bash", "--rcfile", "play/rc")
		f.begin(alone)
		f.goOn(alone)
		same(first, alone, false, "it ran without vsay")
	}
	first.types("\r~.")
	first.sees("left box:" + f.name)
	third := tmux.open("vsay", "attach", "box:"+f.name)
	same(second, third, true, "the first left and a third came")
}

// begin starts the program, up to where others join.
func (f full) begin(p *pane) {
	p.t.Helper()
	p.sees(`^äå日本:~/play%$`)
	p.types(f.start)
	p.sees(`^äå日本:~/play% \S`)
	p.types("\r")
	for _, a := range f.acts[:f.join] {
		a.do(p)
	}
}

func (f full) goOn(p *pane) {
	p.t.Helper()
	for _, a := range f.acts[f.join:] {
		a.do(p)
	}
}

func (a act) do(p *pane) {
	p.t.Helper()
	if a.keys != "" {
		p.types(a.keys)
	}
	p.sees(a.shows)
}

// same waits until two panes show the same, twice in a row.
func same(a, b *pane, above bool, when string) {
	a.t.Helper()
	var one, other picture
	equal := 0
	if err := until("", func() bool {
		one, other = a.picture(above), b.picture(above)
		if equal++; one.unlike(other) != "" {
			equal = 0
		}
		return equal == 2
	}); err != nil {
		a.t.Fatalf("when %s they differ:%s", when, one.unlike(other))
	}
}

// TestSecondViewerFindsTheLinesAbove: as many as the session keeps.
func TestSecondViewerFindsTheLinesAbove(t *testing.T) {
	t.Parallel()
	needProgram(t, "tmux", "tmux", "-V")
	s := newStage(t)
	s.site.env = append(s.site.env, "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
	play(t, s.site)
	tmux := newPanes(t, s.site)
	first := tmux.open("vsay", "attach", "--new", "box:above")
	first.types("exec bash --rcfile ~/play/rc\r")
	first.sees(`^äå日本:~/play%$`)
	first.types("cat words\r")
	first.sees(`^199 (?s:.*)^äå日本:~/play%$`)
	second := tmux.open("vsay", "attach", "box:above")
	same(first, second, true, "200 lines were above")
	first.types("for n in 1 2 3 4 5; do cat words; done; echo last words\r") // more than the session keeps
	first.sees(`^last words(?s:.*)^äå日本:~/play%$`)
	third := tmux.open("vsay", "attach", "box:above")
	third.sees(`^last words(?s:.*)^äå日本:~/play%$`)
	all, kept := first.above(), third.above()
	if len(kept) < 1000 || len(kept) > len(all) {
		t.Fatalf("of %d lines above there are %d", len(all), len(kept))
	}
	if d := picture(all[len(all)-len(kept):]).unlike(kept); d != "" {
		t.Errorf("the %d lines kept differ:%s", len(kept), d)
	}
}
