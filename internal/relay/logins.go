package relay

// Logins are those of a user that have anything open now.
func (r *Relay) Logins(userID string) map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := map[string]bool{}
	for e := range r.open {
		if e.who.UserID == userID && e.who.Login != "" && e.passing() == nil {
			open[e.who.Login] = true
		}
	}
	return open
}
