package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vsay/internal/wire"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func account(host, user, token string, issued time.Time) Account {
	return Account{
		Host: host, UserID: user, Email: user + "@example.com", Username: user, Login: "login-" + user,
		Token: token, Issued: issued, Expires: issued.Add(24 * time.Hour),
	}
}

func openCache(t *testing.T, dir string) *Cache {
	t.Helper()
	c, err := OpenCache(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func signIn(t *testing.T, c *Cache, accounts ...Account) {
	t.Helper()
	for _, a := range accounts {
		if err := c.SignedIn(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
}

func wantToken(t *testing.T, c *Cache, host, who, want string) {
	t.Helper()
	a, err := c.Account(t.Context(), host, who)
	if err != nil || a.Token != want {
		t.Errorf("account %q of %s: token %q, %v; want %q", who, host, a.Token, err, want)
	}
}

func wantSignedOut(t *testing.T, c *Cache, host, who string) {
	t.Helper()
	if a, err := c.Account(t.Context(), host, who); !errors.Is(err, wire.ErrUnauthed) {
		t.Errorf("account %q of %s is %q, %v; want ErrUnauthed", who, host, a.Token, err)
	}
}

func TestCacheHostsAndAccounts(t *testing.T) {
	c := openCache(t, t.TempDir())
	if _, err := c.Host(t.Context()); !errors.Is(err, wire.ErrUnauthed) {
		t.Fatalf("an empty cache has a host: %v", err)
	}
	signIn(t, c, account("https://a", "ann", "a-ann", noon), account("https://b", "ann", "b-ann", noon), account("https://a", "bob", "a-bob", noon))
	if host, err := c.Host(t.Context()); err != nil || host != "https://a" {
		t.Errorf("the host of the last login is https://a, not %q, %v", host, err)
	}
	wantToken(t, c, "https://a", "", "a-bob")
	wantToken(t, c, "https://a", "ann", "a-ann")
	wantToken(t, c, "https://a", "ann@example.com", "a-ann")
	wantToken(t, c, "https://b", "", "b-ann")
	wantSignedOut(t, c, "https://b", "bob")
	wantSignedOut(t, c, "http://a", "") // a token of https is none for http

	if err := c.Forget(t.Context(), "https://a", "bob"); err != nil {
		t.Fatal(err)
	}
	wantSignedOut(t, c, "https://a", "") // never another account by surprise
	wantToken(t, c, "https://a", "ann", "a-ann")
	wantToken(t, c, "https://b", "", "b-ann")
}

func TestCacheNeverGoesBack(t *testing.T) {
	c := openCache(t, t.TempDir())
	later := account("https://a", "ann", "later", noon.Add(time.Minute))
	signIn(t, c, account("https://a", "ann", "first", noon))
	for _, a := range []Account{later, account("https://a", "ann", "earlier", noon.Add(time.Second))} {
		if err := c.Renew(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	wantToken(t, c, "https://a", "", "later")

	again := account("https://a", "ann", "again", noon.Add(time.Minute))
	again.Login = "another"
	signIn(t, c, again)
	later.Issued = noon.Add(time.Hour)
	if err := c.Renew(t.Context(), later); err != nil { // a refresh of the login before, slow to come back
		t.Fatal(err)
	}
	wantToken(t, c, "https://a", "", "again")
}

func TestCacheClaim(t *testing.T) {
	dir := t.TempDir()
	c, other := openCache(t, dir), openCache(t, dir)
	signIn(t, c, account("https://a", "ann", "one", noon))
	claim := func(c *Cache, token string, until time.Time, want bool) {
		t.Helper()
		got, err := c.Claim(t.Context(), "https://a", "ann", token, until)
		if err != nil || got != want {
			t.Errorf("claim: %v, %v; want %v", got, err, want)
		}
	}
	soon := time.Now().Add(time.Hour)
	claim(c, "one", soon, true)
	claim(other, "one", soon, false)
	if err := c.Unclaim(t.Context(), "https://a", "ann", "one"); err != nil {
		t.Fatal(err)
	}
	claim(other, "one", time.Now().Add(-time.Second), true) // and it died long ago
	claim(c, "one", soon, true)
	if err := c.Renew(t.Context(), account("https://a", "ann", "two", noon.Add(time.Second))); err != nil {
		t.Fatal(err)
	}
	claim(other, "one", soon, false) // it is no longer the token
	claim(other, "two", soon, true)
}

func TestCacheIsForgottenWithoutTrace(t *testing.T) {
	dir := t.TempDir()
	c := openCache(t, dir)
	signIn(t, c, account("https://a", "ann", "canary-token", noon))
	if !traced(t, dir, "canary-token") {
		t.Fatal("the token is nowhere in the files: this test could not fail")
	}
	if err := c.Forget(t.Context(), "https://a", "ann"); err != nil {
		t.Fatal(err)
	}
	if traced(t, dir, "canary-token") {
		t.Error("the token is in the files still")
	}
}

func traced(t *testing.T, dir, secret string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(secret)) {
			return true
		}
	}
	return false
}

func TestCacheRefusesOpenFiles(t *testing.T) {
	spoil := map[string]func(path string) error{
		"can be read by other users": func(path string) error { return os.Chmod(path, 0o640) },
		"symbolic link": func(path string) error {
			return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
		},
	}
	for want, f := range spoil {
		t.Run(want, func(t *testing.T) {
			dir := t.TempDir()
			if err := openCache(t, dir).Close(); err != nil {
				t.Fatal(err)
			}
			if err := f(filepath.Join(dir, "vsay.db")); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenCache(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("it opened: %v", err)
			}
		})
	}
}

// What is wrong with the cache is no trouble of the network, and the one who reads
// of it can mend it.
func TestCacheThatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vsay.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("garbage "), 1024), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenCache(t.Context(), dir)
	if got := wire.AsError(err); got.Exit != wire.ExitFailed || !strings.Contains(got.Message, path+" is damaged: remove it") {
		t.Errorf("%v (exit %d)", err, got.Exit)
	}
}

// Twenty handles are twenty processes to SQLite: each has connections, locks
// and a schema to bring up of its own.
func TestCacheOpenedByManyAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fresh")
	errs := make([]error, 20)
	var g sync.WaitGroup
	for i := range errs {
		g.Go(func() { errs[i] = openAndSignIn(t.Context(), dir, i) })
	}
	g.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	c := openCache(t, dir)
	for i := range errs {
		wantToken(t, c, "https://a", fmt.Sprintf("user%d", i), fmt.Sprintf("token%d", i))
	}
}

func openAndSignIn(ctx context.Context, dir string, i int) error {
	c, err := OpenCache(ctx, dir)
	if err != nil {
		return err
	}
	err = c.SignedIn(ctx, account("https://a", fmt.Sprintf("user%d", i), fmt.Sprintf("token%d", i), noon))
	return errors.Join(err, c.Close())
}

// Who only wants to know makes no file, and hears the same as of an empty one.
func TestCacheThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	if HasCache(dir) || HasCache(filepath.Join(dir, "no-such-folder")) {
		t.Error("there is a cache in an empty folder")
	}
	c, empty := new(Cache), openCache(t, dir)
	if !HasCache(dir) {
		t.Error("there is none where one was made")
	}
	for _, who := range []string{"", "ann"} {
		_, got := c.Account(t.Context(), "https://a", who)
		if _, want := empty.Account(t.Context(), "https://a", who); got == nil || got.Error() != want.Error() {
			t.Errorf("account %q: %v, want %v", who, got, want)
		}
	}
	_, got := c.Host(t.Context())
	if _, want := empty.Host(t.Context()); got == nil || got.Error() != want.Error() {
		t.Errorf("host: %v, want %v", got, want)
	}
}
