package server

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vsay/internal/certificate"
	"vsay/internal/store"
)

func start(t *testing.T, cfg Config) error {
	t.Helper()
	s, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return s.Close()
}

func TestStartIsRefused(t *testing.T) {
	tests := map[string]struct {
		spoil func(key, db string) error
		says  string
	}{
		"a key others can read": {func(key, _ string) error { return os.Chmod(key, 0o640) }, "chmod 600"},
		"a short key":           {func(key, _ string) error { return os.Truncate(key, 31) }, "holds 31 bytes"},
		"an empty key":          {func(key, _ string) error { return os.Truncate(key, 0) }, "holds 0 bytes"},
		"a link": {func(key, _ string) error {
			if err := os.Rename(key, key+".real"); err != nil {
				return err
			}
			return os.Symlink(key+".real", key)
		}, "symbolic link"},
		"no key":           {func(key, _ string) error { return os.Remove(key) }, "put it back"},
		"another's key":    {func(key, _ string) error { return os.WriteFile(key, bytes.Repeat([]byte("x"), 32), 0o600) }, "not the key of the database"},
		"an open database": {func(_, db string) error { return os.Chmod(db, 0o644) }, "can be read by other users"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := start(t, Config{DataDir: dir}); err != nil {
				t.Fatal(err)
			}
			if err := tt.spoil(filepath.Join(dir, "master.key"), filepath.Join(dir, "vsay.db")); err != nil {
				t.Fatal(err)
			}
			if err := start(t, Config{DataDir: dir}); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("said %v, want something with %q", err, tt.says)
			}
		})
	}
}

func TestConfigIsRefused(t *testing.T) {
	dir := t.TempDir()
	for says, cfg := range map[string]Config{
		"--data-dir":     {},
		"open, invite":   {DataDir: dir, Signup: "maybe"},
		"no public URL":  {DataDir: dir, PublicURL: "vsay.example.com"},
		"needs both":     {DataDir: dir, TLS: certificate.Config{Cert: "cert.pem"}},
		"cannot be used": {DataDir: dir, TLS: certificate.Config{Cert: "nowhere.pem", Key: "nowhere.pem"}},
	} {
		if err := start(t, cfg); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("said %v, want something with %q", err, says)
		}
	}
}

func TestMasterKeyIsMadeOnceAndPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	path := filepath.Join(dir, "master.key")
	keys := make([][]byte, 10)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = openMaster(path, filepath.Join(dir, "vsay.db")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, key := range keys {
		if len(key) != masterLen || !bytes.Equal(key, keys[0]) {
			t.Fatalf("two keys: %x and %x", keys[0], key)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	other, err := openMaster(filepath.Join(t.TempDir(), "master.key"), "")
	if err != nil || bytes.Equal(other, keys[0]) {
		t.Errorf("two installs share a key (%v)", err)
	}
}

func TestAPIKeys(t *testing.T) {
	k, err := deriveKeys(bytes.Repeat([]byte{7}, masterLen))
	if err != nil {
		t.Fatal(err)
	}
	u := store.User{ID: "ann"}
	key := k.newAPIKey(&u)
	id, secret, ok := parseKey(key)
	if !ok || id != u.KeyID || u.KeyGen != 1 || len(key) != len("vsay_ak_")+10+1+43+6 {
		t.Fatalf("%q, %+v", key, u)
	}
	if !k.ownsKey(u, secret) || k.ownsKey(u, secret[:42]+"x") && secret[42] != 'x' || k.ownsKey(store.User{}, "") {
		t.Error("the check is wrong")
	}
	if shown, err := k.showAPIKey(u); shown != key || err != nil {
		t.Errorf("shown as %q, %v", shown, err)
	}
	for name, moved := range map[string]store.User{
		"another user":       {ID: "eve", KeyID: u.KeyID, KeyGen: u.KeyGen, KeySealed: u.KeySealed},
		"another generation": {ID: u.ID, KeyID: u.KeyID, KeyGen: 2, KeySealed: u.KeySealed},
		"another id":         {ID: u.ID, KeyID: "0123456789", KeyGen: u.KeyGen, KeySealed: u.KeySealed},
		"nothing":            {ID: u.ID},
	} {
		if _, err := k.showAPIKey(moved); err == nil {
			t.Errorf("the sealed key opens in the row of %s", name)
		}
	}
	for i := range len(key) {
		changed := []byte(key)
		changed[i] ^= 1
		if _, _, ok := parseKey(string(changed)); ok {
			t.Errorf("a typing mistake at %d passes", i)
		}
	}
	for _, s := range []string{"", "vsay_ak_", key + "x", key[1:], strings.ToLower(key) + " "} {
		if _, _, ok := parseKey(s); ok {
			t.Errorf("%q passes", s)
		}
	}
}
