package wire

import (
	"cmp"
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
	rbuf  *buffer       // the last frame read; nil while Read waits
	wlock chan struct{} // holds one while somebody writes
	out   *batch        // below ws, on the side that dialled
	idle  atomic.Int64  // since when Read waits, as time since born; 0: it does not; or over
	rtt   atomic.Int64
	ping  atomic.Bool // a Ping or Pong is on its way out
	plain bool
	rest  io.Reader // of a long message, where that is plain
}

// buffer holds one message, and one byte to see that it was longer. A link that
// waits has none: most links wait, and there may be many.
type buffer [HeaderLen + MaxPayload + 1]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// NewConn makes a link of a WebSocket.
func NewConn(ws *websocket.Conn) *Conn {
	ws.SetReadLimit(HeaderLen + MaxPayload) // the default of 32 KiB is 13 bytes too small
	return &Conn{ws: ws, born: time.Now(), wlock: make(chan struct{}, 1)}
}

// Read waits for the next frame and answers pings on the way. The payload is
// valid until the next Read. What ended the link is an *Error, ErrLinkLost where
// nobody said why.
func (c *Conn) Read(ctx context.Context) (Frame, error) {
	for {
		kind, msg, err := c.readMessage(ctx)
		if err != nil {
			return Frame{}, err
		}
		if kind != websocket.MessageBinary {
			return Frame{}, ErrProtocol.With("a frame came as text")
		}
		if len(msg) == 0 {
			return Frame{}, ErrLinkLost // nobody sends an empty one
		}
		f, err := ParseFrame(msg)
		if err != nil {
			return Frame{}, errors.Join(ErrProtocol, err)
		}
		switch {
		case f.Stream == 0 && f.Kind == KindPing:
			c.answer(ctx, KindPong, append([]byte(nil), f.Payload...))
		case f.Stream == 0 && f.Kind == KindPong:
			c.ponged(f)
		default:
			return f, nil
		}
	}
}

func (c *Conn) ponged(f Frame) {
	if len(f.Payload) != 8 {
		return
	}
	sent := time.Duration(binary.BigEndian.Uint64(f.Payload))
	if now := time.Since(c.born); sent >= 0 && sent <= now {
		c.rtt.Store(int64(now - sent))
	}
}

// readMessage reads a whole message.
func (c *Conn) readMessage(ctx context.Context) (websocket.MessageType, []byte, error) {
	kind, r, err := c.next(ctx)
	if err != nil {
		return 0, nil, err
	}
	msg, more, err := c.fill(r)
	if more {
		err = ErrProtocol.With("a message is over the limit")
	}
	return kind, msg, err
}

// next waits for a message without a buffer, and gives the last one back first.
func (c *Conn) next(ctx context.Context) (websocket.MessageType, io.Reader, error) {
	if c.rbuf != nil {
		buffers.Put(c.rbuf)
		c.rbuf = nil
	}
	c.idle.Store(c.now())
	kind, r, err := c.ws.Reader(ctx)
	if err != nil {
		c.idle.Store(over)
		return 0, nil, closed(err)
	}
	c.rbuf = buffers.Get().(*buffer)
	return kind, r, nil
}

// fill reads as much of a message as the buffer holds, and tells whether more
// may follow.
func (c *Conn) fill(r io.Reader) (msg []byte, more bool, err error) {
	n, err := io.ReadFull(r, c.rbuf[:])
	c.idle.Store(0)
	switch {
	case err == io.ErrUnexpectedEOF: // bare, it is the end of the message; wrapped, of the connection
		return c.rbuf[:n], false, nil
	case err == io.EOF: // the same; an empty message, or a link that broke behind a header
		return nil, false, nil
	case err == nil:
		return c.rbuf[:n], true, nil
	}
	c.idle.Store(over)
	return nil, false, closed(err)
}

// over is what idle says when the reader has seen the end.
const over = -1

func (c *Conn) now() int64 { return max(1, int64(time.Since(c.born))) }

// Write sends one frame. It does not keep the payload. One that is too large is
// ErrTooLarge and not sent: the other end would close the link.
func (c *Conn) Write(ctx context.Context, f Frame) error {
	if len(f.Payload) > MaxPayload {
		return ErrTooLarge.With("that is more than fits in one message: at most %d KB", MaxPayload>>10)
	}
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	select {
	case c.wlock <- struct{}{}:
		defer func() { <-c.wlock }()
	case <-ctx.Done(): // and the link lives on: nothing of it was written
		return errors.Join(ErrLinkLost, ctx.Err())
	}
	if c.out != nil {
		c.out.hold()
	}
	err := c.ws.Write(ctx, websocket.MessageBinary, AppendFrame(buf[:0], f))
	if c.out != nil {
		err = cmp.Or(err, c.out.release())
	}
	if err != nil {
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
			c.pingPlain(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		since := c.idle.Load()
		if since == over {
			return ErrLinkLost
		}
		if since != 0 && time.Since(c.born)-time.Duration(since) > DeadAfter {
			c.ws.CloseNow()
			return ErrLinkLost
		}
	}
}

// Probe pings, and gives the link up when it brings no frame within d.
func (c *Conn) Probe(ctx context.Context, d time.Duration) error {
	before := c.idle.Load()
	c.answer(ctx, KindPing, binary.BigEndian.AppendUint64(nil, uint64(c.now())))
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(d):
	}
	if before != c.idle.Load() || before == 0 {
		return nil
	}
	c.ws.CloseNow()
	return ErrLinkLost
}

// answer sends a Ping or Pong without waiting, one at a time: the reader must
// not hang on a link that cannot be written.
func (c *Conn) answer(ctx context.Context, kind Kind, payload []byte) {
	if !c.ping.CompareAndSwap(false, true) {
		return
	}
	ctx = context.WithoutCancel(ctx) // it is the reader's, and may end before this is sent
	go func() {
		defer c.ping.Store(false)
		_ = c.Write(ctx, Frame{Kind: kind, Payload: payload}) // the reader notices a dead link
	}()
}

// pingPlain is a ping of the WebSocket's own, one at a time. Its pong is not
// seen by Read, and counts as a sign of life all the same.
func (c *Conn) pingPlain(ctx context.Context) {
	if !c.ping.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer c.ping.Store(false)
		if c.ws.Ping(ctx) != nil {
			return
		}
		if since := c.idle.Load(); since > 0 {
			c.idle.CompareAndSwap(since, c.now())
		}
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

// closed turns what the library says of an ended connection into an *Error. Of
// one that the other end closed in peace, and of no other, it is an io.EOF too.
func closed(err error) error {
	var ce websocket.CloseError
	if errors.As(err, &ce) {
		switch ce.Code {
		case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd: // the last is a browser's close()
			return errors.Join(ErrLinkLost, io.EOF, err)
		}
		return errors.Join(OfClose(int(ce.Code), ce.Reason), err)
	}
	if errors.Is(err, io.EOF) { // a connection that just ended, and was not closed
		err = errors.New(err.Error())
	}
	return errors.Join(ErrLinkLost, err)
}

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

// KeepAlive is Conn.KeepAlive with the WebSocket's own pings.
func (p Plain) KeepAlive(ctx context.Context) error { return p.c.KeepAlive(ctx) }

// Exited closes with code 1000 and the reason `exit N`.
func (p Plain) Exited(e Exit) { _ = p.c.ws.Close(websocket.StatusNormalClosure, e.String()) }

// Close is Conn.Close.
func (p Plain) Close(why *Error) { p.c.Close(why) }

// CloseNow is Conn.CloseNow.
func (p Plain) CloseNow() { p.c.CloseNow() }
