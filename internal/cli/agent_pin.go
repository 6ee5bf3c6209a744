//go:build unix

package cli

import (
	"strings"

	"vsay/internal/agent"
	"vsay/internal/wire"
)

// pins reads what --pin says into an agent's settings.
func (o agentOptions) pins(c *agent.Config) error {
	for _, p := range o.Pins {
		switch p = strings.TrimSpace(p); p {
		case "learn":
			c.LearnPin = true
		case "off":
			c.ForgetPin = true
		default:
			if err := wire.CheckPin(p); err != nil {
				return usage("--pin: %s", err)
			}
			c.Pins = append(c.Pins, p)
		}
	}
	switch {
	case len(o.Pins) > 1 && (c.LearnPin || c.ForgetPin):
		return usage("--pin is learn, off, or keys: one of these")
	case len(o.Pins) > 0 && !c.ForgetPin && c.Endpoint.URL.Scheme != "https":
		return usage("--pin: %s has no key over plain HTTP; use https://", c.Endpoint.URL.Host)
	}
	return nil
}
