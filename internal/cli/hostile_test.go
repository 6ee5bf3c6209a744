package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// evil is a name that would colour, rename, beep and write to the clipboard.
const evil = "box\x1b[31m\x1b]0;x\a\x1b]52;c;aGk=\a\u009b2J\u202e\r\n"

// hostile is a server, perhaps taken over, whose every text is evil.
func hostile(w http.ResponseWriter, r *http.Request) {
	now := time.Now().Add(-time.Hour)
	switch r.URL.Path {
	case "/api/machines":
		_, _ = w.Write(wire.Encode(wire.Machines{Machines: []wire.Machine{
			{AgentID: evil, Name: evil, OS: evil, Arch: evil, Status: evil, LastActive: &now, Labels: map[string]string{evil: evil}},
			{AgentID: "id", Name: "good", Status: wire.StatusOnline, Uptime: 3600, CPUPercent: 12.5, MemoryPercent: -1e300, DiskPercent: 1e300},
		}}))
	case "/api/terminal/sessions":
		_, _ = w.Write(wire.Encode(wire.Sessions{Sessions: []wire.Session{{
			SessionID: evil, Name: evil, Kind: evil, MachineName: evil, Status: evil, Command: evil, Foreground: evil, Title: evil,
			Viewers: []wire.Viewer{{Username: evil, Source: evil, ReadOnly: true}},
		}, {SessionID: "other", Foreground: evil}}}))
	case "/api/profile":
		_, _ = w.Write(wire.Encode(wire.Signed{User: &wire.User{ID: evil, Username: evil, Email: evil, APIKey: evil}}))
	case "/api/me":
		_, _ = w.Write(wire.Encode(wire.Me{User: wire.Account{ID: evil, Username: evil, Email: evil}}))
	case "/api/admin/users":
		_, _ = w.Write(wire.Encode(wire.AdminUsers{Users: []wire.AdminUser{{ID: evil, Username: evil, Email: evil, LastLogin: &now}, {ID: "id", Username: evil, Email: evil}}}))
	case "/api/admin/users/id/disable":
		_, _ = w.Write(wire.Encode(wire.Signed{Message: evil}))
	case "/api/admin/users/id/reset-password":
		_, _ = w.Write(wire.Encode(wire.PasswordReset{Message: evil, Password: evil}))
	case "/api/admin/invites":
		in := wire.Invite{ID: evil, Code: evil, Email: evil, CreatedBy: evil, UsedAt: &now, UsedBy: evil}
		if r.Method == http.MethodPost {
			_, _ = w.Write(wire.Encode(wire.OneInvite{Invite: in}))
			return
		}
		_, _ = w.Write(wire.Encode(wire.Invites{Invites: []wire.Invite{in}}))
	case "/api/auth/refresh":
		_, _ = w.Write(wire.Encode(wire.Signed{Token: evil}))
	case "/api/login":
		_, _ = w.Write(wire.Encode(wire.Signed{Message: evil, Token: token(time.Hour), User: &wire.User{ID: evil, Username: evil, Email: evil}}))
	default:
		w.Header().Set(wire.ErrorHeader, "\u202e\u009b2J") // what HTTP takes in a header
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(wire.Encode(wire.ErrorBody{Error: evil}))
	}
}

func token(life time.Duration) string {
	now := time.Now()
	claims := fmt.Sprintf(`{"sub":"u","sid":"s","iat":%d,"exp":%d}`, now.Unix(), now.Add(life).Unix())
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

// signedIn points VSAY_HOST and VSAY_TOKEN at a server.
func signedIn(t *testing.T, h http.HandlerFunc) {
	t.Helper()
	home(t, "")
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	t.Setenv("VSAY_HOST", srv.URL)
	t.Setenv("VSAY_TOKEN", token(24*time.Hour))
}

func TestHostileTextIsShownNotObeyed(t *testing.T) {
	signedIn(t, hostile)
	t.Setenv("VSAY_PASSWORD", "correct horse")
	for _, args := range []string{
		"ls", "sessions", "sessions -a", "sessions good", "whoami", "api-key", "api-key rotate", "refresh --print", "logout", "kill nothing", "ls rm nothing",
		"admin users", "admin disable id", "admin delete id", "admin promote nobody", "admin reset-password id", "admin invite", "admin invites",
		"login --email a@example.com", "signup --email a@example.com --username a", "__complete kill good",
		"attach good", "attach --new good:x", "exec good -- true", "wait other", "rename other x", "kill other", "attach nowhere:x",
	} {
		for _, form := range []string{"human", "json"} {
			words := append([]string{"-o", form}, strings.Fields(args)...)
			if strings.HasPrefix(args, "__complete") {
				words = words[2:] // what follows it is the line to complete
			}
			got := vsay(t, words...)
			for line := range strings.Lines(got.out + got.err) {
				if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), wire.Unsafe) {
					t.Errorf("vsay %s -o %s wrote %q", args, form, line)
				}
			}
			if got.out+got.err == "" {
				t.Errorf("vsay %s -o %s wrote nothing: this test could not fail", args, form)
			}
		}
	}
}

func TestMachinesTable(t *testing.T) {
	signedIn(t, hostile)
	got := vsay(t, "ls")
	lines := strings.Split(got.out, "\n")
	if got.code != 0 || len(lines) != 4 {
		t.Fatalf("exit %d, %q", got.code, got.out)
	}
	for i, want := range map[int]string{
		0: "NAME STATUS OS CPU MEM DISK UPTIME LAST SEEN",
		2: "good online / 12% 0% 100% 1h never",
	} {
		if row := strings.Join(strings.Fields(lines[i]), " "); row != want {
			t.Errorf("%q, want %q", row, want)
		}
	}
	var list wire.Machines
	if err := json.Unmarshal([]byte(vsay(t, "ls", "-o", "json").out), &list); err != nil || list.Machines[0].Name != evil {
		t.Errorf("as JSON it is not what the server said: %v", err)
	}
}

// An exit code that is none of this system's 0 to 255 must not be cut down to a success.
func TestWaitForAnExitCodeThatIsNone(t *testing.T) {
	for code, want := range map[int]int{0: 0, 7: 7, 256: 255, 512: 255, -1: 255} {
		signedIn(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(wire.Encode(wire.OneSession{Session: wire.Session{SessionID: "id", Status: wire.StatusClosed, ExitCode: &code}}))
		})
		if got := vsay(t, "wait", "id"); got.code != want {
			t.Errorf("a session that ended with %d: vsay wait exits with %d, want %d", code, got.code, want)
		}
	}
}

func TestCompletion(t *testing.T) {
	signedIn(t, hostile)
	if got := vsay(t, "__complete", "kill", ""); got.out != "good\n:4\n" {
		t.Errorf("%q, want the one name that a shell can take", got.out)
	}
}

// The keyboard is blocked while a shell completes, so nobody waits for a
// server that does not answer.
func TestCompletionGivesUp(t *testing.T) {
	leave := make(chan struct{})
	signedIn(t, func(http.ResponseWriter, *http.Request) { <-leave })
	t.Cleanup(func() { close(leave) })
	began := time.Now()
	if got := vsay(t, "__complete", "kill", ""); got.out != ":4\n" {
		t.Errorf("%q", got.out)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}
