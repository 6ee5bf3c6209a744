package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"vsay/internal/private"
	"vsay/internal/store"
	"vsay/internal/wire"
)

const (
	masterName = "master.key"
	nextSuffix = ".next" // of a master key that is about to take the place of the one beside it
)

// ParseMaster reads a master key as people hand it around: its bytes, or those
// in hexadecimal or base64.
func ParseMaster(text []byte) ([]byte, error) {
	if len(text) == masterLen {
		return text, nil
	}
	text = bytes.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(string(text)); err == nil && len(key) == masterLen {
			return key, nil
		}
	}
	return nil, fmt.Errorf("a master key is %d bytes, as they are or in hexadecimal or base64", masterLen)
}

// master gives the master key that was told, or that of the data folder, whose
// database it looks for.
func (c Config) master() ([]byte, error) {
	switch {
	case len(c.MasterKey) > 0 && len(c.MasterKey) != masterLen:
		return nil, fmt.Errorf("the master key has %d bytes and not %d: give the right one", len(c.MasterKey), masterLen)
	case len(c.MasterKey) > 0:
		return c.MasterKey, nil
	}
	return openMaster(c.masterFile(), c.Database())
}

func (c Config) masterFile() string { return filepath.Join(c.DataDir, masterName) }

// settleMaster ends a rotation that broke off: the database says which of two
// master keys is the one, since it changed over in one piece.
func (c Config) settleMaster(master []byte, known string) ([]byte, error) {
	if len(c.MasterKey) > 0 {
		return master, belongs(master, known, "the master key that was given")
	}
	file, next := c.masterFile(), c.masterFile()+nextSuffix
	if err := sweepKeys(file); err != nil {
		return nil, err
	}
	fresh, err := readMaster(next)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return master, belongs(master, known, file)
	case err == nil && belongs(fresh, known, next) == nil:
		return fresh, switchMaster(next, file)
	}
	if err := belongs(master, known, file); err != nil {
		return nil, err
	}
	return master, os.Remove(next) // nothing is under it
}

// sweepKeys removes what writeMaster leaves aside when it is cut short.
func sweepKeys(file string) error {
	left, err := filepath.Glob(file + ".*")
	for _, path := range left {
		if aside.MatchString(path) {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

var aside = regexp.MustCompile(`\.key(\.next)?\.[0-9a-f]{8}$`)

// belongs fails when a database is not under this master key: every API key in it
// would look wrong.
func belongs(master []byte, known, where string) error {
	k, err := deriveKeys(master)
	if err == nil && k.fingerprint() != known {
		err = fmt.Errorf("%s is not the key of the database: put the right one back", where)
	}
	return err
}

// switchMaster has the next master key take its place, for good.
func switchMaster(next, file string) error {
	return store.Settle(next, file)
}

// openMaster reads the master key, or makes it on the very first start: that is
// when the database does not exist either.
func openMaster(path, database string) ([]byte, error) {
	if err := store.PrivateDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	key, err := readMaster(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if _, err := os.Lstat(database); err == nil {
		return nil, fmt.Errorf("%s is missing, but the database beside it needs it: put it back", path)
	}
	if err := makeMaster(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("the master key cannot be made: %w", err)
	}
	return readMaster(path)
}

func readMaster(path string) ([]byte, error) {
	key, err := private.Read(path)
	if err == nil && len(key) != masterLen {
		err = fmt.Errorf("%s holds %d bytes and not %d: put the right key back", path, len(key), masterLen)
	}
	return key, err
}

// makeMaster writes the key aside and links it to its name, which fails when
// somebody else was quicker: the name never stands for half a key.
func makeMaster(path string) error { return writeMaster(path, random(masterLen)) }

func writeMaster(path string, key []byte) error {
	aside := path + "." + randomID()[:8]
	defer func() { _ = os.Remove(aside) }()
	f, err := os.OpenFile(aside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, werr := f.Write(key)
	if err := errors.Join(werr, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(aside, path); err != nil {
		return err
	}
	return private.SyncDir(filepath.Dir(path))
}

// KeyRotation is what RotateKeys is told.
type KeyRotation struct {
	Master    bool   // the master key too, and not only the one that signs tokens
	SignOut   bool   // every token ends now, instead of at its own time
	NewMaster string // file to write the new master key to; needed where it is not kept in the data folder
}

// RotateKeys replaces the keys of a server that does not run. Nothing that was
// made with the old ones stops working, unless SignOut.
func (s *Server) RotateKeys(ctx context.Context, r KeyRotation) error {
	if r.Master {
		if err := s.rotateMaster(ctx, r.NewMaster, func(string) error { return nil }); err != nil {
			return err
		}
	}
	if !r.Master || r.SignOut { // the key that signs was replaced with the master key
		kid, err := s.rotateSigning(ctx, r.SignOut)
		if err != nil {
			return err
		}
		s.auditSelf("signing key rotated", "key", kid, "sign_out", r.SignOut)
	}
	return nil
}

// noteOffline is the audit record of what is done to a server that does not run.
func (s *Server) noteOffline(ctx context.Context, event, detail string) error {
	r := store.Record{At: s.now(), Event: event, Result: wire.AuditOK, Detail: detail}
	return s.store.AuditLog(s.keys.audit).Append(ctx, []store.Record{r})
}

// rotateMaster puts everything that lies under the master key under a new one.
// The new key is on disk before the database changes over, and the database
// before the key takes its place, so that a crash in between leaves both; see
// settleMaster. passed is told each step that is done.
func (s *Server) rotateMaster(ctx context.Context, to string, passed func(step string) error) error {
	outside := len(s.cfg.MasterKey) > 0
	if outside == (to == "") {
		return errNewMaster(outside)
	}
	next := to
	if !outside {
		next = s.cfg.masterFile() + nextSuffix
	}
	if err := makeMaster(next); err != nil {
		return fmt.Errorf("the new master key cannot be written: %w", err)
	}
	master, err := readMaster(next)
	if err != nil {
		return err
	}
	fresh, err := deriveKeys(master)
	if err != nil {
		return err
	}
	if err := passed("written"); err != nil {
		return err
	}
	if err := s.book.Rekey(ctx, s.rekeying(fresh, passed), fresh.audit); err != nil {
		return err
	}
	if err := passed("changed over"); err != nil {
		return err
	}
	if s.keys = fresh; !outside {
		err = switchMaster(next, s.cfg.masterFile())
	}
	s.auditSelf("master key rotated", "key", fresh.fingerprint())
	return errors.Join(err, s.openRing(ctx))
}

func errNewMaster(outside bool) error {
	if outside {
		return errors.New("the master key was given from outside: say with --new-master-key-file where the new one is to be written, and give that from then on")
	}
	return errors.New("the master key lies in the data folder, and the new one will: leave --new-master-key-file out")
}

// rekeying opens with the keys there are, and seals with fresh ones.
func (s *Server) rekeying(fresh keys, passed func(step string) error) store.Rekeying {
	old := s.keys
	return store.Rekeying{
		Known: old.fingerprint(), Fresh: fresh.fingerprint(),
		User: func(u *store.User) error {
			secret, err := old.apiSecret(*u)
			if err != nil {
				return err
			}
			fresh.keep(u, secret)
			return passed("user")
		},
		SigningKey: func(k *store.SigningKey) error {
			open, err := old.openSigning(*k)
			k.Sealed = seal(fresh.ring, open.secret, []byte(k.ID))
			return errors.Join(err, passed("signing key"))
		},
		Next: fresh.newSigning(s.now()),
	}
}
