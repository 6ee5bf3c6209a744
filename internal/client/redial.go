package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"vsay/internal/wire"
)

// Redialling, with full jitter: soon, since somebody is watching.
const (
	minRedial  = 250 * time.Millisecond
	maxRedial  = 5 * time.Second
	healthy    = time.Minute // a link that lived so long: the next one is dialled soon
	openWithin = 30 * time.Second
)

// open dials, and returns when the session has answered.
func (a *Attachment) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	conn, err := a.dial(ctx)
	if err != nil {
		return err
	}
	a.mu.Lock()
	ask := a.progress.Ask(a.ask)
	a.mu.Unlock()
	err = conn.Write(ctx, wire.Frame{Kind: wire.KindOpen, Stream: lane, Payload: wire.Encode(ask)})
	if err == nil {
		err = a.answer(ctx, conn)
	}
	if err != nil {
		conn.CloseNow()
		return err
	}
	a.mu.Lock()
	a.conn = conn
	cols, rows := a.ask.Cols, a.ask.Rows
	a.mu.Unlock()
	if cols != ask.Cols || rows != ask.Rows { // the window changed meanwhile
		a.Resize(cols, rows)
	}
	return nil
}

// dialServer is dial, but for tests.
func (a *Attachment) dialServer(ctx context.Context) (*wire.Conn, error) {
	token, err := a.api.Tokens.Token(ctx)
	if err != nil {
		return nil, err
	}
	path := "/api/terminal/" + url.PathEscape(a.agentID) + "/ws"
	dial := func(token string) (*wire.Conn, error) {
		a.token = token
		return a.api.Endpoint.Dial(ctx, path, wire.ViewerProtocol, http.Header{"Authorization": {"Bearer " + token}})
	}
	conn, err := dial(token)
	again, ok := a.api.Tokens.(renewer)
	if ok && errors.Is(err, wire.ErrUnauthed) {
		if token, renewErr := again.Renew(ctx, token); renewErr == nil {
			return dial(token)
		}
	}
	return conn, err
}

func (a *Attachment) answer(ctx context.Context, conn *wire.Conn) error {
	for {
		f, err := conn.Read(ctx)
		switch {
		case err != nil:
			return err
		case f.Stream != lane:
		case f.Kind == wire.KindClose:
			return closeError(f)
		case f.Kind == wire.KindOpened:
			var o wire.Opened
			if err := wire.Decode(f.Payload, &o); err != nil {
				return err
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.Opened.Session == "" {
				a.Opened = o
			}
			defer a.room.Broadcast() // it may say that everything was taken
			return a.progress.Opened(o, f.Offset)
		}
	}
}

func closeError(f wire.Frame) error {
	var e wire.Error
	if len(f.Payload) == 0 || wire.Decode(f.Payload, &e) != nil {
		return wire.ErrLinkLost
	}
	return wire.Received(e.Code, e.Message, 0)
}

// final says that dialling again would not help.
func final(err error) bool {
	for _, e := range []*wire.Error{
		wire.ErrUnauthed, wire.ErrReauth, wire.ErrForbidden, wire.ErrNotFound, wire.ErrGone,
		wire.ErrStolen, wire.ErrBadRequest, wire.ErrProtocol, wire.ErrTooLarge,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var drawing drawError
	return errors.As(err, &drawing)
}

// redial dials until there is a link again, or there is no point.
func (a *Attachment) redial(ctx context.Context, why error) error {
	if a.Lost != nil {
		a.Lost(why)
	}
	for {
		pause := rand.N(min(maxRedial, minRedial<<a.tries))
		a.tries = min(a.tries+1, 10) // until a link has proved healthy
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		err := a.open(ctx)
		if err == nil {
			if a.Back != nil {
				a.Back()
			}
			return nil
		}
		if final(err) || ctx.Err() != nil {
			return err
		}
	}
}
