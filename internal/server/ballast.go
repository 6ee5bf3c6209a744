package server

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ballast is a file that only takes room. When the disk is full it is given back, so
// that what must be written can be, such as revocations, while somebody makes room.
type ballast struct {
	path string
	size int64 // bytes; 0: there is none
	log  *slog.Logger

	mu    sync.Mutex
	freed time.Time // of late; zero: it is there
}

// ballastAgain is how long after it was given back it is looked for room again.
const ballastAgain = time.Minute

func newBallast(dataDir string, size int64, log *slog.Logger) *ballast {
	return &ballast{path: filepath.Join(dataDir, "ballast"), size: size, log: log}
}

// take makes the file, if there is room for three times as much.
func (b *ballast) take(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.freed.IsZero() && now.Sub(b.freed) < ballastAgain {
		return
	}
	info, err := os.Lstat(b.path)
	switch {
	case err == nil && info.Size() == b.size && b.size > 0:
		return
	case err == nil || b.size == 0:
		err = os.RemoveAll(b.path)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil || b.size == 0 || room(filepath.Dir(b.path)) < 3*b.size {
		return // a disk that is nearly full needs the room more
	}
	if err := reserveFile(b.path, b.size); err != nil {
		b.log.Warn("no room could be set aside for a full disk", "err", errors.Join(err, os.RemoveAll(b.path)))
		return
	}
	b.freed = time.Time{}
}

// give frees the room, and says so.
func (b *ballast) give(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	again := b.freed.IsZero() || now.Sub(b.freed) > ballastAgain
	if again {
		b.freed = now
	}
	err := os.Remove(b.path)
	switch {
	case err == nil:
		b.log.Error("THE DISK IS FULL: room that was set aside was given back; make more", "bytes", b.size)
	case again:
		b.log.Error("THE DISK IS FULL: nothing can be written; make room")
	}
}
