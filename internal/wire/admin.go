package wire

import "time"

// AdminUser is an account as administrators see it.
type AdminUser struct {
	ID        string     `json:"id"`
	Username  string     `json:"username"`
	Email     string     `json:"email"`
	Admin     bool       `json:"admin"`
	Disabled  bool       `json:"disabled"`
	CreatedAt time.Time  `json:"created_at"`
	LastLogin *time.Time `json:"last_login"` // null: never
	Machines  int        `json:"machines"`
	Sessions  int        `json:"sessions"` // that run
}

// AdminUsers is the list around AdminUser.
type AdminUsers struct {
	Users []AdminUser `json:"users"`
}

// NewPassword is the optional body of POST /api/admin/users/{id}/reset-password. With
// no password in it the server makes one up, which is good for one login.
type NewPassword struct {
	Password string `json:"password,omitzero"`
}

// PasswordReset answers NewPassword.
type PasswordReset struct {
	Message   string     `json:"message"`
	Password  string     `json:"password,omitzero"`   // only one that was made up
	ExpiresAt *time.Time `json:"expires_at,omitzero"` // of that one, if it was not used before
}

// Invite lets one person make an account, once.
type Invite struct {
	ID        string     `json:"id"`
	Code      string     `json:"code,omitzero"` // in the answer that makes it, and never again
	Email     string     `json:"email"`         // the only one it is good for; empty: any
	CreatedBy string     `json:"created_by"`    // a username
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at"` // null: it waits
	UsedBy    string     `json:"used_by"` // a username
}

// NewInvite is the optional body of POST /api/admin/invites.
type NewInvite struct {
	Email     string `json:"email,omitzero"`
	ExpiresIn int64  `json:"expires_in,omitzero"` // seconds; 0: three days
}

// OneInvite is the object around Invite.
type OneInvite struct {
	Invite Invite `json:"invite"`
}

// Invites is the list around Invite.
type Invites struct {
	Invites []Invite `json:"invites"`
}
