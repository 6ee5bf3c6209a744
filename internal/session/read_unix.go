//go:build unix

package session

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"vsay/internal/wire"
)

// chunk is a buffer for output on its way. A program that is silent has none.
type chunk [wire.MaxPayload]byte

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// read gives up to most bytes of what the program has put out by now, waiting
// for the first one only. A terminal gives 4 KB at a time: several are joined.
// The buffer goes back to chunks when n > 0.
func (p *process) read(f *os.File, most int) (buf *chunk, n int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, 0, err
	}
	var ended error
	err = raw.Read(func(fd uintptr) bool {
		buf = chunks.Get().(*chunk)
		n, ended = readAll(int(fd), buf[:min(most, len(buf))])
		if n == 0 {
			chunks.Put(buf)
		}
		return n > 0 || ended != nil
	})
	if errors.Is(err, os.ErrDeadlineExceeded) { // which keeps Read from even trying
		buf, ended = chunks.Get().(*chunk), io.EOF
		control(f, func(fd int) { n, _ = readAll(fd, buf[:min(most, len(buf))]) })
		if n == 0 {
			chunks.Put(buf)
		}
	}
	if n > 0 {
		return buf, n, nil
	}
	return nil, 0, errors.Join(io.EOF, err, ended)
}

// readAll reads until b is full or there is no more for now, which is no error.
func readAll(fd int, b []byte) (n int, err error) {
	for n < len(b) {
		m, err := syscall.Read(fd, b[n:])
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return n, nil
		case m <= 0:
			return n, io.EOF // of a terminal it is EIO
		default:
			n += m
		}
	}
	return n, nil
}

// hurry makes reads end soon: with what is there, or with nothing. The program
// has ended, but something it started may hold its terminal open.
func (p *process) hurry(d time.Duration) {
	for _, f := range p.outs {
		_ = f.SetReadDeadline(time.Now().Add(d))
	}
}
