package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vsay/internal/store"
)

// CI calls `vsay token` in loops. This says how long it takes, as a process; a
// busy machine is no reason to fail.
func TestTokenTime(t *testing.T) {
	dir := t.TempDir()
	vsay := filepath.Join(dir, "vsay")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", vsay, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := cacheToken(t, filepath.Join(dir, "state", "vsay"))
	var took []time.Duration
	for range 21 {
		cmd := exec.CommandContext(t.Context(), vsay, "token")
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"), "HOME="+dir, "VSAY_TOKEN=", "VSAY_HOST=")
		began := time.Now()
		out, err := cmd.Output()
		took = append(took, time.Since(began))
		if err != nil || string(out) != want+"\n" {
			t.Fatalf("%q, %v", out, err)
		}
	}
	slices.Sort(took)
	t.Logf("vsay token: median %s, slowest %s", took[len(took)/2], took[len(took)-1])
}

// cacheToken signs in without a server.
func cacheToken(t *testing.T, dir string) string {
	t.Helper()
	now := time.Now()
	claims := fmt.Sprintf(`{"sub":"u","sid":"s","iat":%d,"exp":%d}`, now.Unix(), now.Add(24*time.Hour).Unix())
	token := "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	cache, err := store.OpenCache(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	err = cache.SignedIn(t.Context(), store.Account{
		Host: "https://vsay.example.com", UserID: "u", Email: "u@example.com", Username: "u",
		Login: "s", Token: token, Issued: now, Expires: now.Add(24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := cache.Close(); err != nil {
		t.Fatal(err)
	}
	return token
}
