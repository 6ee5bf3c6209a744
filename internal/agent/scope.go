//go:build unix

package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
)

// scopes gives each holder a systemd unit of its own where it can, so that
// whatever is done to the agent's service (a stop, a kill -9 of all that is in
// it, its memory running out) does not reach the sessions.
type scopes struct {
	root   string       // the file system's; tests have one of their own
	uid    int          //
	failed atomic.Int32 // how many of the ways to ask did not work: they are not tried again
}

// scope is one way to start a program.
type scope struct {
	argv []string // before the program's own; none: started plainly
	env  []string // for those
	nth  int32
}

func (s scope) plain() bool { return s.nth == 0 }

// ways are the ways to start the holder of a session, best first. The last is
// always the plain one.
func (s *scopes) ways(session string) []scope {
	plain := scope{}
	manager, env := s.manager()
	if manager == "" {
		return []scope{plain}
	}
	argv := []string{
		"systemd-run", manager, "--scope", "--quiet", "--collect",
		"--no-ask-password", // or it first starts a program that would ask for it: 15 ms
		"--unit=vsay-session-" + session[:8], "--description=vsay session " + session[:8],
	}
	end := []string{"--"}
	all := []scope{
		// One program that runs out of memory is no reason to end its session.
		// Old versions of systemd do not know that a scope has this setting.
		{argv: append(append(argv[:len(argv):len(argv)], "--property=OOMPolicy=continue"), end...), env: env, nth: 1},
		{argv: append(argv[:len(argv):len(argv)], end...), env: env, nth: 2},
	}
	return append(all[min(int(s.failed.Load()), len(all)):], plain)
}

// manager is which systemd to ask, with what it needs in the environment; empty
// when there is none whose units outlive this agent.
func (s *scopes) manager() (flag string, env []string) {
	if !s.is("/run/systemd/system") {
		return "", nil
	}
	if s.uid == 0 {
		return "--system", nil
	}
	// A user's manager ends with the user's last login, and its units with it,
	// unless it lingers. So it is no help to an agent that would live longer.
	runtime := filepath.Join("/run/user", strconv.Itoa(s.uid))
	if !s.is(filepath.Join(runtime, "systemd/private")) || !s.within() && !s.lingers() {
		return "", nil
	}
	return "--user", []string{"XDG_RUNTIME_DIR=" + runtime}
}

// within says that this agent is a unit of the user's manager itself.
func (s *scopes) within() bool {
	groups, _ := os.ReadFile(filepath.Join(s.root, "/proc/self/cgroup"))
	return strings.Contains(string(groups), fmt.Sprintf("/user@%d.service/", s.uid))
}

func (s *scopes) lingers() bool {
	return s.is(filepath.Join("/var/lib/systemd/linger", userName()))
}

func (s *scopes) is(path string) bool {
	_, err := os.Stat(filepath.Join(s.root, path))
	return err == nil
}
