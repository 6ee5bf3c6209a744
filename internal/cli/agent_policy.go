//go:build unix

package cli

import (
	"strings"

	"vsay/internal/agent"
)

var errNoCommand = usage("--allow-command takes a command with its words, as in 'systemctl status nginx', not nothing")

// policy reads what the machine allows. A command is compared word by word.
func (o agentOptions) policy() (agent.Policy, error) {
	p := agent.Policy{ReadOnly: o.ReadOnly}
	for _, command := range o.Commands {
		words := strings.Fields(command)
		if len(words) == 0 {
			return p, errNoCommand
		}
		p.Commands = append(p.Commands, words)
	}
	return p, nil
}
