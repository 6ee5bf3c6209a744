package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"vsay/internal/private"
)

// makePrivate makes path an existing file of mode 0600 in a folder of mode
// 0700, whatever the umask. SQLite gives the files beside it the same mode. What
// is there and could be read or replaced by others is refused, since nobody can
// tell who has.
func makePrivate(path string) error {
	if err := PrivateDir(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		return errors.Join(f.Chmod(0o600), f.Close()) // a umask may have taken more than we did
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := private.File(path + suffix); err != nil {
			return err
		}
	}
	return nil
}

// PrivateDir makes dir a folder for a database of ours, as private.Dir does.
func PrivateDir(dir string) error { return private.Dir(dir, "vsay.db") }
