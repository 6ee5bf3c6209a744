package wire

import "time"

// Account is a user as a page knows it: nothing in it is secret.
type Account struct {
	ID        string     `json:"id"`
	Username  string     `json:"username"`
	Email     string     `json:"email"`
	Admin     bool       `json:"admin"` // runs this installation
	CreatedAt *time.Time `json:"created_at,omitzero"`
}

// Me answers GET /api/me.
type Me struct {
	User Account `json:"user"`
}

// ServerInfo is what a server says of itself to anybody who asks.
type ServerInfo struct {
	Signup string `json:"signup"` // "open", "invite" or "closed"
}
