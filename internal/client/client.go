// Package client is the API of a vsay server as Go methods, the token that goes
// with them, and the attachment to a session that survives broken links.
package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"vsay/internal/wire"
)

// maxAnswer bounds an answer of the API, in bytes: what a server sends is not
// trusted more than what it is sent.
const maxAnswer = 16 << 20

// answerWithin is how long a request and the whole of its answer may take: who sends a
// byte now and then must not hold a script for ever.
const answerWithin = 2 * time.Minute

// TokenSource gives the token to speak with. What it returns is valid now, as
// far as the client can know, or the error says how to sign in.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// renewer is a TokenSource that can replace a token the server has refused.
type renewer interface {
	Renew(ctx context.Context, refused string) (string, error)
}

// Client speaks to one server as one account. Its errors are *wire.Error.
type Client struct {
	Endpoint *wire.Endpoint
	Tokens   TokenSource
}

// New makes a client of a server. A nil token source is enough for Signup,
// Login and Health.
func New(ep *wire.Endpoint, tokens TokenSource) *Client {
	return &Client{Endpoint: ep, Tokens: tokens}
}

// call makes a request with a token. One that is refused as 401 is made once
// more, with a fresh token: another login of the same account may have replaced
// it, or this machine's clock is wrong about its end.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	if c.Tokens == nil {
		return wire.ErrUnauthed
	}
	token, err := c.Tokens.Token(ctx)
	if err != nil {
		return err
	}
	err = c.do(ctx, method, path, token, in, out)
	again, ok := c.Tokens.(renewer)
	if !ok || !errors.Is(err, wire.ErrUnauthed) {
		return err
	}
	if token, renewErr := again.Renew(ctx, token); renewErr == nil {
		return c.do(ctx, method, path, token, in, out)
	}
	return err
}

// do makes one request. An empty token sends none; a nil in sends no body, a
// nil out drops the answer.
func (c *Client) do(ctx context.Context, method, path, token string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var body io.Reader
	if in != nil {
		body = bytes.NewReader(wire.Encode(in))
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Endpoint.URL.String()+path, body)
	if err != nil {
		return wire.ErrBadRequest.With("%q makes no address", path)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	if c.Endpoint.UserAgent != "" {
		req.Header.Set("User-Agent", c.Endpoint.UserAgent)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.Endpoint.Client.Do(req)
	if err != nil {
		return wire.Unreachable(c.Endpoint.URL.Host, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return wire.Refused(resp)
	}
	return c.read(resp.Body, out)
}

func (c *Client) read(body io.Reader, out any) error {
	b, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return wire.Unreachable(c.Endpoint.URL.Host, err)
	}
	if len(b) > maxAnswer {
		return wire.ErrProtocol.With("%s sent more than we take; is it a vsay server?", c.Endpoint.URL.Host)
	}
	if out == nil {
		return nil
	}
	if err := wire.Decode(b, out); err != nil {
		return errors.Join(wire.ErrProtocol.With("%s did not answer as a vsay server does; check the host", c.Endpoint.URL.Host), err)
	}
	return nil
}
