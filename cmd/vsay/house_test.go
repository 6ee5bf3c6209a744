package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms is the whole house: each package of vsay and those it may import. The
// arrows point one way, so a package that is not here has no place yet.
var rooms = map[string][]string{
	"cmd/vsay":             {"internal/cli"},
	"internal/cli":         {"internal/server", "internal/certificate", "internal/relay", "internal/store", "internal/agent", "internal/session", "internal/screen", "internal/client", "internal/private", "internal/wire"},
	"internal/server":      {"internal/relay", "internal/store", "internal/certificate", "internal/private", "internal/wire", "web"},
	"internal/agent":       {"internal/session", "internal/private", "internal/wire"},
	"internal/session":     {"internal/screen", "internal/wire"},
	"internal/screen":      {},
	"internal/client":      {"internal/store", "internal/wire"}, // of store its cache only
	"internal/relay":       {"internal/wire"},
	"internal/store":       {"internal/private", "internal/wire"},
	"internal/certificate": {"internal/wire"},
	"internal/private":     {},
	"internal/wire":        {},
	"internal/chaos":       {}, // tests only: it breaks all of the others
	"web":                  {},
}

// homes is where each library may be imported. Elsewhere it would spread, and
// nobody could replace it in an afternoon.
var homes = map[string][]string{
	"github.com/spf13/cobra":             {"internal/cli"},
	"github.com/spf13/pflag":             {"internal/cli"}, // what cobra's flags are made of
	"github.com/spf13/viper":             {"internal/cli"},
	"golang.org/x/term":                  {"internal/cli"},
	"github.com/golang-jwt/jwt/v5":       {"internal/server"},
	"golang.org/x/crypto":                {"internal/server", "internal/certificate"},
	"golang.org/x/text":                  {"internal/server"},
	"golang.org/x/time":                  {"internal/server", "internal/session"},
	"modernc.org/sqlite":                 {"internal/store"},
	"github.com/VictoriaMetrics/metrics": {"internal/server"},
	"github.com/pressly/goose/v3":        {"internal/store"},
	"github.com/shirou/gopsutil/v4":      {"internal/agent"},
	"github.com/creack/pty":              {"internal/session"},
	"github.com/charmbracelet/x/ansi":    {"internal/screen"},
	"github.com/coder/websocket":         {"internal/wire"},
	"github.com/go-json-experiment/json": {"internal/wire"},

	// These two are the standard library by another name: errgroup, and system
	// calls that the frozen package syscall lacks.
	"golang.org/x/sync": {"internal/cli", "internal/server", "internal/agent", "internal/session", "internal/client", "internal/relay"},
	"golang.org/x/sys":  {"internal/cli", "internal/agent", "internal/session", "internal/store", "internal/wire"},
}

const module = "vsay/"

// listed is what `go list -json` says of a package. Tests are not in it: they
// may bring together what the program keeps apart.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Path string }
}

// A file may belong to one system only, so each of them has its own arrows.
func TestHouse(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		t.Run(goos, func(t *testing.T) {
			pkgs := list(t, goos)
			if !slices.ContainsFunc(pkgs, func(p listed) bool { return p.ImportPath == module+"internal/wire" }) {
				t.Fatal("go list does not know internal/wire: the test looks at the wrong place")
			}
			for _, fault := range faults(pkgs) {
				t.Error(fault)
			}
		})
	}
}

func TestHouseNoticesFaults(t *testing.T) {
	crypto := &struct{ Path string }{"golang.org/x/crypto"}
	unknown := &struct{ Path string }{"example.com/left/pad"}
	library := []listed{
		{ImportPath: "net/http", Standard: true},
		{ImportPath: "golang.org/x/crypto/argon2", Module: crypto},
		{ImportPath: "example.com/left/pad/left", Module: unknown},
		{ImportPath: "vsay/internal/server"},
	}
	for _, c := range []struct {
		from, imports string
		wrong         bool
	}{
		{"vsay/internal/server", "vsay/internal/wire", false},
		{"vsay/internal/wire", "vsay/internal/server", true},
		{"vsay/internal/agent", "vsay/internal/server", true},
		{"vsay/cmd/vsay", "vsay/internal/wire", true},
		{"vsay/internal/util", "net/http", true},
		{"vsay/internal/wire", "net/http", false},
		{"vsay/internal/server", "golang.org/x/crypto/argon2", false},
		{"vsay/internal/store", "golang.org/x/crypto/argon2", true},
		{"vsay/internal/server", "example.com/left/pad/left", true},
		{"vsay/internal/server", "example.com/never/listed", true},
	} {
		got := faults(append(library, listed{ImportPath: c.from, Imports: []string{c.imports}}))
		if (len(got) > 0) != c.wrong {
			t.Errorf("%s imports %s: faults %q, want a fault: %t", c.from, c.imports, got, c.wrong)
		}
	}
}

// list asks go for every package of vsay and everything they are made of.
func list(t *testing.T, goos string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Imports,Module", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &errs)
	}
	var pkgs []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// faults is a sentence for each import that the tables above do not allow.
func faults(pkgs []listed) []string {
	known := map[string]listed{}
	for _, p := range pkgs {
		known[p.ImportPath] = p
	}
	var wrong []string
	for _, p := range pkgs {
		room, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		if _, ok := rooms[room]; !ok {
			wrong = append(wrong, room+" has no place in the house: give it one in house_test.go and docs/architecture.md, or fold it into a package that has")
			continue
		}
		for _, imported := range p.Imports {
			wrong = append(wrong, fault(room, known[imported], imported)...)
		}
	}
	return wrong
}

func fault(room string, p listed, path string) []string {
	if p.Standard {
		return nil
	}
	if other, ours := strings.CutPrefix(path, module); ours {
		if !slices.Contains(rooms[room], other) {
			return []string{fmt.Sprintf("%s must not import %s: the arrow points the other way", room, other)}
		}
		return nil
	}
	if p.Module == nil || !slices.Contains(homes[p.Module.Path], room) {
		return []string{fmt.Sprintf("%s must not import %s: that library is not at home there", room, path)}
	}
	return nil
}
