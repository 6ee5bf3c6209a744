//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata/script are the manual: each shows a part of vsay as
// it is used, with the real program and a real server. script_test.go has the
// commands they use beside testscript's own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server":      startServer,
			"stop-server": stopServer,
			"kill-server": killServer,
			"agent":       startAgent,
			"kill-agent":  killAgent,
			"terminal":    startTerminal,
			"type":        typeKeys,
			"see":         seeText,
			"size":        setSize,
			"ends":        seeEnd,
			"gone":        seeGone,
			"exits":       exits,
			"keep":        keep,
			"certificate": certificate,
		},
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("GORACE", "atexit_sleep_ms=0") // a second for each vsay that ends, with -race
			env.Values[castKey{}] = &cast{
				servers: map[string]*running{}, agents: map[string]*running{}, terminals: map[string]*terminal{},
			}
			return os.Mkdir(home, 0o700)
		},
	})
}

// cast is what a script has running, by name.
type cast struct {
	servers, agents map[string]*running
	terminals       map[string]*terminal
}

type castKey struct{}

func castOf(ts *testscript.TestScript) *cast { return ts.Value(castKey{}).(*cast) }

// siteOf is where a script is.
func siteOf(ts *testscript.TestScript) site {
	s := site{dir: ts.Getenv("WORK")}
	for _, name := range passedOn {
		if v := ts.Getenv(name); v != "" {
			s.env = append(s.env, name+"="+v)
		}
	}
	return s
}

// passedOn are a script's variables that programs in the background see.
var passedOn = []string{
	"HOME", "PATH", "TMPDIR", "GOCOVERDIR", "GORACE", "SHELL", "LANG",
	"VSAY_HOST", "VSAY_TLS_CA", "VSAY_API_KEY",
}

// startServer is `server NAME [flags of vsay serve]`. The server listens on a
// free port, and keeps its data and its port from one start to the next. When
// the command returns it is ready, and its URL is in $NAME and in $VSAY_HOST.
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server NAME [flags]")
	}
	name, address := args[0], "127.0.0.1:0"
	if _, known := castOf(ts).servers[name]; known {
		_, address, _ = strings.Cut(ts.Getenv(name), "://")
	}
	r, url, err := siteOf(ts).serve(name, address, args[1:]...)
	ts.Check(err)
	castOf(ts).servers[name] = r
	ts.Defer(func() { r.end(os.Kill) })
	ts.Setenv(name, url)
	ts.Setenv("VSAY_HOST", url)
}

// stopServer is `stop-server NAME`: SIGTERM, and the server has to end well.
func stopServer(ts *testscript.TestScript, neg bool, args []string) {
	r := named(ts, "stop-server", castOf(ts).servers, neg, args)
	r.end(syscall.SIGTERM)
	if r.err != nil {
		ts.Fatalf("the server ended with %v: %s", r.err, &r.log)
	}
}

// killServer is `kill-server NAME`: SIGKILL, as a power cut.
func killServer(ts *testscript.TestScript, neg bool, args []string) {
	named(ts, "kill-server", castOf(ts).servers, neg, args).end(os.Kill)
}

// startAgent is `agent NAME [flags of vsay agent]`. The agent runs as `vsay agent
// &` in a script does. When the command returns, `vsay ls` shows the machine
// online.
func startAgent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: agent NAME [flags]")
	}
	s := siteOf(ts)
	r, err := s.agent(args[0], args[1:]...)
	ts.Check(err)
	castOf(ts).agents[args[0]] = r
	ts.Setenv(args[0]+"_pid", strconv.Itoa(r.process.Pid))
	ts.Defer(func() {
		r.end(os.Kill)
		ts.Check(endSessions(s.stateDir(args[0])))
	})
}

// killAgent is `kill-agent NAME`: SIGKILL.
func killAgent(ts *testscript.TestScript, neg bool, args []string) {
	named(ts, "kill-agent", castOf(ts).agents, neg, args).end(os.Kill)
}

// named finds what a command is about.
func named[T any](ts *testscript.TestScript, command string, all map[string]T, neg bool, args []string) T {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: %s NAME", command)
	}
	found, ok := all[args[0]]
	if !ok {
		ts.Fatalf("%s: there is no %s", command, args[0])
	}
	return found
}

// exits is `exits CODE PROGRAM [args]`: exec for a program that has to end with
// that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [args]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var failed *exec.ExitError
	got := 0
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// keep is `keep NAME`: the last stdout, without the space around it, becomes
// $NAME.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// certificate is `certificate CERT KEY`: writes a certificate for 127.0.0.1
// that signed itself, and its key.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: certificate CERT KEY")
	}
	ts.Check(writeCertificate(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}
