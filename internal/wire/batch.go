package wire

import (
	"net"
	"sync"
)

// batch is a connection that can hold back what is written until it is let go.
// The WebSocket library writes the frames of a dialling side, which are masked,
// 4 KB at a time: each would be a TLS record and a system call of its own.
type batch struct {
	net.Conn
	mu   sync.Mutex
	held bool
	buf  []byte
}

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
	if len(b.buf) == 0 {
		return nil
	}
	_, err := b.Conn.Write(b.buf)
	if cap(b.buf) > smallBatch {
		b.buf = nil // an idle link should cost little
	}
	b.buf = b.buf[:0]
	return err
}

const smallBatch = 4 << 10 // bytes kept for the next message

func (b *batch) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.held {
		return b.Conn.Write(p)
	}
	b.buf = append(b.buf, p...)
	return len(p), nil
}
