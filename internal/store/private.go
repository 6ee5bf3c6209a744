package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
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
		if err := checkPrivate(path + suffix); err != nil {
			return err
		}
	}
	return nil
}

// PrivateDir makes dir, or makes it private: mode 0700 under any umask. It refuses
// one that others can look into and that holds other things than a vsay.db: it may
// be /etc.
func PrivateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if isPrivate(dir) {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSticky != 0 {
		return fmt.Errorf("%s is shared with other users: name a folder of your own", dir)
	}
	if _, err := os.Lstat(filepath.Join(dir, "vsay.db")); errors.Is(err, fs.ErrNotExist) {
		held, err := os.ReadDir(dir)
		if isPrivate(dir) {
			return nil // another process did it meanwhile, and then put its files there
		}
		if err != nil || len(held) > 0 {
			return errors.Join(fmt.Errorf("%s is open to other users and holds things already: name a folder of its own, or chmod 700 it", dir), err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("%s must be readable by its owner alone, and cannot be made so: %w", dir, err)
	}
	return nil
}

func isPrivate(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && (runtime.GOOS == "windows" || info.Mode().Perm() == 0o700)
}

func checkPrivate(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link: put the file itself there", path)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: remove it, or name another folder", path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s can be read by other users (mode %04o): make sure that nobody did, then chmod 600 it", path, info.Mode().Perm())
	}
	return nil
}
