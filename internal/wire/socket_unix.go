//go:build unix

package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func rawConn(conn net.Conn) syscall.RawConn {
	if c, ok := conn.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}

// fill waits until something came, and takes all of it that fits.
func (s *socket) fill() error {
	var failed error
	err := s.raw.Read(func(fd uintptr) bool {
		buf := arrivals.Get().(*arrived)
		n, err := readSocket(int(fd), buf[:])
		if n > 0 {
			s.in, s.r, s.w = buf, 0, n
			return true
		}
		arrivals.Put(buf)
		failed = err
		return !errors.Is(err, syscall.EAGAIN)
	})
	switch {
	case err != nil:
		return err
	case s.in != nil:
		return nil
	case failed == nil:
		return io.EOF
	}
	return &net.OpError{Op: "read", Net: "tcp", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: os.NewSyscallError("read", failed)}
}

func readSocket(fd int, b []byte) (n int, err error) {
	for {
		n, err = syscall.Read(fd, b)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

// A socket with fewUnsent bytes in it, or room for aFrame more in half of its
// buffer (the kernel counts its own costs, too), takes a frame without waiting for
// the other end to read.
const (
	fewUnsent = 16 << 10
	aFrame    = 64 << 10
)

func (s *socket) roomy() (yes bool) {
	if s.raw == nil {
		return false
	}
	_ = s.raw.Control(func(fd uintptr) {
		unsent, err := unix.IoctlGetInt(int(fd), unsentBytes)
		if err != nil {
			return
		}
		if yes = unsent < fewUnsent; yes {
			return
		}
		size, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
		yes = err == nil && unsent+aFrame < size/2
	})
	return yes
}
