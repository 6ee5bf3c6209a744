package wire

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
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
	low   *socket       // the connection below ws; nil: unknown
	high  *batch        // between them, above TLS, on the side that dialled; or nil
	idle  atomic.Int64  // since when Read waits, as time since born; 0: it does not; or over
	rtt   atomic.Int64
	trip  atomic.Pointer[chan time.Duration] // who waits for the next Pong
	ping  atomic.Bool                        // a Ping or Pong of the link is on its way out
	ask   atomic.Bool                        // a Ping of a stream is
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
			c.answer(ctx, Frame{Kind: KindPong, Payload: append([]byte(nil), f.Payload...)})
		case f.Stream == 0 && f.Kind == KindPong:
			c.ponged(f)
		default:
			return f, nil
		}
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
		err = ErrTooLarge.With("a message is over the limit")
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
	return c.writing(ctx, func(buf []byte) error { return c.write(ctx, f, buf) })
}

// WriteAll sends what next gives, until it gives no more, and wakes the other
// end once for all of it.
func (c *Conn) WriteAll(ctx context.Context, next func() (Frame, bool)) error {
	return c.writing(ctx, func(buf []byte) error {
		for f, ok := next(); ok; f, ok = next() {
			if err := c.write(ctx, f, buf); err != nil {
				return err
			}
		}
		return nil
	})
}

// writing is one writer's turn.
func (c *Conn) writing(ctx context.Context, do func(buf []byte) error) error {
	select {
	case c.wlock <- struct{}{}:
		defer func() { <-c.wlock }()
	case <-ctx.Done(): // and the link lives on: nothing of it was written
		return errors.Join(ErrLinkLost, ctx.Err())
	}
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	c.hold()
	err := do(buf[:0])
	return cmp.Or(err, closed(c.release()))
}

func (c *Conn) write(ctx context.Context, f Frame, buf []byte) error {
	if len(f.Payload) > MaxPayload {
		return ErrTooLarge.With("that is more than fits in one message: at most %d KB", MaxPayload>>10)
	}
	return closed(c.ws.Write(ctx, websocket.MessageBinary, AppendFrame(buf, f)))
}

// hold has what is written from now on wait for release, in one piece.
func (c *Conn) hold() {
	if c.high != nil {
		c.high.hold()
	}
	if c.low != nil {
		c.low.hold()
	}
}

func (c *Conn) release() (err error) {
	if c.high != nil {
		err = c.high.release()
	}
	if c.low != nil {
		err = cmp.Or(err, c.low.release())
	}
	return err
}

// Roomy tells that a Write now would not wait for the other end to read. False
// where nobody knows.
func (c *Conn) Roomy() bool { return c.low != nil && c.low.roomy() }

// closeWithin is how long the other end may take to agree that a link is over.
// It may be gone, or stopped, and somebody waits for this one.
const closeWithin = 1500 * time.Millisecond

// Close tells the other end why, as a code and never as prose, and waits a
// little for it to agree. A nil error is a normal end.
func (c *Conn) Close(why *Error) {
	if why == nil {
		c.end(websocket.StatusNormalClosure, "")
		return
	}
	c.end(websocket.StatusCode(why.Close), why.Code)
}

// end is the library's Close, which would wait for ten seconds.
func (c *Conn) end(code websocket.StatusCode, reason string) {
	if c.low != nil {
		// Below TLS, which would first say goodbye to who does not listen.
		late := time.AfterFunc(closeWithin, func() { _ = c.low.Conn.Close() })
		defer late.Stop()
	}
	_ = c.ws.Close(code, reason)
}

// CloseNow drops the connection without a word.
func (c *Conn) CloseNow() { _ = c.ws.CloseNow() }

// closed turns what the library says of an ended connection into an *Error. Of
// one that the other end closed in peace, and of no other, it is an io.EOF too.
func closed(err error) error {
	if err == nil {
		return nil
	}
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
