package screen

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// oracle is xterm.js in a process of its own, which is asked what output means.
type oracle struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

// A step is output, or else a change of size.
type step struct {
	Write  []byte  `json:"write,omitempty"`
	Resize *[2]int `json:"resize,omitempty"`
}

type question struct {
	Cols    int    `json:"cols,omitempty"`
	Rows    int    `json:"rows,omitempty"`
	History int    `json:"history"`
	Unicode string `json:"unicode,omitempty"`
	Steps   []step `json:"steps,omitempty"`
	Widths  string `json:"widths,omitempty"`
}

type answer struct {
	State   []string `json:"state"`
	Answers string   `json:"answers"`
	Widths  [][3]int `json:"widths"`
	Error   string   `json:"error"`
}

// start makes the oracle ready. Without node or its packages there is none: CI
// fails then, others skip.
var start = sync.OnceValues(func() (*oracle, error) {
	if _, err := os.Stat("testdata/oracle/node_modules"); err != nil {
		ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
		defer stop()
		ci := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		ci.Dir = "testdata/oracle"
		if out, err := ci.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm ci: %w\n%s", err, out)
		}
	}
	node := exec.Command("node", "oracle.js")
	node.Dir, node.Stderr = "testdata/oracle", os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := node.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &oracle{in: in, out: bufio.NewReader(out)}, node.Start() // it ends with our end of its stdin
})

func askable(t testing.TB) *oracle {
	t.Helper()
	o, err := start()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("the oracle cannot be asked: %v", err)
	}
	if err != nil {
		t.Skipf("the oracle cannot be asked: %v", err)
	}
	return o
}

func (o *oracle) ask(t testing.TB, q question) answer {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	line, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	reply, err := o.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the oracle is gone: %v", err)
	}
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// tables are the widths of characters as the oracle counts them, by version.
var tables = map[string]map[rune]int{}

// widthsOf is the oracle's own table: what it says of widths is not what a
// stream is to show.
func widthsOf(t testing.TB, version string) func(rune) int {
	t.Helper()
	if tables[version] == nil {
		table := map[rune]int{}
		for _, w := range askable(t).ask(t, question{Widths: version}).Widths {
			for r := w[0]; r <= w[1]; r++ {
				table[rune(r)] = w[2]
			}
		}
		tables[version] = table
	}
	return func(r rune) int {
		if w, ok := tables[version][r]; ok {
			return w
		}
		return 1
	}
}

// replay plays steps to a fresh screen.
func (q question) replay() *Screen {
	s := New(q.Cols, q.Rows)
	s.SetHistory(q.History)
	for _, step := range q.Steps {
		if step.Resize != nil {
			s.Resize(step.Resize[0], step.Resize[1])
		} else {
			s.Write(step.Write)
		}
	}
	return s
}

// differences is what two states do not have in common.
func differences(got, want []string) string {
	var b strings.Builder
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			fmt.Fprintf(&b, "\n  here   %q\n  oracle %q", g, w)
		}
	}
	return b.String()
}

// TestScreensAreThoseOfXterm plays the corpus to both, with the widths of
// characters that New has, for which xterm.js needs its addon.
func TestScreensAreThoseOfXterm(t *testing.T) {
	o := askable(t)
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			q := c.question()
			q.Unicode = "11"
			want := o.ask(t, q)
			if want.Error != "" {
				t.Fatalf("the oracle failed: %s", want.Error)
			}
			if d := differences(q.replay().describe(), want.State); (d != "") != (c.differs != "") {
				t.Errorf("expected to differ: %q; differs:%s", c.differs, d)
			}
		})
	}
}

// TestScreensAreThoseOfXtermAlone is the same without the addon: the tables of
// 2010, in which an emoji takes one column.
func TestScreensAreThoseOfXtermAlone(t *testing.T) {
	o := askable(t)
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			q := c.question()
			want := o.ask(t, q)
			s := New(q.Cols, q.Rows)
			s.measure = widthsOf(t, "6")
			s.SetHistory(q.History)
			for _, step := range q.Steps {
				if step.Resize != nil {
					s.Resize(step.Resize[0], step.Resize[1])
				} else {
					s.Write(step.Write)
				}
			}
			if d := differences(s.describe(), want.State); (d != "") != (c.differs != "") {
				t.Errorf("expected to differ: %q; differs:%s", c.differs, d)
			}
		})
	}
}

// TestSnapshotDrawsTheScreen: a snapshot makes the same screen of a fresh
// xterm.js, of a used one, of a fresh screen here and of a used one.
func TestSnapshotDrawsTheScreen(t *testing.T) {
	o := askable(t)
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			q := c.question()
			s := q.replay()
			cols, rows := s.Size()
			shot := s.Snapshot()
			want := loose(s.describe(), s.titled)
			for name, before := range map[string][]byte{"fresh": nil, "used": []byte(litter)} {
				again := question{Cols: cols, Rows: rows, History: q.History, Unicode: "11", Steps: []step{{Write: before}, {Write: shot}}}
				if d := differences(loose(again.replay().describe(), s.titled), want); d != "" {
					t.Errorf("on a %s screen it differs:%s\nsnapshot %q", name, d, shot)
				}
				theirs := o.ask(t, again)
				if d := differences(loose(theirs.State, s.titled), want); d != "" || theirs.Error != "" {
					t.Errorf("on a %s xterm.js it differs:%s %s\nsnapshot %q", name, theirs.Error, d, shot)
				}
				if theirs.Answers != "" && before == nil {
					t.Errorf("xterm.js answered %q", theirs.Answers)
				}
			}
		})
	}
}

// litter is what an earlier program may leave behind.
const litter = "old\r\nold\r\nold\x1b[2;3r\x1b[?6h\x1b[?1049h\x1b[3gmore\x1b[4h\x1b[20h\x1b[?7l\x1b(0\x0e\x1b)0\x1b[1;4:3;41;32m" +
	"\x1b]8;;http://old\x1b\\x\x1b7\x1b[?1003;1006;1004;2004;1;45;66;5h\x1b[?25l\x1b[5 q\x1b[1\"q\x1b]2;old\x07\x1b]0;unfinis"

// loose leaves out of a state what a snapshot need not, or cannot, keep: what a
// mark could join, the title of a terminal whose program named none, and that the
// oldest line goes on from one that is gone.
func loose(state []string, titled bool) []string {
	state = slices.Clone(state)
	for i := range state {
		if i > 0 && strings.Contains(state[i-1], "saved=") {
			state[i] = strings.Replace(state[i], "+", " ", 1)
		}
	}
	return slices.DeleteFunc(state, func(line string) bool {
		return strings.HasPrefix(line, "joins=") || !titled && strings.HasPrefix(line, "title=")
	})
}
