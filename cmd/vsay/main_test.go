package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vsay": main, "vsay-agent": main})
}

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
