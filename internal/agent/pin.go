//go:build unix

package agent

// pinned has the endpoint take no other key than those we were told, or learnt.
func (id *identity) pinned(c Config) error {
	if c.ForgetPin && len(id.Pins) > 0 {
		id.Pins = nil
		if err := id.save(); err != nil {
			return err
		}
	}
	pins := c.Pins
	if len(pins) == 0 {
		pins = id.Pins
	}
	return c.Endpoint.Expect(pins)
}

// learnPin pins the key of the server that has just let us in, if that was asked
// for and none is pinned.
func (a *Agent) learnPin() error {
	pin := a.Endpoint.Pin()
	if !a.LearnPin || pin == "" || len(a.Endpoint.Pins()) > 0 {
		return nil
	}
	a.id.mu.Lock()
	defer a.id.mu.Unlock()
	a.id.Pins = []string{pin}
	if err := a.id.save(); err != nil {
		return err
	}
	a.Log.Info("the server's key is pinned from now on", "pin", pin)
	return a.Endpoint.Expect(a.id.Pins)
}
