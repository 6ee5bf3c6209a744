package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// errLocked says that another process has the lock.
var errLocked = errors.New("locked")

// lockPatience is how long a server that leaves may keep its successor waiting.
const lockPatience = drainTime + 2*time.Second

// lockData makes sure that one server alone has a data folder: a second one would
// not hear of what the first one revokes.
func (s *Server) lockData(ctx context.Context) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for told := false; ; told = true {
		f, err := lockFile(filepath.Join(s.cfg.DataDir, "lock"))
		if !errors.Is(err, errLocked) {
			return f, err
		}
		if !told {
			s.log.Info("waiting for the server that uses this data folder to leave", "data_dir", s.cfg.DataDir)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("another vsay serve uses %s: stop it, or choose another --data-dir", s.cfg.DataDir)
		}
	}
}
