package server

import (
	"errors"
	"os"
	"syscall"
)

// room is how many bytes of a file system are free for us.
func room(dir string) int64 {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return 0
	}
	return int64(fs.Bavail) * int64(fs.Bsize) // which has 32 bits on some machines
}

// reserveFile makes a file that really takes its room.
func reserveFile(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(syscall.Fallocate(int(f.Fd()), 0, 0, size), f.Close())
}
