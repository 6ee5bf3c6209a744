package wire

import (
	"context"
	"time"

	"github.com/coder/websocket"
)

// Plain is the terminal WebSocket of any other program: bytes, no frames.
type Plain struct{ c *Conn }

// MaxPlain is the longest message that a plain terminal takes, in bytes: a paste
// comes in one. It is handed on in pieces.
const MaxPlain = 1 << 20

// Read gives the next message, or a piece of a long one, which is valid until
// the next Read. text says that it is a whole one and came as text. The error of
// a clean close is an io.EOF.
func (p Plain) Read(ctx context.Context) (msg []byte, text bool, err error) {
	c, kind := p.c, websocket.MessageBinary
	if c.rest == nil {
		if kind, c.rest, err = c.next(ctx); err != nil {
			return nil, false, err
		}
	}
	msg, more, err := c.fill(c.rest)
	if !more {
		c.rest = nil
	}
	return msg, kind == websocket.MessageText && !more, err
}

// Write sends bytes of the terminal.
func (p Plain) Write(ctx context.Context, b []byte) error {
	if err := p.c.ws.Write(ctx, websocket.MessageBinary, b); err != nil {
		return closed(err)
	}
	return nil
}

// Trip is a round trip that the other end makes when it has read all that was written
// before. Somebody has to be reading here.
func (p Plain) Trip(ctx context.Context) (time.Duration, error) {
	took, err := p.c.tripPlain(ctx)
	if err != nil {
		return 0, closed(err)
	}
	return took, nil
}

// RTT is the shortest round trip so far, 0 before the first.
func (p Plain) RTT() time.Duration { return p.c.RTT() }

// KeepAlive is Conn.KeepAlive with the WebSocket's own pings.
func (p Plain) KeepAlive(ctx context.Context) error { return p.c.KeepAlive(ctx) }

// Exited closes with code 1000 and the reason `exit N`.
func (p Plain) Exited(e Exit) { _ = p.c.ws.Close(websocket.StatusNormalClosure, e.String()) }

// Close is Conn.Close.
func (p Plain) Close(why *Error) { p.c.Close(why) }

// CloseNow is Conn.CloseNow.
func (p Plain) CloseNow() { p.c.CloseNow() }
