//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// terminal is a program in a terminal of its own, and the person in front of it.
type terminal struct {
	cmd  *exec.Cmd
	keys *os.File // and the screen

	mu    sync.Mutex
	shown string        // and not yet looked at
	all   string        // what was shown since the start
	fresh chan struct{} // closed when there is more, or no more will come
	over  bool
	err   error // how the program ended
}

// openTerminal starts a program in a terminal of 80 by 24.
func openTerminal(cmd *exec.Cmd) (*terminal, error) {
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		return nil, err
	}
	t := &terminal{cmd: cmd, keys: screen, fresh: make(chan struct{})}
	go t.watch()
	return t, nil
}

func (t *terminal) watch() {
	buf := make([]byte, 4<<10)
	for {
		n, err := t.keys.Read(buf)
		if err != nil { // EIO: the last program has let go of the terminal
			break
		}
		t.change(func() {
			t.shown += string(buf[:n])
			t.all += string(buf[:n])
		})
	}
	err := t.cmd.Wait()
	t.change(func() { t.over, t.err = true, err })
}

func (t *terminal) change(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
	close(t.fresh)
	t.fresh = make(chan struct{})
}

// see waits for text on the screen and takes all up to its end for looked at.
func (t *terminal) see(text *regexp.Regexp) error {
	late := time.After(patience)
	for {
		t.mu.Lock()
		at := text.FindStringIndex(t.shown)
		if at != nil {
			t.shown = t.shown[at[1]:]
		}
		over, fresh := t.over, t.fresh
		t.mu.Unlock()
		switch {
		case at != nil:
			return nil
		case over:
			return fmt.Errorf("the program ended (%s) and never showed %q: %q", fmt.Sprint(t.err), text, t.all)
		}
		select {
		case <-fresh:
		case <-late:
			return fmt.Errorf("the terminal does not show %q: %q", text, t.all)
		}
	}
}

// ends waits for the end of the program and gives its exit code.
func (t *terminal) ends() (int, error) {
	late := time.After(patience)
	for {
		t.mu.Lock()
		over, fresh, err := t.over, t.fresh, t.err
		t.mu.Unlock()
		if over {
			var failed *exec.ExitError
			if err != nil && !errors.As(err, &failed) {
				return 0, err
			}
			return t.cmd.ProcessState.ExitCode(), nil
		}
		select {
		case <-fresh:
		case <-late:
			return 0, fmt.Errorf("the program does not end: %q", t.all)
		}
	}
}

func (t *terminal) close() {
	_ = t.cmd.Process.Kill() // it may have ended
	_, _ = t.ends()
	_ = t.keys.Close()
}

// startTerminal is `terminal NAME PROGRAM [args]`: a program in a terminal of 80
// by 24, to be typed into and looked at by the commands below.
func startTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: terminal NAME PROGRAM [args]")
	}
	cmd := siteOf(ts).command(args[1], args[2:]...)
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	t, err := openTerminal(cmd)
	ts.Check(err)
	castOf(ts).terminals[args[0]] = t
	ts.Defer(t.close)
}

// typeKeys is `type NAME KEYS`, KEYS as in a Go string: \r is Enter, \x03 is
// Ctrl-C.
func typeKeys(ts *testscript.TestScript, neg bool, args []string) {
	t := named(ts, "type", castOf(ts).terminals, neg, args)
	if len(args) != 2 {
		ts.Fatalf("usage: type NAME KEYS")
	}
	keys, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	_, err = t.keys.WriteString(keys)
	ts.Check(err)
}

// seeText is `see NAME REGEXP`: waits for it to be shown, after what was seen
// last. `! see` says that it was never shown, since the start.
func seeText(ts *testscript.TestScript, neg bool, args []string) {
	t := named(ts, "see", castOf(ts).terminals, false, args)
	if len(args) != 2 {
		ts.Fatalf("usage: see NAME REGEXP")
	}
	text, err := regexp.Compile(args[1])
	ts.Check(err)
	if !neg {
		ts.Check(t.see(text))
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if text.MatchString(t.all) {
		ts.Fatalf("the terminal showed %q: %q", args[1], t.all)
	}
}

// setSize is `size NAME COLS ROWS`: the window is drawn larger or smaller.
func setSize(ts *testscript.TestScript, neg bool, args []string) {
	t := named(ts, "size", castOf(ts).terminals, neg, args)
	if len(args) != 3 {
		ts.Fatalf("usage: size NAME COLS ROWS")
	}
	cols, err := strconv.ParseUint(args[1], 10, 16)
	ts.Check(err)
	rows, err := strconv.ParseUint(args[2], 10, 16)
	ts.Check(err)
	ts.Check(pty.Setsize(t.keys, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}))
}

// seeEnd is `ends NAME CODE`: waits for the program in a terminal, or for an
// agent, to end with that code.
func seeEnd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ends NAME CODE")
	}
	var code int
	var err error
	if r, ok := castOf(ts).agents[args[0]]; ok {
		code, err = r.ends()
	} else {
		code, err = named(ts, "ends", castOf(ts).terminals, neg, args).ends()
	}
	ts.Check(err)
	if strconv.Itoa(code) != args[1] {
		ts.Fatalf("%s ended with %d and not %s", args[0], code, args[1])
	}
}

// seeGone is `gone NAME=VALUE`: waits until no process has that variable in the
// environment it was started with. What a script starts has its HOME.
func seeGone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gone NAME=VALUE")
	}
	var last string
	err := until("a process is left", func() bool {
		last = processWith(args[0])
		return last == ""
	})
	if err != nil {
		ts.Fatalf("%v: %s", err, last)
	}
}

func processWith(variable string) string {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		environ, _ := os.ReadFile(filepath.Join(p, "environ")) // one that has ended has none
		for kv := range strings.SplitSeq(string(environ), "\x00") {
			if kv == variable {
				line, _ := os.ReadFile(filepath.Join(p, "cmdline"))
				return p + ": " + strings.ReplaceAll(string(line), "\x00", " ")
			}
		}
	}
	return ""
}
