package main

import (
	"database/sql"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	_ "modernc.org/sqlite" // to look at the file without the program

	"vsay/internal/wire"
)

// smallDisk is a file system of so many bytes, as CI can mount one.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("vsay-test", dir, "tmpfs", 0, "size="+size+",mode=700"); err != nil {
		cannot(t, "a small disk cannot be mounted here: run this test as root (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all room that is left.
func fill(t *testing.T, dir string) (path string) {
	t.Helper()
	f, err := os.CreateTemp(dir, "filler")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for err == nil {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		err = nil
	}
	return f.Name()
}

// With a full disk sessions and reads go on, writes answer 503, a logout that is not
// stored is not said to be done, and with room again everything works again.
func TestDiskFull(t *testing.T) {
	disk := smallDisk(t, "24m")
	s := newStage(t, "--data-dir", filepath.Join(disk, "data"), "--ballast", "4")
	ballast := filepath.Join(disk, "data", "ballast")
	if err := until("there is no ballast", func() bool { return !missing(ballast) }); err != nil {
		t.Fatal(err)
	}
	term := s.dial("")
	login := string(wire.Encode(wire.Login{Email: "ann@example.com", Password: "correct horse"}))
	var fillers []string
	refused := false
	for n := 0; n < 400 && !refused; n++ {
		if n == 0 || missing(ballast) && len(fillers) == 1 {
			fillers = append(fillers, fill(t, disk))
		}
		switch status := send(t, "POST", s.url+"/api/login", login).status; status {
		case http.StatusOK:
		case http.StatusServiceUnavailable:
			refused = missing(ballast) && len(fillers) == 2
		default:
			t.Fatalf("a login on a full disk answers %d", status)
		}
	}
	if !refused {
		t.Fatal("the disk never became full")
	}
	if status := s.call("POST", "/api/auth/logout", ""); status != http.StatusServiceUnavailable {
		t.Errorf("a logout that cannot be stored answers %d", status)
	}
	s.get("/api/machines", s.token, new(wire.Machines)) // reads go on, and so does the login
	term.text("echo still-$((40+2))\r")
	term.see("still-42")
	for _, f := range fillers {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if status := s.call("POST", "/api/auth/logout", ""); status != http.StatusOK {
		t.Errorf("with room again a logout answers %d", status)
	}
	if status := send(t, "POST", s.url+"/api/login", login).status; status != http.StatusOK {
		t.Errorf("with room again a login answers %d", status)
	}
	s.server.end(syscall.SIGTERM)
	intact(t, filepath.Join(disk, "data", "vsay.db"))
}

// intact has SQLite look at a whole database.
func intact(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	verdict, users := "", 0
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the database afterwards: %s, %v", verdict, err)
	}
	if err := db.QueryRow("SELECT count(*) FROM users").Scan(&users); err != nil || users == 0 {
		t.Errorf("the database afterwards has %d users: %v", users, err)
	}
}

func missing(path string) bool { _, err := os.Stat(path); return err != nil }
