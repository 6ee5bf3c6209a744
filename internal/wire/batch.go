package wire

import (
	"net"
	"sync"
)

// batch is a connection that can hold back what is written until it is let go:
// one system call, or one TLS record, instead of many. The WebSocket library
// writes a message in pieces of 4 KB, and TLS each of its records by itself.
type batch struct {
	net.Conn
	mu   sync.Mutex
	held bool
	buf  *batched // what is held; nil: nothing
	n    int
}

// batched holds a whole frame, with all that TLS and WebSocket add to it. An
// idle link has none.
type batched [48 << 10]byte

var batches = sync.Pool{New: func() any { return new(batched) }}

// hold keeps what is written from here on.
func (b *batch) hold() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = true
}

// release writes what was held, in one go.
func (b *batch) release() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = false
	return b.flush()
}

func (b *batch) flush() error {
	if b.buf == nil {
		return nil
	}
	_, err := b.Conn.Write(b.buf[:b.n])
	batches.Put(b.buf)
	b.buf, b.n = nil, 0
	return err
}

func (b *batch) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n+len(p) > len(batched{}) {
		if err := b.flush(); err != nil {
			return 0, err
		}
	}
	if !b.held || len(p) > len(batched{}) {
		return b.Conn.Write(p)
	}
	if b.buf == nil {
		b.buf = batches.Get().(*batched)
	}
	b.n += copy(b.buf[b.n:], p)
	return len(p), nil
}
