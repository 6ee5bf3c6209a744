package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"vsay/internal/wire"
)

// Signup creates an account. It does not sign in.
func (c *Client) Signup(ctx context.Context, s wire.Signup) (wire.Signed, error) {
	var out wire.Signed
	err := c.do(ctx, http.MethodPost, "/api/signup", "", s, &out)
	return out, err
}

// Login exchanges a password for a token. An answer without a token or a user
// is an error.
func (c *Client) Login(ctx context.Context, l wire.Login) (wire.Signed, error) {
	var out wire.Signed
	if err := c.do(ctx, http.MethodPost, "/api/login", "", l, &out); err != nil {
		return out, err
	}
	if out.Token == "" || out.User == nil {
		return out, wire.ErrProtocol.With("%s signed in without a token; is it a vsay server?", c.Endpoint.URL.Host)
	}
	return out, nil
}

// Refresh exchanges a token for a fresh one of the same login. The old one is
// not spent.
func (c *Client) Refresh(ctx context.Context, token string) (string, error) {
	var out wire.Signed
	if err := c.do(ctx, http.MethodPost, "/api/auth/refresh", token, nil, &out); err != nil {
		return "", err
	}
	if out.Token == "" {
		return "", wire.ErrProtocol.With("%s refreshed without a token; is it a vsay server?", c.Endpoint.URL.Host)
	}
	return out.Token, nil
}

// Logout ends the login that token belongs to, everywhere.
func (c *Client) Logout(ctx context.Context, token string) (wire.Signed, error) {
	var out wire.Signed
	err := c.do(ctx, http.MethodPost, "/api/auth/logout", token, nil, &out)
	return out, err
}

// Logins are where the account is signed in.
func (c *Client) Logins(ctx context.Context) (wire.Logins, error) {
	var out wire.Logins
	err := c.call(ctx, http.MethodGet, "/api/auth/logins", nil, &out)
	return out, err
}

// EndLogin signs out there.
func (c *Client) EndLogin(ctx context.Context, id string) (wire.Signed, error) {
	var out wire.Signed
	err := c.call(ctx, http.MethodDelete, "/api/auth/logins/"+url.PathEscape(id), nil, &out)
	return out, err
}

// Machines are those the account may reach.
func (c *Client) Machines(ctx context.Context) (wire.Machines, error) {
	var out wire.Machines
	err := c.call(ctx, http.MethodGet, "/api/machines", nil, &out)
	return out, err
}

// Machine is one of them, by its id.
func (c *Client) Machine(ctx context.Context, id string) (wire.OneMachine, error) {
	var out wire.OneMachine
	err := c.call(ctx, http.MethodGet, "/api/machines/"+url.PathEscape(id), nil, &out)
	return out, err
}

// DeleteMachine ends a machine's credential and cuts its agent off.
func (c *Client) DeleteMachine(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/api/machines/"+url.PathEscape(id), nil, nil)
}

// ChangeMachine has a machine be called, or described, another way.
func (c *Client) ChangeMachine(ctx context.Context, id string, change wire.ChangeMachine) (wire.OneMachine, error) {
	var out wire.OneMachine
	err := c.call(ctx, http.MethodPatch, "/api/machines/"+url.PathEscape(id), change, &out)
	return out, err
}

// ApproveMachine lets a machine in that waits for it.
func (c *Client) ApproveMachine(ctx context.Context, id string) (wire.OneMachine, error) {
	var out wire.OneMachine
	err := c.call(ctx, http.MethodPost, "/api/machines/"+url.PathEscape(id)+"/approve", nil, &out)
	return out, err
}

// Sessions are those that run on the account's machines.
func (c *Client) Sessions(ctx context.Context) (wire.Sessions, error) { return c.sessions(ctx, "") }

// AllSessions are those and the last ones that ended.
func (c *Client) AllSessions(ctx context.Context) (wire.Sessions, error) {
	return c.sessions(ctx, "?all=true")
}

func (c *Client) sessions(ctx context.Context, query string) (wire.Sessions, error) {
	var out wire.Sessions
	err := c.call(ctx, http.MethodGet, "/api/terminal/sessions"+query, nil, &out)
	return out, err
}

// WaitSession is a session, answered when it has ended or after some seconds.
func (c *Client) WaitSession(ctx context.Context, id string) (wire.Session, error) {
	return c.session(ctx, http.MethodGet, url.PathEscape(id)+"/wait", nil)
}

// RenameSession gives a running session another name.
func (c *Client) RenameSession(ctx context.Context, id, name string) (wire.Session, error) {
	return c.session(ctx, http.MethodPatch, url.PathEscape(id), wire.RenameSession{Name: name})
}

func (c *Client) session(ctx context.Context, method, path string, body any) (wire.Session, error) {
	var out wire.OneSession
	err := c.call(ctx, method, "/api/terminal/sessions/"+path, body, &out)
	return out.Session, err
}

// EndSession ends a session and all it runs.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/api/terminal/sessions/"+url.PathEscape(id), nil, nil)
}

// Me is the account, without its API key. A server that is older than the question is
// asked for the profile.
func (c *Client) Me(ctx context.Context) (wire.User, error) {
	var out wire.Me
	err := c.call(ctx, http.MethodGet, "/api/me", nil, &out)
	if errors.Is(err, wire.ErrNotFound) {
		return c.withoutKey(ctx)
	}
	if err == nil && out.User.ID == "" {
		err = wire.ErrProtocol.With("%s knows no user; is it a vsay server?", c.Endpoint.URL.Host)
	}
	u := out.User
	return wire.User{ID: u.ID, Username: u.Username, Email: u.Email, CreatedAt: u.CreatedAt}, err
}

func (c *Client) withoutKey(ctx context.Context) (wire.User, error) {
	profile, err := c.Profile(ctx)
	if err != nil {
		return wire.User{}, err
	}
	profile.User.APIKey = ""
	return *profile.User, nil
}

// Profile is the account, with its API key.
func (c *Client) Profile(ctx context.Context) (wire.Signed, error) {
	var out wire.Signed
	if err := c.call(ctx, http.MethodGet, "/api/profile", nil, &out); err != nil {
		return out, err
	}
	if out.User == nil {
		return out, wire.ErrProtocol.With("%s knows no user; is it a vsay server?", c.Endpoint.URL.Host)
	}
	return out, nil
}

// RegenerateAPIKey replaces the API key. Machines enrolled with the old one are
// cut off, unless kept.
func (c *Client) RegenerateAPIKey(ctx context.Context, r wire.RegenerateKey) (wire.Signed, error) {
	var out wire.Signed
	err := c.call(ctx, http.MethodPost, "/api/profile/regenerate-api-key", r, &out)
	return out, err
}

// ResetPassword replaces the password and ends every other login.
func (c *Client) ResetPassword(ctx context.Context, r wire.ResetPassword) error {
	return c.call(ctx, http.MethodPost, "/api/profile/reset-password", r, nil)
}

// Health asks whether the server is there.
func (c *Client) Health(ctx context.Context) error {
	return c.do(ctx, http.MethodGet, "/health", "", nil, nil)
}
