//go:build unix

package private

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDir(t *testing.T) {
	for name, c := range map[string]struct {
		make func(dir string) error
		says string // empty: it is fine, and private
	}{
		"new":           {func(string) error { return nil }, ""},
		"open, empty":   {func(dir string) error { return os.Mkdir(dir, 0o755) }, ""},
		"open, ours":    {holds("key"), ""},
		"open, foreign": {holds("passwd"), "holds things already"},
		"a link":        {func(dir string) error { return os.Symlink(t.TempDir(), dir) }, "is a symbolic link"},
		"a dead link":   {func(dir string) error { return os.Symlink(dir+".away", dir) }, "is a symbolic link"},
		"a file":        {func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dir")
			if err := c.make(dir); err != nil {
				t.Fatal(err)
			}
			err := Dir(dir, "key")
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, want %q", err, c.says)
				}
				return
			}
			if info, statErr := os.Lstat(dir); err != nil || statErr != nil || info.Mode() != os.ModeDir|0o700 {
				t.Errorf("%v, %v, %v", err, info, statErr)
			}
		})
	}
}

// holds makes a folder that others can look into, with one file.
func holds(file string) func(dir string) error {
	return func(dir string) error {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, file), nil, 0o600)
	}
}
