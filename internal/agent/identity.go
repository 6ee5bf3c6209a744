//go:build unix

package agent

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"unicode"

	"vsay/internal/private"
	"vsay/internal/wire"
)

// identity is the machine's own credential: a key that never leaves it, and a
// counter that only grows, so that a copy of the key is found out.
type identity struct {
	mu   sync.Mutex
	path string
	lock *os.File
	saved
}

// saved is the file, which holds a secret and is 0600 from birth.
type saved struct {
	Server  string   `json:"server"`
	AgentID string   `json:"agent_id,omitzero"`
	Name    string   `json:"name,omitzero"`
	Seed    []byte   `json:"seed"`
	Counter uint64   `json:"counter"`
	Pins    []string `json:"pins,omitzero"` // of the server's key, as it was learnt
}

func openIdentity(dir, server string) (*identity, error) {
	if err := ours(private.Dir(dir, "machine.json")); err != nil {
		return nil, err
	}
	if err := ours(private.File(filepath.Join(dir, "lock"))); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		lock.Close()
		return nil, wire.ErrTaken.With("another agent runs with %s: stop it, or choose another --state-dir", dir)
	}
	id := &identity{path: filepath.Join(dir, "machine.json"), lock: lock}
	if err := id.load(server); err != nil {
		lock.Close()
		return nil, err
	}
	return id, nil
}

// ours is an error about what is not a machine's alone.
func ours(err error) error {
	if err == nil {
		return nil
	}
	return wire.ErrForbidden.With("%s", err)
}

func (id *identity) load(server string) error {
	if err := ours(private.File(id.path)); err != nil {
		return err
	}
	b, err := os.ReadFile(id.path)
	if errors.Is(err, fs.ErrNotExist) {
		id.Server, id.Seed = server, make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(id.Seed)
		return id.save()
	}
	if err != nil {
		return err
	}
	if err := wire.Decode(b, &id.saved); err != nil || len(id.Seed) != ed25519.SeedSize {
		return wire.ErrBadRequest.With("%s is damaged: remove it to enroll anew", id.path)
	}
	if id.AgentID == "" { // it never came so far: another server is as good
		id.Server = server
		return nil
	}
	if id.Server != server {
		return wire.ErrTaken.With("%s belongs to this machine at %s: choose another --state-dir for %s", filepath.Dir(id.path), id.Server, server)
	}
	return nil
}

// save replaces the file whole.
func (id *identity) save() error {
	tmp, err := os.CreateTemp(filepath.Dir(id.path), ".machine-*") // 0600 from birth
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(wire.Encode(id.saved))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("cannot save the machine's key: %w", err)
	}
	if err := os.Rename(tmp.Name(), id.path); err != nil {
		return err
	}
	return private.SyncDir(filepath.Dir(id.path)) // or a power cut sets the counter back, and the server takes us for a copy
}

// enrolled keeps what the server calls this machine.
func (id *identity) enrolled(e wire.Enrolled) error {
	if !shaped(e.AgentID, 64) || len(e.Name) > 256 || strings.ContainsFunc(e.Name, unicode.IsControl) {
		return wire.ErrProtocol.With("the server gave this machine an id or a name that makes no sense: check its address, or upgrade it")
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	id.AgentID, id.Name = e.AgentID, e.Name
	return id.save()
}

func (id *identity) public() []byte {
	return ed25519.NewKeyFromSeed(id.Seed).Public().(ed25519.PublicKey)
}

func (id *identity) sign(text []byte) []byte {
	return ed25519.Sign(ed25519.NewKeyFromSeed(id.Seed), text)
}

// answer is the credential for one control link. The counter is on disk before
// it is used.
func (id *identity) answer(host, nonce string) (string, error) {
	if !shaped(nonce, 128) {
		return "", wire.ErrProtocol.With("the server sent a challenge that makes no sense: check its address, or upgrade it")
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	id.Counter++
	if err := id.save(); err != nil {
		return "", err
	}
	sig := id.sign(wire.ChallengeText(host, id.AgentID, nonce, id.Counter))
	return id.AgentID + "." + counterText(id.Counter) + "." + nonce + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// Close lets another agent have the directory.
func (id *identity) Close() error { return id.lock.Close() }
