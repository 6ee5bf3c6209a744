package server

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vsay/internal/store"
	"vsay/internal/wire"
)

func (w *world) backup(withKey bool) string {
	w.t.Helper()
	dest := filepath.Join(w.t.TempDir(), "vsay.backup")
	if err := Backup(w.t.Context(), w.s.cfg, dest, withKey); err != nil {
		w.t.Fatal(err)
	}
	return dest
}

// restored is the world after its data folder was lost.
func (w *world) restored(from string, trust bool) (admins []string) {
	w.t.Helper()
	w.stop()
	w.dir = filepath.Join(w.t.TempDir(), "new")
	admins, err := Restore(w.t.Context(), Config{DataDir: w.dir}, from, trust, slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	w.start()
	return admins
}

func TestBackupWhileAllWrite(t *testing.T) {
	w := newWorld(t)
	root := w.account("root")
	stop, done := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				done <- n
				return
			default:
				w.signIn(root.email)
			}
		}
	}()
	files := []string{w.backup(false), w.backup(false)}
	close(stop)
	if n := <-done; n == 0 {
		t.Fatal("nothing was written meanwhile")
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		if left, err := filepath.Glob(filepath.Dir(file) + "/*"); err != nil || len(left) != 1 {
			t.Errorf("beside the backup there is %q, %v", left, err)
		}
		s, err := store.Unpack(t.Context(), file, filepath.Join(t.TempDir(), "out", "vsay.db")) // checks it as a whole
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.UserByID(t.Context(), root.id); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := Backup(t.Context(), w.s.cfg, file, false); err == nil || !strings.Contains(err.Error(), "exists already") {
			t.Errorf("a backup was overwritten: %v", err)
		}
	}
}

func TestBackupHoldsNoSecret(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	raw, err := os.ReadFile(w.backup(false))
	if err != nil || !strings.Contains(string(raw), ann.email) {
		t.Fatalf("this test looks in the wrong place (%v)", err)
	}
	for what, secret := range map[string]string{
		"a password": goodPassword, "a token": ann.token, "a token's signature": strings.Split(ann.token, ".")[2],
		"an API key": strings.Split(ann.apiKey, "_")[3][:secretLen], "the master key": string(masterOf(t, w.dir)),
		"the signing key": string(w.s.ring.signing().secret),
	} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%s is in the backup", what)
		}
	}
}

// What was revoked after the backup was made stays so, although it knows nothing of it.
func TestRestoreBringsNothingBack(t *testing.T) {
	w := newWorld(t)
	root, ann := w.account("root"), w.account("ann")
	kept, gone := newBox(w), newBox(w)
	kept.enroll(root.apiKey, "kept")
	gone.enroll(ann.apiKey, "stolen")
	boss := w.account("boss")
	w.manage(root, "POST", boss.id, "/promote")
	from := w.backup(true)
	w.manage(root, "DELETE", boss.id, "")
	late := w.signIn(ann.email)
	w.do("POST", "/api/auth/logout", nil, bearer(ann.token))
	w.do("DELETE", "/api/machines/"+gone.id, nil, bearer(late.token))
	w.do("POST", "/api/profile/regenerate-api-key", nil, bearer(late.token))

	if admins := w.restored(from, false); !slices.Equal(admins, []string{boss.email, root.email}) {
		t.Errorf("of the administrators, some of whom may have been removed, it tells %q", admins)
	}
	gone.w, kept.w = w, w
	for what, token := range map[string]string{"a login that ended": ann.token, "one of after the backup": late.token, "the administrator's": root.token} {
		if w.works(token) {
			t.Errorf("the token of %s is good again", what)
		}
	}
	if _, err := w.s.ownerOf(t.Context(), ann.apiKey); err == nil {
		t.Error("an API key that was replaced is good again")
	}
	if err := gone.dial(); err == nil {
		t.Error("a machine that was deleted is back")
	}
	if r := w.do("POST", "/api/login", wire.Login{Email: ann.email, Password: goodPassword}); r.status != http.StatusUnauthorized {
		t.Errorf("an account that may have been removed is open: %d", r.status)
	}
	again := w.signIn(root.email)
	if again.apiKey == root.apiKey || !w.works(again.token) {
		t.Error("the administrator cannot sign in, or has his old API key")
	}
	if err := kept.dial(); !errors.Is(err, wire.ErrPending) {
		t.Errorf("a machine that may have been deleted does not wait: %v", err)
	}
	if r := w.do("POST", "/api/machines/"+kept.id+"/approve", nil, bearer(again.token)); r.status != http.StatusOK {
		t.Fatal(r)
	}
	if err := kept.dial(); err != nil {
		t.Errorf("a machine that was approved: %v", err)
	}
	if check, err := w.s.store.VerifyAudit(t.Context(), w.s.keys.audit); err != nil || !check.OK {
		t.Errorf("the audit log: %+v, %v", check, err)
	}
}

func TestRestoreOfABackupThatIsTrusted(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b, out := newBox(w), newBox(w)
	out.enroll(ann.apiKey, "out")
	w.do("POST", "/api/profile/regenerate-api-key", nil, bearer(ann.token))
	again := w.signIn(ann.email)
	b.enroll(again.apiKey, "box")
	from := w.backup(true)
	w.restored(from, true)
	b.w, out.w = w, w
	if err := b.dial(); err != nil {
		t.Errorf("a machine was shut out: %v", err)
	}
	if err := out.dial(); err == nil {
		t.Error("a machine of an old API key is back")
	}
	if _, err := w.s.ownerOf(t.Context(), again.apiKey); err == nil {
		t.Error("the API key was not replaced")
	}
	if w.works(again.token) {
		t.Error("a token is good again")
	}
	newBox(w).enroll(w.signIn(ann.email).apiKey, "another")
}

func TestRestoreIsRefused(t *testing.T) {
	w := newWorld(t)
	w.account("ann")
	from := w.backup(false)
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("this is no database, and long enough to be seen as none"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := []byte(strings.Repeat("w", masterLen))
	for says, c := range map[string]struct {
		cfg  Config
		from string
	}{
		"holds a database already":    {Config{DataDir: filepath.Join(t.TempDir(), "old")}, from},
		"only with the master key":    {Config{DataDir: filepath.Join(t.TempDir(), "new")}, from},
		"not the key of the database": {Config{DataDir: filepath.Join(t.TempDir(), "new"), MasterKey: wrong}, from},
		"not the database of a vsay":  {Config{DataDir: filepath.Join(t.TempDir(), "new")}, junk},
		"no such file":                {Config{DataDir: filepath.Join(t.TempDir(), "new")}, from + "x"},
	} {
		if strings.HasPrefix(says, "holds") {
			if err := start(t, Config{DataDir: c.cfg.DataDir}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Restore(t.Context(), c.cfg, c.from, true, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("said %v, want something with %q", err, says)
		}
		left, err := filepath.Glob(c.cfg.DataDir + "/vsay.db*")
		if err != nil || !strings.HasPrefix(says, "holds") && len(left) > 0 {
			t.Errorf("%q: left behind: %q, %v", says, left, err)
		}
	}
}
