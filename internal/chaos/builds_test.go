//go:build unix

package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// builds makes two programs that differ in their version alone, or the second
// one of another state of the source. VSAY_CHAOS_BINARY is used instead, twice,
// or two of them with a colon between.
func builds(t *testing.T, dir string) (b [2]string) {
	if given := os.Getenv("VSAY_CHAOS_BINARY"); given != "" {
		first, second, two := strings.Cut(given, ":")
		if !two {
			second = first
		}
		return [2]string{first, second}
	}
	mustSee(t, "../../cmd", "../../internal")
	sources := [2]string{"../..", "../.."}
	if *oldFlag != "" {
		sources[1] = checkout(t, dir, *oldFlag)
	}
	for i := range b {
		b[i] = filepath.Join(dir, fmt.Sprintf("vsay-%d", i+1))
		cmd := exec.Command("go", "build", "-o", b[i], "-ldflags", fmt.Sprintf("-X vsay/internal/cli.version=chaos-%d", i+1), "./cmd/vsay")
		cmd.Dir = sources[i]
		perform(t, cmd)
	}
	return b
}

// differ says that the builds may differ in more than their version.
func differ() bool { return *oldFlag != "" || os.Getenv("VSAY_CHAOS_BINARY") != "" }

// mustSee looks at folders, so that the go command runs this test again when
// something in them was changed: it does not know what another process reads.
func mustSee(t *testing.T, folders ...string) {
	t.Helper()
	for _, f := range folders {
		must(t, filepath.WalkDir(f, func(path string, _ os.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		}))
	}
}

// checkout lays out the source of a git ref. The repository itself is only read.
func checkout(t *testing.T, dir, ref string) string {
	t.Helper()
	tarball, source := filepath.Join(dir, "old.tar"), filepath.Join(dir, "old")
	must(t, os.Mkdir(source, 0o700))
	git := exec.Command("git", "archive", "--format=tar", "-o", tarball, ref)
	git.Dir = "../.." // of another folder it would archive that one
	perform(t, git)
	perform(t, exec.Command("tar", "-xf", tarball, "-C", source))
	return source
}

func perform(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}
