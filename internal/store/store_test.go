package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vsay/internal/wire"
)

var midday = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func user(name string) User {
	return User{
		ID: "id-" + name, Username: name, Email: name + "@example.com", PasswordHash: "hash", KeyID: "key-" + name, KeyGen: 1,
		KeyMAC: []byte("mac"), KeySealed: []byte("sealed"), CreatedAt: midday,
	}
}

func withUser(t *testing.T, s *Store, name string) User {
	t.Helper()
	must(t, s.CreateUser(t.Context(), user(name)))
	u, err := s.UserByID(t.Context(), "id-"+name)
	must(t, err)
	return u
}

func TestUserComesBackAsItWas(t *testing.T) {
	s := newStore(t)
	want := withUser(t, s, "ann")
	if !want.CreatedAt.Equal(midday) || want.Epoch != 1 || want.PasswordGen != 1 || want.Disabled || string(want.KeySealed) != "sealed" {
		t.Fatalf("%+v", want)
	}
	for name, find := range map[string]func() (User, error){
		"email": func() (User, error) { return s.UserByEmail(t.Context(), "ann@example.com") },
		"key":   func() (User, error) { return s.UserByKeyID(t.Context(), "key-ann") },
	} {
		if u, err := find(); err != nil || u.ID != want.ID {
			t.Errorf("by %s: %+v, %v", name, u, err)
		}
	}
	if _, err := s.UserByEmail(t.Context(), "nobody@example.com"); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestTwoUsersShareNothing(t *testing.T) {
	s := newStore(t)
	withUser(t, s, "ann")
	sameName := user("bob")
	sameName.Username = "ANN"
	if err := s.CreateUser(t.Context(), sameName); !errors.Is(err, wire.ErrTaken) || !strings.Contains(err.Error(), "username") {
		t.Errorf("username in another case: %v", err)
	}
	sameEmail := user("bob")
	sameEmail.Email = "ann@example.com"
	if err := s.CreateUser(t.Context(), sameEmail); !errors.Is(err, wire.ErrTaken) || !strings.Contains(err.Error(), "email") {
		t.Errorf("email: %v", err)
	}
}

func TestFiftySignupsOfOneEmailMakeOneUser(t *testing.T) {
	s := newStore(t)
	var made atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			u := user(fmt.Sprint("user", i))
			u.Email = "one@example.com"
			switch err := s.CreateUser(t.Context(), u); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, wire.ErrTaken):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var rows int
	must(t, s.read.QueryRow("SELECT count(*) FROM users").Scan(&rows))
	if made.Load() != 1 || rows != 1 {
		t.Fatalf("%d succeeded, %d rows", made.Load(), rows)
	}
}

func TestPasswordChangeEndsTheOtherLogins(t *testing.T) {
	s := newStore(t)
	u, other := withUser(t, s, "ann"), withUser(t, s, "bob")
	for id, owner := range map[string]string{"mine": u.ID, "old": u.ID, "bobs": other.ID} {
		must(t, s.CreateLogin(t.Context(), Login{ID: id, UserID: owner, AuthTime: midday, IP: "192.0.2.1"}, 1))
	}
	must(t, s.SetPassword(t.Context(), u.ID, "new hash", "mine", 1))
	for id, revoked := range map[string]bool{"mine": false, "old": true, "bobs": false} {
		l, owner, err := s.LoginByID(t.Context(), id)
		if err != nil || l.Revoked != revoked || l.UserID != owner.ID || !l.AuthTime.Equal(midday) {
			t.Errorf("%s: %+v, %v", id, l, err)
		}
	}
	if err := s.CreateLogin(t.Context(), Login{ID: "late", UserID: u.ID, AuthTime: midday}, 1); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("a login with the old password: %v", err)
	}
	must(t, s.RehashPassword(t.Context(), u.ID, "rehash of the old one", 1))
	if now, err := s.UserByID(t.Context(), u.ID); err != nil || now.PasswordHash != "new hash" {
		t.Errorf("a late rehash brought the old password back: %q, %v", now.PasswordHash, err)
	}
}

func TestRevokeLogin(t *testing.T) {
	s := newStore(t)
	u := withUser(t, s, "ann")
	must(t, s.CreateLogin(t.Context(), Login{ID: "sid", UserID: u.ID, AuthTime: midday, IP: "192.0.2.1"}, 1))
	for range 2 {
		must(t, s.RevokeLogin(t.Context(), "sid"))
	}
	if l, _, err := s.LoginByID(t.Context(), "sid"); err != nil || !l.Revoked {
		t.Fatalf("%+v, %v", l, err)
	}
	var written int
	must(t, s.read.QueryRow("SELECT count(*) FROM revocations WHERE kind = 'login' AND subject = 'sid'").Scan(&written))
	if written == 0 {
		t.Fatal("the revocation was not written down")
	}
	for ip, known := range map[string]bool{"192.0.2.1": true, "192.0.2.2": false} {
		if got, err := s.KnownIP(t.Context(), u.ID, ip); err != nil || got != known {
			t.Errorf("known %s: %v, %v", ip, got, err)
		}
	}
}

func TestAPIKeyRotation(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint("keep machines ", keep), func(t *testing.T) {
			s := newStore(t)
			u := withUser(t, s, "ann")
			m, err := s.EnrollMachine(t.Context(), machine(u, "box"))
			must(t, err)
			must(t, s.SetAPIKey(t.Context(), u.ID, "key-2", 2, []byte("mac2"), []byte("sealed2"), keep))
			if _, err := s.UserByKeyID(t.Context(), u.KeyID); !errors.Is(err, wire.ErrNotFound) {
				t.Errorf("the old key still finds somebody: %v", err)
			}
			want := map[bool]int64{false: 1, true: 2}[keep]
			if m, err = s.MachineByID(t.Context(), m.AgentID); err != nil || m.KeyGen != want {
				t.Errorf("generation %d, %v, want %d", m.KeyGen, err, want)
			}
			if err := s.SetAPIKey(t.Context(), u.ID, "key-3", 2, nil, nil, keep); !errors.Is(err, wire.ErrTaken) {
				t.Errorf("the same generation twice: %v", err)
			}
			if _, err := s.EnrollMachine(t.Context(), machine(u, "late")); !errors.Is(err, wire.ErrUnauthed) {
				t.Errorf("enrolled under the old key: %v", err)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	s := newStore(t)
	for i := range 3 {
		must(t, s.Fail(t.Context(), "ann", midday.Add(time.Duration(i)*time.Second)))
	}
	if n, last, err := s.Failures(t.Context(), "ann"); n != 3 || !last.Equal(midday.Add(2*time.Second)) || err != nil {
		t.Errorf("%d, %v, %v", n, last, err)
	}
	must(t, s.ClearFailures(t.Context(), "ann"))
	must(t, s.ClearFailures(t.Context(), "nobody"))
	if n, _, err := s.Failures(t.Context(), "ann"); n != 0 || err != nil {
		t.Errorf("after clearing: %d, %v", n, err)
	}
}

func TestTriesSlideOutOfTheWindow(t *testing.T) {
	s := newStore(t)
	for i := range 4 {
		must(t, s.Try(t.Context(), "net", midday.Add(time.Duration(i)*20*time.Second)))
	}
	n, oldest, err := s.Tries(t.Context(), "net", midday.Add(10*time.Second), midday.Add(time.Minute))
	if n != 3 || !oldest.Equal(midday.Add(20*time.Second)) || err != nil {
		t.Errorf("%d, %v, %v", n, oldest, err)
	}
	if n, _, err := s.Tries(t.Context(), "net", midday.Add(10*time.Second), midday.Add(30*time.Second)); n != 1 || err != nil {
		t.Errorf("of a clock that was set back: %d, %v", n, err)
	}
	if n, _, err := s.Tries(t.Context(), "other", midday, midday.Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("another network: %d, %v", n, err)
	}
}

func TestSpendIsABucket(t *testing.T) {
	s := newStore(t)
	spend := func(at time.Duration) time.Duration {
		wait, err := s.Spend(t.Context(), "net", midday.Add(at), time.Minute, 3)
		must(t, err)
		return wait
	}
	for i := range 3 {
		if wait := spend(0); wait != 0 {
			t.Fatalf("token %d of the burst: wait %v", i, wait)
		}
	}
	if wait := spend(0); wait != time.Minute {
		t.Errorf("empty: %v", wait)
	}
	if wait := spend(45 * time.Second); wait != 15*time.Second {
		t.Errorf("a refusal took something: %v", wait)
	}
	if wait := spend(time.Minute); wait != 0 {
		t.Errorf("a minute later: %v", wait)
	}
}

func TestPruneKeepsWhatCounts(t *testing.T) {
	s := newStore(t)
	u := withUser(t, s, "ann")
	must(t, s.Fail(t.Context(), "old", midday.Add(-25*time.Hour)))
	must(t, s.Fail(t.Context(), "new", midday))
	must(t, s.CreateLogin(t.Context(), Login{ID: "old", UserID: u.ID, AuthTime: midday.Add(-40 * 24 * time.Hour)}, 1))
	must(t, s.CreateLogin(t.Context(), Login{ID: "new", UserID: u.ID, AuthTime: midday}, 1))
	must(t, s.Prune(t.Context(), midday, midday.Add(-32*24*time.Hour)))
	for key, want := range map[string]int{"old": 0, "new": 1} {
		if n, _, err := s.Failures(t.Context(), key); n != want || err != nil {
			t.Errorf("failures of %s: %d, %v", key, n, err)
		}
		_, _, err := s.LoginByID(t.Context(), key)
		if gone := errors.Is(err, wire.ErrNotFound); gone != (want == 0) {
			t.Errorf("login %s: %v", key, err)
		}
	}
}

// TestPrivateUnderAnyUmask runs itself again, since the umask is the process's.
func TestPrivateUnderAnyUmask(t *testing.T) {
	if path := os.Getenv("TEST_STORE_PATH"); path != "" {
		s, err := Open(t.Context(), path)
		must(t, err)
		must(t, s.CreateUser(t.Context(), user("ann")))
		for _, p := range []string{path, path + "-wal", path + "-shm"} {
			checkMode(t, p, 0o600)
		}
		checkMode(t, filepath.Dir(path), 0o700)
		must(t, s.Close())
		return
	}
	for _, umask := range []string{"000", "022", "077", "277"} {
		t.Run(umask, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "new", "vsay.db")
			cmd := exec.Command("sh", "-c", "umask "+umask+" && exec "+os.Args[0]+" -test.run='^TestPrivateUnderAnyUmask$'")
			cmd.Env = append(os.Environ(), "TEST_STORE_PATH="+path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			checkMode(t, path, 0o600)
		})
	}
}

func TestOpenTightensItsFolder(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o755))
	s, err := Open(t.Context(), filepath.Join(dir, "vsay.db"))
	must(t, err)
	must(t, s.Close())
	checkMode(t, dir, 0o700)
	must(t, os.Chmod(dir, 0o755)) // as a copy may leave it
	s, err = Open(t.Context(), filepath.Join(dir, "vsay.db"))
	must(t, err)
	must(t, s.Close())
	checkMode(t, dir, 0o700)
	must(t, os.Chmod(dir, 0o777|os.ModeSticky))
	if _, err := Open(t.Context(), filepath.Join(dir, "vsay.db")); err == nil || !strings.Contains(err.Error(), "shared") {
		t.Fatalf("a folder like /tmp: %v", err)
	}
}

// A folder that is somebody else's, as /etc is, stays as it was.
func TestOpenLeavesAFolderInUseAlone(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "passwd"), nil, 0o644))
	if _, err := Open(t.Context(), filepath.Join(dir, "vsay.db")); err == nil || !strings.Contains(err.Error(), "holds things already") {
		t.Errorf("a folder in use: %v", err)
	}
	checkMode(t, dir, 0o755)
}

func checkMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s has mode %v (%v), want %v", filepath.Base(path), info.Mode().Perm(), err, want)
	}
}
