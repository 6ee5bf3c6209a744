package server

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vsay/internal/private"
	"vsay/internal/wire"
)

func (w *world) works(token string) bool {
	w.t.Helper()
	return w.do("GET", "/api/profile", nil, bearer(token)).status == http.StatusOK
}

// restart is another server on the same data.
func (w *world) restart(change ...func(*Config)) { w.t.Helper(); w.start(change...) }

func TestRotatingTheSigningKeySignsNobodyOut(t *testing.T) {
	w := newWorld(t)
	root := w.account("root")
	ann := w.account("ann")
	w.do("POST", "/api/admin/rotate-keys", nil, bearer(ann.token)).refused(t, wire.ErrForbidden)
	old := w.s.ring.signing().id
	var done wire.KeyRotated
	w.do("POST", "/api/admin/rotate-keys", nil, bearer(root.token)).into(t, &done)
	if done.KeyID == old || w.s.ring.signing().id != done.KeyID {
		t.Fatalf("the key %s signs after %s was made", w.s.ring.signing().id, done.KeyID)
	}
	after := w.signIn(ann.email)
	for range 2 { // as it is, and restarted
		if !w.works(ann.token) || !w.works(after.token) {
			t.Error("a token died with the key")
		}
		w.restart()
	}

	// The key that was replaced counts until its last token has ended, and not longer.
	w.pass(verifyFor - time.Second)
	if _, ok := w.s.ring.verifying(old, w.now()); !ok {
		t.Error("the old key is gone too soon")
	}
	w.pass(2 * time.Second)
	if _, ok := w.s.ring.verifying(old, w.now()); ok {
		t.Error("the old key still verifies")
	}
	if err := errors.Join(w.s.pruneRing(t.Context()), w.s.openRing(t.Context())); err != nil || len(w.s.ring.keys) != 1 {
		t.Errorf("%d keys are left, %v", len(w.s.ring.keys), err)
	}
}

func TestSigningOutByTheKey(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	if err := w.s.RotateKeys(t.Context(), KeyRotation{SignOut: true}); err != nil {
		t.Fatal(err)
	}
	if w.works(ann.token) {
		t.Error("a token outlived its key")
	}
	if !w.works(w.signIn(ann.email).token) {
		t.Error("nobody can sign in any more")
	}
}

func TestRotatingTheMasterKeyBreaksNothing(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	before := masterOf(t, w.dir)
	if err := w.s.RotateKeys(t.Context(), KeyRotation{Master: true}); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(before, masterOf(t, w.dir)) {
		t.Fatal("the master key is still the old one")
	}
	w.restart()
	w.wholeWith(ann, bob)
	if err := b.dial(); err != nil {
		t.Errorf("the machine's credential: %v", err)
	}
	w.verified(w.signIn(ann.email).token)
	raw, err := os.ReadFile(filepath.Join(w.dir, "vsay.db"))
	if err != nil || bytes.Contains(raw, w.s.ring.signing().secret) || bytes.Contains(raw, masterOf(t, w.dir)) {
		t.Errorf("a key is in the file (%v)", err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, masterName), before, 0o600); err != nil {
		t.Fatal(err)
	}
	w.stop()
	if err := start(t, Config{DataDir: w.dir}); err == nil || !strings.Contains(err.Error(), "not the key of the database") {
		t.Errorf("with the old key it starts: %v", err)
	}
}

func masterOf(t *testing.T, dir string) []byte {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(dir, masterName))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// wholeWith makes sure that everything that accounts have still works.
func (w *world) wholeWith(all ...account) {
	w.t.Helper()
	if check, err := w.s.store.VerifyAudit(w.t.Context(), w.s.keys.audit); err != nil || !check.OK {
		w.t.Errorf("the audit log: %+v, %v", check, err)
	}
	for _, x := range all {
		if !w.works(x.token) {
			w.t.Errorf("the token of %s is dead", x.email)
		}
		if again := w.signIn(x.email); again.apiKey != x.apiKey {
			w.t.Errorf("the API key of %s is shown as another", x.email)
		}
		if _, err := w.s.ownerOf(w.t.Context(), x.apiKey); err != nil {
			w.t.Errorf("the API key of %s: %v", x.email, err)
		}
	}
}

// A rotation that ends at any of its steps, as by kill -9, leaves everything
// readable under one of the two keys, and the next one goes through.
func TestRotationCutShortAtEveryStep(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	cut := errors.New("cut")
	step := ""
	for n := 1; step != "changed over"; n++ {
		passed := 0
		err := w.s.rotateMaster(t.Context(), "", func(s string) error {
			if passed++; passed == n {
				step = s
				return cut
			}
			return nil
		})
		if !errors.Is(err, cut) {
			t.Fatal(err)
		}
		for _, part := range []string{".0123abcd", nextSuffix + ".0123abcd"} { // as a cut in writeMaster leaves it
			if err := os.WriteFile(filepath.Join(w.dir, masterName+part), []byte("key"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.restart()
		w.wholeWith(ann, bob)
		if left, err := filepath.Glob(filepath.Join(w.dir, masterName+"*")); err != nil || len(left) != 1 {
			t.Errorf("after a cut at %q there are %q, %v", step, left, err)
		}
	}
	if err := w.s.RotateKeys(t.Context(), KeyRotation{Master: true}); err != nil {
		t.Error(err)
	}
	w.restart()
	w.wholeWith(ann, bob)
}

func TestTheMasterKeyFromOutside(t *testing.T) {
	key := bytes.Repeat([]byte("k"), masterLen)
	outside := func(c *Config) { c.MasterKey = key }
	w := newWorld(t, outside)
	ann := w.account("ann")
	if _, err := os.Stat(filepath.Join(w.dir, masterName)); err == nil {
		t.Error("a master key was made in the data folder as well")
	}
	if err := w.s.RotateKeys(t.Context(), KeyRotation{Master: true}); err == nil || !strings.Contains(err.Error(), "--new-master-key-file") {
		t.Fatalf("said %v", err)
	}
	file := filepath.Join(t.TempDir(), "new")
	if err := w.s.RotateKeys(t.Context(), KeyRotation{Master: true, NewMaster: file}); err != nil {
		t.Fatal(err)
	}
	w.stop()
	if err := start(t, Config{DataDir: w.dir, MasterKey: key}); err == nil || !strings.Contains(err.Error(), "not the key of the database") {
		t.Errorf("with the old key it starts: %v", err)
	}
	fresh, err := private.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	w.restart(func(c *Config) { c.MasterKey = fresh })
	w.wholeWith(ann)
	w.stop()
	for _, c := range []struct {
		key []byte
		ok  bool
	}{{fresh, true}, {key, false}} {
		check, err := VerifyAudit(t.Context(), Config{DataDir: w.dir, MasterKey: c.key}, "")
		if err != nil || !check.Sealed || check.OK != c.ok {
			t.Errorf("the audit log: %v %+v, want ok=%t", err, check, c.ok)
		}
	}
}

func TestParseMaster(t *testing.T) {
	key := bytes.Repeat([]byte{0xab}, masterLen)
	for _, text := range []string{
		string(key), strings.Repeat("ab", masterLen), strings.Repeat("AB", masterLen) + "\n",
		"q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=", "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s",
	} {
		if got, err := ParseMaster([]byte(text)); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%q is %x, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "secret", strings.Repeat("ab", masterLen-1), strings.Repeat("zz", masterLen)} {
		if _, err := ParseMaster([]byte(text)); err == nil {
			t.Errorf("%q passes", text)
		}
	}
}
