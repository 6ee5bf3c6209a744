package client

import (
	"context"
	"net/http"
	"net/url"

	"vsay/internal/wire"
)

// Users are all accounts of the server. This and what follows is for its
// administrators.
func (c *Client) Users(ctx context.Context) (wire.AdminUsers, error) {
	var out wire.AdminUsers
	err := c.call(ctx, http.MethodGet, "/api/admin/users", nil, &out)
	return out, err
}

// ManageUser does something to an account: "disable", "enable", "revoke-all",
// "promote" or "demote".
func (c *Client) ManageUser(ctx context.Context, id, what string) error {
	return c.call(ctx, http.MethodPost, "/api/admin/users/"+url.PathEscape(id)+"/"+what, nil, nil)
}

// DeleteUser removes an account with its machines.
func (c *Client) DeleteUser(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/api/admin/users/"+url.PathEscape(id), nil, nil)
}

// ReplacePassword gives somebody another password.
func (c *Client) ReplacePassword(ctx context.Context, id string, p wire.NewPassword) (wire.PasswordReset, error) {
	var out wire.PasswordReset
	err := c.call(ctx, http.MethodPost, "/api/admin/users/"+url.PathEscape(id)+"/reset-password", p, &out)
	return out, err
}

// Invite makes an invitation.
func (c *Client) Invite(ctx context.Context, n wire.NewInvite) (wire.OneInvite, error) {
	var out wire.OneInvite
	err := c.call(ctx, http.MethodPost, "/api/admin/invites", n, &out)
	return out, err
}

// Invites are those that were made, without their codes.
func (c *Client) Invites(ctx context.Context) (wire.Invites, error) {
	var out wire.Invites
	err := c.call(ctx, http.MethodGet, "/api/admin/invites", nil, &out)
	return out, err
}

// DeleteInvite takes one back.
func (c *Client) DeleteInvite(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/api/admin/invites/"+url.PathEscape(id), nil, nil)
}

// RotateKeys has the server sign tokens with a fresh key.
func (c *Client) RotateKeys(ctx context.Context) (wire.KeyRotated, error) {
	var out wire.KeyRotated
	err := c.call(ctx, http.MethodPost, "/api/admin/rotate-keys", nil, &out)
	return out, err
}
