//go:build unix

package cli

import (
	"fmt"
	"strings"
)

// unitMark begins every unit that install writes, and no other.
const unitMark = "# Written by `vsay agent install`. `vsay agent uninstall` removes it.\n"

// unitManners is how an agent is treated by systemd. The unit in packaging/ has
// the same lines.
const unitManners = `# So that systemctl status shows when it came online.
NotifyAccess=main
Restart=always
RestartSec=5s
# 2 is wrong usage and 4 a refused key: nobody is helped by trying that again.
RestartPreventExitStatus=2 4

# Each session is a process of its own that outlives the agent, in a scope of its
# own (vsay-session-*.scope) when the agent runs as root, or as a user who
# lingers (loginctl enable-linger). Other users' sessions stay in this unit: so
# stopping, restarting or upgrading the agent ends the agent alone, and the next
# one finds the sessions again. The default would kill every shell of the machine.
KillMode=process
# For the same reason: one shell that runs out of memory is no reason to end all.
OOMPolicy=continue
TasksMax=infinity
# No hardening here: what it took from the agent it would take from the shells,
# where people expect sudo, /home and all of the machine. "systemd-analyze
# security" is right to call that unsafe: a shell is.
`

// unit is the text of the agent's unit.
func (s *service) unit() string {
	var b strings.Builder
	b.WriteString(unitMark + "[Unit]\nDescription=vsay agent: makes this machine reachable\n")
	if !s.user { // a user's manager knows no network
		b.WriteString("Wants=network-online.target\nAfter=network-online.target\n")
	}
	b.WriteString("\n[Service]\nType=exec\n")
	for _, line := range s.context() {
		b.WriteString(line + "\n")
	}
	for _, kv := range s.env {
		fmt.Fprintf(&b, "Environment=%s\n", unitWord(kv))
	}
	b.WriteString("ExecStart=")
	for i, word := range s.agent() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.ReplaceAll(unitWord(word), "$", "$$"))
	}
	fmt.Fprintf(&b, "\n%s\n[Install]\nWantedBy=%s\n", unitManners, s.wantedBy())
	return b.String()
}

// context is who the agent is for the system: properties of its unit.
func (s *service) context() []string {
	if s.user {
		return nil
	}
	return []string{"User=" + s.runAs, "StateDirectory=" + unitName, "StateDirectoryMode=0700"}
}

func (s *service) agent() []string { return []string{s.program, "agent", "--state-dir", s.stateDir} }

func (s *service) wantedBy() string {
	if s.user {
		return "default.target"
	}
	return "multi-user.target"
}

// unitWord writes a word so that systemd reads it as it is.
func unitWord(w string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`).Replace(w) + `"`
}
