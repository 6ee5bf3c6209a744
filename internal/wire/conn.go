package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// A link is tested this often, and given up after so long without a frame.
const (
	PingEvery = 15 * time.Second
	DeadAfter = 30 * time.Second
)

// Conn is a link: a WebSocket that carries frames. One goroutine reads; any may
// write. It knows the traps of the library below: a context that ends closes
// the connection, so contexts live as long as the link and deadlines are
// KeepAlive's business.
type Conn struct {
	ws    *websocket.Conn
	born  time.Time
	rbuf  [HeaderLen + MaxPayload + 1]byte // the last frame read
	wmu   sync.Mutex
	wbuf  []byte
	idle  atomic.Int64 // since when Read waits, as time since born; 0: it does not
	rtt   atomic.Int64
	ping  atomic.Bool // a Ping or Pong is on its way out
	plain bool
}

// NewConn makes a link of a WebSocket.
func NewConn(ws *websocket.Conn) *Conn {
	ws.SetReadLimit(HeaderLen + MaxPayload) // the default of 32 KiB is 13 bytes too small
	return &Conn{ws: ws, born: time.Now()}
}

// Read waits for the next frame and answers pings on the way. The payload is
// valid until the next Read. What ended the link is an *Error, ErrLinkLost where
// nobody said why.
func (c *Conn) Read(ctx context.Context) (Frame, error) {
	for {
		kind, n, err := c.readMessage(ctx, c.rbuf[:])
		if err != nil {
			return Frame{}, err
		}
		if kind != websocket.MessageBinary {
			return Frame{}, ErrProtocol.With("a frame came as text")
		}
		f, err := ParseFrame(c.rbuf[:n])
		if err != nil {
			return Frame{}, errors.Join(ErrProtocol, err)
		}
		switch {
		case f.Stream == 0 && f.Kind == KindPing:
			c.answer(ctx, KindPong, append([]byte(nil), f.Payload...))
		case f.Stream == 0 && f.Kind == KindPong:
			if len(f.Payload) == 8 {
				sent := time.Duration(binary.BigEndian.Uint64(f.Payload))
				c.rtt.Store(int64(time.Since(c.born) - sent))
			}
		default:
			return f, nil
		}
	}
}

func (c *Conn) readMessage(ctx context.Context, buf []byte) (websocket.MessageType, int, error) {
	c.idle.Store(max(1, int64(time.Since(c.born))))
	defer c.idle.Store(0)
	kind, r, err := c.ws.Reader(ctx)
	if err != nil {
		return 0, 0, closed(err)
	}
	n, err := io.ReadFull(r, buf)
	if err == nil {
		return 0, 0, ErrProtocol.With("a message is over the limit")
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return 0, 0, closed(err)
	}
	return kind, n, nil
}

// Write sends one frame. It does not keep the payload.
func (c *Conn) Write(ctx context.Context, f Frame) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	c.wbuf = AppendFrame(c.wbuf[:0], f)
	if err := c.ws.Write(ctx, websocket.MessageBinary, c.wbuf); err != nil {
		return closed(err)
	}
	return nil
}

// KeepAlive pings until ctx ends or the link is dead, and then closes it. Time
// in which nobody reads is no silence: a terminal that was stopped with Ctrl-S
// is alive.
func (c *Conn) KeepAlive(ctx context.Context) error {
	tick := time.NewTicker(PingEvery / 3)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%3 == 0 && !c.plain {
			now := uint64(time.Since(c.born))
			c.answer(ctx, KindPing, binary.BigEndian.AppendUint64(nil, now))
		}
		if n%3 == 0 && c.plain {
			go c.ws.Ping(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		since := c.idle.Load()
		if since != 0 && time.Since(c.born)-time.Duration(since) > DeadAfter {
			c.ws.CloseNow()
			return ErrLinkLost
		}
	}
}

// answer sends a Ping or Pong without waiting, one at a time: the reader must
// not hang on a link that cannot be written.
func (c *Conn) answer(ctx context.Context, kind Kind, payload []byte) {
	if !c.ping.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer c.ping.Store(false)
		_ = c.Write(ctx, Frame{Kind: kind, Payload: payload}) // the reader notices a dead link
	}()
}

// RTT is the last round trip to the other end of this link, 0 before the first.
func (c *Conn) RTT() time.Duration { return time.Duration(c.rtt.Load()) }

// Close tells the other end why, as a code and never as prose, and waits a
// little for it to agree. A nil error is a normal end.
func (c *Conn) Close(why *Error) {
	if why == nil {
		_ = c.ws.Close(websocket.StatusNormalClosure, "")
		return
	}
	_ = c.ws.Close(websocket.StatusCode(why.Close), why.Code)
}

// CloseNow drops the connection without a word.
func (c *Conn) CloseNow() { _ = c.ws.CloseNow() }

// closed turns what the library says of an ended connection into an *Error.
func closed(err error) error {
	var ce websocket.CloseError
	if errors.As(err, &ce) {
		if ce.Code == websocket.StatusNormalClosure || ce.Code == websocket.StatusGoingAway {
			return errors.Join(ErrLinkLost, io.EOF, err)
		}
		return errors.Join(OfClose(int(ce.Code), ce.Reason), err)
	}
	return errors.Join(ErrLinkLost, err)
}

// Plain is the terminal WebSocket of any other program: bytes, no frames.
type Plain struct{ c *Conn }

// Read gives the next message, which is valid until the next Read, and whether
// it came as text. The error of a clean close is an io.EOF.
func (p Plain) Read(ctx context.Context) (msg []byte, text bool, err error) {
	kind, n, err := p.c.readMessage(ctx, p.c.rbuf[:])
	return p.c.rbuf[:n], kind == websocket.MessageText, err
}

// Write sends bytes of the terminal.
func (p Plain) Write(ctx context.Context, b []byte) error {
	if err := p.c.ws.Write(ctx, websocket.MessageBinary, b); err != nil {
		return closed(err)
	}
	return nil
}

// KeepAlive is Conn.KeepAlive with the WebSocket's own pings.
func (p Plain) KeepAlive(ctx context.Context) error { return p.c.KeepAlive(ctx) }

// Exited closes with code 1000 and the reason `exit N`.
func (p Plain) Exited(e Exit) { _ = p.c.ws.Close(websocket.StatusNormalClosure, e.String()) }

// Close is Conn.Close.
func (p Plain) Close(why *Error) { p.c.Close(why) }

// CloseNow is Conn.CloseNow.
func (p Plain) CloseNow() { p.c.CloseNow() }
