package wire

import "time"

// LoginInfo is one place where a user is signed in.
type LoginInfo struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current"` // the one that asks
	CreatedAt time.Time `json:"created_at"`
	LastSeen  time.Time `json:"last_seen"` // to the minute; now, while it has a terminal open
	ExpiresAt time.Time `json:"expires_at"`
	IPAddress string    `json:"ip_address"` // where it was last seen
	Client    string    `json:"client"`     // what it calls itself, as "Chrome on Linux"; empty: nothing
}

// Logins is the list around LoginInfo.
type Logins struct {
	Logins []LoginInfo `json:"logins"`
}
