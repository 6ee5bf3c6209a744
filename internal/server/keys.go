package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"vsay/internal/store"
)

const masterLen = 32 // bytes

// keys are the master key's children, one for each purpose, so that one that
// leaks opens nothing else.
type keys struct {
	jwt       []byte
	apiVerify []byte
	apiShow   cipher.AEAD
	challenge []byte
	check     []byte
}

func deriveKeys(master []byte) (keys, error) {
	child := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, master, nil, "vsay "+purpose, masterLen)
	}
	var k keys
	var show []byte
	for purpose, key := range map[string]*[]byte{
		"jwt": &k.jwt, "api-verify": &k.apiVerify, "api-show": &show, "challenge": &k.challenge, "check": &k.check,
	} {
		var err error
		if *key, err = child(purpose); err != nil {
			return keys{}, err
		}
	}
	block, err := aes.NewCipher(show)
	if err != nil {
		return keys{}, err
	}
	k.apiShow, err = cipher.NewGCM(block)
	return k, err
}

// fingerprint tells one master key from another and nothing about either.
func (k keys) fingerprint() string {
	return hex.EncodeToString(mac(k.check, []byte("fingerprint"))[:8])
}

// kid names the signing key in the tokens' header.
func (k keys) kid() string { return hex.EncodeToString(mac(k.check, k.jwt)[:8]) }

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
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
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("%s is a symbolic link: put the key itself there", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file: put the key there", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s can be read by other users (mode %04o): make sure that nobody did, then chmod 600 it", path, info.Mode().Perm())
	case info.Size() != masterLen:
		return nil, fmt.Errorf("%s holds %d bytes and not %d: put the right key back", path, info.Size(), masterLen)
	}
	return os.ReadFile(path)
}

// makeMaster writes the key aside and links it to its name, which fails when
// somebody else was quicker: the name never stands for half a key.
func makeMaster(path string) error {
	key := random(masterLen)
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
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it cannot be done there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// randomID is 128 random bits in hexadecimal.
func randomID() string { return hex.EncodeToString(random(16)) }

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // cannot fail
	return b
}
