//go:build unix

package agent

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"vsay/internal/wire"
)

// reopen closes an identity and opens it again, for a server.
func reopen(t *testing.T, id *identity, dir, server string) (*identity, error) {
	t.Helper()
	if id != nil {
		if err := id.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return openIdentity(dir, server)
}

// A first start with the wrong host must not keep the machine from the right one.
func TestAFolderBelongsToAServerOnceItIsEnrolledThere(t *testing.T) {
	dir := t.TempDir()
	id, err := reopen(t, nil, dir, "https://vsay.exmaple.com")
	if err != nil {
		t.Fatal(err)
	}
	if id, err = reopen(t, id, dir, "https://vsay.example.com"); err != nil {
		t.Fatal(err)
	}
	if err := id.enrolled(wire.Enrolled{AgentID: "a", Name: "box"}); err != nil {
		t.Fatal(err)
	}
	if id, err = reopen(t, id, dir, "https://vsay.example.com"); err != nil || id.AgentID != "a" {
		t.Fatalf("%v, %v", id, err)
	}
	if _, err := reopen(t, id, dir, "https://elsewhere.example.com"); !errors.Is(err, wire.ErrTaken) {
		t.Errorf("another server got this machine: %v", err)
	}
}

func TestOneAgentHasAFolder(t *testing.T) {
	dir := t.TempDir()
	id, err := openIdentity(dir, "https://vsay.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openIdentity(dir, "https://vsay.example.com"); !errors.Is(err, wire.ErrTaken) {
		t.Errorf("two agents have one folder: %v", err)
	}
	if err := id.Close(); err != nil {
		t.Error(err)
	}
}

// A folder that is somebody else's, as /etc is, stays as it was.
func TestAFolderInUseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "passwd"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := openIdentity(dir, "https://vsay.example.com"); !errors.Is(err, wire.ErrForbidden) {
		t.Errorf("a folder in use: %v", err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("its mode is %v now, %v", info.Mode(), err)
	}
}
