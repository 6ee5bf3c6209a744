// Package private is for folders and files that belong to one user alone: the
// server's data, a machine's key, a client's tokens. They are kept from others, and
// from being lost.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Dir makes dir, or makes it private: mode 0700 under any umask. It refuses one
// that others can look into and that holds things, but no file named own: it may be
// /etc. With own empty it is made private whatever it holds. A symbolic link is
// refused as well, since who made it chose where secrets go.
func Dir(dir, own string) error {
	if err := noLink(dir); err != nil {
		return err
	}
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
	if _, err := os.Lstat(filepath.Join(dir, own)); errors.Is(err, fs.ErrNotExist) {
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

// noLink lets a link pass that root made for somebody else: a system's manager
// does so for the folder of a service (systemd's DynamicUser).
func noLink(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 || madeForUs(info) {
		return nil // MkdirAll says what else is wrong
	}
	return fmt.Errorf("%s is a symbolic link: name the folder itself", dir)
}

// SyncDir has the names of the files in a folder on disk when it returns.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it cannot be done there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Read reads a file that nobody else can read, and refuses any other.
func Read(path string) ([]byte, error) {
	if err := File(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// File refuses a file that is none, a symbolic link, or one that others can read.
// One that is not there is fine.
func File(path string) error {
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
