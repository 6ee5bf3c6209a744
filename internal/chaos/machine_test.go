//go:build unix

package chaos

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vsay/internal/wire"
)

// startAgent enrols the machine. Later starts of the agent have no API key.
func (s *stack) startAgent(t *testing.T) {
	args := []string{
		"agent", "--host", "http://" + s.hops[1].addr(), "--name", "box",
		"--state-dir", filepath.Join(s.dir, "state"), "--shell", s.shell,
	}
	s.agent = &service{name: "agent", stack: s, args: append(args, "--token-file", filepath.Join(s.dir, "key"))}
	must(t, s.agent.start())
	s.agent.args = args
	must(t, s.awaitAgent(0))
}

// awaitAgent waits until an agent of that build has said hello.
func (s *stack) awaitAgent(build int) error {
	version, err := exec.Command(s.builds[build], "version").Output()
	if err != nil {
		return err
	}
	return eventually(context.Background(), "the machine does not come online", func() bool {
		list, err := s.api.Machines(context.Background())
		if err != nil || len(list.Machines) != 1 {
			return false
		}
		m := list.Machines[0]
		s.box = m.AgentID
		return m.Status == wire.StatusOnline && strings.Contains(string(version), m.AgentVersion)
	})
}

// swapAgent has the agent be of the other build: what it starts from then on is, too.
func (s *stack) swapAgent() error {
	s.agent.stop(syscall.SIGKILL)
	s.agent.build = 1 - s.agent.build
	if err := s.agent.start(); err != nil {
		return err
	}
	return s.awaitAgent(s.agent.build)
}

// sessionOf is the id of a session, which its socket is named by the beginning of.
func (s *stack) sessionOf(ctx context.Context, socket string) (string, error) {
	list, err := s.api.Sessions(ctx)
	if err != nil {
		return "", err
	}
	for _, x := range list.Sessions {
		if strings.HasPrefix(x.SessionID, socket) {
			return x.SessionID, nil
		}
	}
	return "", fmt.Errorf("no session is named %s…", socket)
}
