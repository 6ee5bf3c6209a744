package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"vsay/internal/store"
)

// keySuffix is what the master key of a backup is called behind its name.
const keySuffix = ".key"

// Backup writes all that a server has to remember to a new file, while it runs. The
// master key, without which nobody can use it, only goes with it on request: to
// a file beside it.
func Backup(ctx context.Context, cfg Config, dest string, withKey bool) error {
	if err := store.Backup(ctx, cfg.Database(), dest); err != nil || !withKey {
		return err
	}
	key := cfg.MasterKey
	if len(key) == 0 {
		var err error
		if key, err = readMaster(cfg.masterFile()); err != nil {
			return err
		}
	}
	return writeMaster(dest+keySuffix, key)
}

// Restore makes the data folder of a server out of a backup. What was revoked since
// the backup was made does not come back: see store.Revive. With trust it is taken
// for whole. It tells the emails of the administrators who can sign in: some may have
// been removed since, too.
func Restore(ctx context.Context, cfg Config, from string, trust bool, log *slog.Logger) (admins []string, err error) {
	s := &Server{cfg: cfg, log: log, now: time.Now}
	if err := store.PrivateDir(cfg.DataDir); err != nil {
		return nil, err
	}
	if s.lock, err = s.lockData(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.lock.Close()) }()
	if _, err := os.Lstat(cfg.Database()); err == nil {
		return nil, fmt.Errorf("%s holds a database already: name a new folder", cfg.DataDir)
	}
	aside := cfg.Database() + ".restoring"
	if err := removeDatabase(aside); err != nil {
		return nil, err
	}
	admins, err = s.restore(ctx, from, aside, trust)
	if err == nil {
		err = store.Settle(aside, cfg.Database())
	}
	return admins, errors.Join(err, removeDatabase(aside))
}

func removeDatabase(path string) error {
	var err error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		err = errors.Join(err, os.RemoveAll(path+suffix))
	}
	return err
}

func (s *Server) restore(ctx context.Context, from, aside string, trust bool) (admins []string, err error) {
	if s.store, err = store.Unpack(ctx, from, aside); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	if err := s.unlock(ctx, from); err != nil {
		return nil, err
	}
	err = s.store.Revive(ctx, store.Revival{
		At: s.now(), Trust: trust, SigningKey: s.keys.newSigning(s.now()),
		APIKey: func(u *store.User) error { s.keys.newAPIKey(u); return nil },
	})
	if err != nil {
		return nil, err
	}
	people, err := s.store.People(ctx)
	for _, p := range people {
		if p.Admin && !p.Disabled {
			admins = append(admins, p.Email)
		}
	}
	return admins, errors.Join(err, s.noteOffline(ctx, "restored", fmt.Sprintf(`{"trusted":%t}`, trust)))
}

// unlock finds the master key of a backup, and keeps it where the server looks for it.
func (s *Server) unlock(ctx context.Context, from string) error {
	master, err := s.masterOfBackup(from)
	if err != nil {
		return err
	}
	if s.keys, err = deriveKeys(master); err != nil {
		return err
	}
	known, err := s.store.Meta(ctx, "key_check", s.keys.fingerprint())
	if err != nil {
		return err
	}
	if err := belongs(master, known, "the master key"); err != nil {
		return err
	}
	return s.keepMaster(master)
}

// masterOfBackup finds the key: told, in the data folder already, or beside the backup.
func (s *Server) masterOfBackup(from string) ([]byte, error) {
	if len(s.cfg.MasterKey) > 0 {
		return s.cfg.master()
	}
	for _, path := range []string{s.cfg.masterFile(), from + keySuffix} {
		key, err := readMaster(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
	}
	return nil, fmt.Errorf("the backup opens only with the master key of its server: put that at %s, mode 600, or give it with --master-key-file", s.cfg.masterFile())
}

// keepMaster puts the key into the data folder, if that is where it belongs.
func (s *Server) keepMaster(master []byte) error {
	if _, err := os.Lstat(s.cfg.masterFile()); err == nil || len(s.cfg.MasterKey) > 0 {
		return nil
	}
	return writeMaster(s.cfg.masterFile(), master)
}
