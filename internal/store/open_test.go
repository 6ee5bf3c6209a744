package store

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// newStore is a real file in a folder of the test.
func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "data", "vsay.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestOpenSetsWhatSafetyAsksFor(t *testing.T) {
	s := newStore(t)
	for name, pool := range map[string]*sql.DB{"writer": s.write, "reader": s.read} {
		want := map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0", "busy_timeout": "5000",
			"secure_delete": map[string]string{"writer": "1", "reader": "0"}[name],
			"query_only":    map[string]string{"writer": "0", "reader": "1"}[name],
		}
		for pragma, value := range want {
			var got string
			if err := pool.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != value {
				t.Errorf("%s: %s = %q (%v), want %q", name, pragma, got, err, value)
			}
		}
	}
	if _, err := s.read.Exec("DELETE FROM meta"); err == nil {
		t.Error("a reader could write")
	}
}

func TestOpenAgainKeepsWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name? 100% #1", "vsay.db")
	first, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Meta(t.Context(), "install", "one"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if v, err := again.Meta(t.Context(), "install", "two"); v != "one" || err != nil {
		t.Fatalf("got %q, %v", v, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the file is not where it was asked for: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := map[string]struct {
		spoil func(t *testing.T, path string)
		says  string
	}{
		"group-readable": {func(t *testing.T, path string) { must(t, os.Chmod(path, 0o640)) }, "can be read by other users"},
		"group-readable log": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path+"-wal", nil, 0o600))
			must(t, os.Chmod(path+"-wal", 0o644))
		}, "can be read by other users"},
		"symlink": {func(t *testing.T, path string) {
			must(t, os.Rename(path, path+".real"))
			must(t, os.Symlink(path+".real", path))
		}, "symbolic link"},
		"dangling symlink": {func(t *testing.T, path string) {
			must(t, os.Remove(path))
			must(t, os.Symlink(path+".nowhere", path))
		}, "symbolic link"},
		"folder": {func(t *testing.T, path string) {
			must(t, os.Remove(path))
			must(t, os.Mkdir(path, 0o700))
		}, "no regular file"},
		"newer schema": {func(t *testing.T, path string) {
			raw, err := sql.Open("sqlite", path)
			must(t, err)
			_, err = raw.Exec("PRAGMA user_version = 999")
			must(t, err)
			must(t, raw.Close())
		}, "newer vsay"},
		"not a database": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("no SQLite at all ", 1000)), 0o600))
		}, "is damaged"},
		"damaged": {func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			must(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("\xff", 4096)), 2*4096)
			must(t, err)
			must(t, f.Close())
		}, "damaged"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "vsay.db")
			s, err := Open(t.Context(), path)
			must(t, err)
			must(t, s.Close())
			tt.spoil(t, path)
			s, err = Open(t.Context(), path)
			if err == nil {
				s.Close()
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("said %q, want something with %q", err, tt.says)
			}
		})
	}
}

func TestManyOpenOneNewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vsay.db")
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			s, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestMigrationThatFailsLeavesTheOldSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some.db")
	files := fstest.MapFS{}
	files["1_a.sql"] = sqlFile("CREATE TABLE a (x INTEGER) STRICT;\nPRAGMA user_version = 1;")
	d, err := open(t.Context(), path, files, true)
	must(t, err)
	must(t, d.close())

	files["2_b.sql"] = sqlFile("CREATE TABLE b (x INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);\nPRAGMA user_version = 2;")
	if _, err := open(t.Context(), path, files, true); err == nil {
		t.Fatal("a broken migration passed")
	}
	delete(files, "2_b.sql")
	d, err = open(t.Context(), path, files, true)
	must(t, err)
	defer d.close()
	if err := d.read.QueryRow("SELECT count(*) FROM b").Scan(new(int)); err == nil {
		t.Fatal("half a migration stayed")
	}
}

func TestEveryMigrationSetsItsNumber(t *testing.T) {
	names, err := fs.Glob(serverMigrations, "migrations/server/*.sql")
	must(t, err)
	for i, name := range names {
		b, err := fs.ReadFile(serverMigrations, name)
		must(t, err)
		if want := fmt.Sprintf("PRAGMA user_version = %d;", i+1); !strings.Contains(string(b), want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
}

func sqlFile(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + text + "\n")}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
