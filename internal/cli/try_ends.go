//go:build unix

package cli

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// hangupGrace is how long a command may go on after its terminal was closed.
const hangupGrace = 2 * time.Second

// untilClosed ends a while after the terminal was closed: the command was told,
// and may have decided not to listen.
func untilClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if signal.Ignored(syscall.SIGHUP) {
		return ctx, cancel
	}
	closed := make(chan os.Signal, 1)
	signal.Notify(closed, syscall.SIGHUP)
	go func() {
		defer signal.Stop(closed)
		select {
		case <-closed:
			time.AfterFunc(hangupGrace, cancel)
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// trialPrefix begins the names of trials' folders.
const trialPrefix = "vsay-try-"

// removeTrials removes what trials of this user have left that were killed. One
// that runs has a lock on its agent's folder; one that begins may not have it yet.
func removeTrials(tmp string) {
	dirs, _ := filepath.Glob(filepath.Join(tmp, trialPrefix+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 || !isOurs(info) || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if lock, err := os.OpenFile(filepath.Join(dir, "agent", "lock"), os.O_RDWR|syscall.O_NOFOLLOW, 0); err == nil {
			free := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
			_ = lock.Close()
			if !free {
				continue
			}
		}
		_ = os.RemoveAll(dir)
	}
}

func isOurs(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
