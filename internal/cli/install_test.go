//go:build unix

package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vsay/internal/server"
	"vsay/internal/wire"
)

// The package's unit and the one that install writes treat an agent alike.
func TestThePackagesUnitHasTheSameManners(t *testing.T) {
	text, err := os.ReadFile("../../packaging/vsay-agent.service")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\n"+unitManners+"\n[Install]") {
		t.Error("packaging/vsay-agent.service does not have the lines of unitManners")
	}
}

func TestUnit(t *testing.T) {
	s := &service{program: "/opt/a b/vsay", stateDir: "/x/$HOME", runAs: "ann", env: []string{`VSAY_LABEL=a=50%"\`}}
	for _, line := range []string{
		"User=ann", "StateDirectory=vsay-agent", "StateDirectoryMode=0700", "KillMode=process", "WantedBy=multi-user.target",
		`Environment="VSAY_LABEL=a=50%%\"\\"`,
		`ExecStart="/opt/a b/vsay" "agent" "--state-dir" "/x/$$HOME"`,
	} {
		if !strings.Contains(s.unit(), "\n"+line+"\n") {
			t.Errorf("the system's unit lacks %s:\n%s", line, s.unit())
		}
	}
	s.user = true
	own := s.unit()
	if strings.Contains(own, "User=") || strings.Contains(own, "network") || !strings.Contains(own, "\nWantedBy=default.target\n") {
		t.Errorf("no unit for a user's manager:\n%s", own)
	}
	if !strings.HasPrefix(own, unitMark) {
		t.Error("uninstall would not know it")
	}
}

func TestAServiceRunsWhatIsRootsAlone(t *testing.T) {
	if err := ownedByRoot("/bin/sh"); err != nil {
		t.Error(err)
	}
	program := filepath.Join(t.TempDir(), "vsay") // below a folder where all may write
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := ownedByRoot(program); err == nil || !strings.Contains(err.Error(), "/usr/local/bin") {
		t.Errorf("%s: %v", program, err)
	}
}

func TestWriteWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "unit")
	for _, text := range []string{"first", "second"} {
		if err := writeWhole(path, text); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if err != nil || string(got) != text || info.Mode().Perm() != 0o644 {
			t.Errorf("%q %v, %v", got, info.Mode(), err)
		}
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSystemdIsToldThatTheAgentCameOnline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	sock, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	tellSystemd("id", "box")
	buf := make([]byte, 200)
	n, err := sock.Read(buf)
	if got := string(buf[:n]); err != nil || !strings.HasPrefix(got, "STATUS="+onlineStatus+"box at 20") {
		t.Errorf("told %q, %v", got, err)
	}
}

func TestTheKeyIsReadFromStdin(t *testing.T) {
	key, err := agentOptions{TokenFile: "-"}.key(strings.NewReader("vsay_ak_x\n"))
	if err != nil || key != "vsay_ak_x" {
		t.Errorf("%q, %v", key, err)
	}
}

// Once enrolled, a machine needs no key, and the folder does not hold it.
func TestEnroll(t *testing.T) {
	dir := home(t, "")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	srv, err := server.New(t.Context(), server.Config{
		DataDir: filepath.Join(dir, "server"), Signup: "open", SessionMax: time.Hour, DetachedTTL: time.Hour,
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- srv.Run(ctx, ln) }()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	t.Setenv("VSAY_HOST", ln.Addr().String())
	enroll := func(stdin string, more ...string) (int, string) {
		var errs bytes.Buffer
		args := append([]string{"vsay", "agent", "enroll", "--name", "box", "--state-dir", filepath.Join(dir, "box")}, more...)
		return Run(t.Context(), args, Streams{In: strings.NewReader(stdin), Out: io.Discard, Err: &errs}), errs.String()
	}
	if code, said := enroll(""); code != wire.ExitSignedOut || !strings.Contains(said, "not enrolled yet") {
		t.Errorf("without a key: exit %d, %s", code, said)
	}
	if code := Run(t.Context(), []string{"vsay", "signup", "--username", "ann", "--email", "a@example.com", "--password-stdin"},
		Streams{In: strings.NewReader("correct horse"), Out: io.Discard, Err: io.Discard}); code != 0 {
		t.Fatalf("signup: exit %d", code)
	}
	key := vsay(t, "api-key").out
	for _, key := range []string{key, ""} {
		var args []string
		if key != "" {
			args = []string{"--token-file", "-"}
		}
		if code, said := enroll(key, args...); code != 0 || !strings.Contains(said, "enrolled at "+ln.Addr().String()+" as box") {
			t.Errorf("with key %q: exit %d, %s", key, code, said)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "box", "machine.json"))
	if err != nil || strings.Contains(string(b), strings.TrimSpace(key)) {
		t.Errorf("machine.json: %s, %v", b, err)
	}
	if all := vsay(t, "ls").out; strings.Count(all, "box") != 1 {
		t.Errorf("machines: %s", all)
	}
}
