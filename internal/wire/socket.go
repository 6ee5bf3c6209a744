package wire

import (
	"crypto/tls"
	"net"
	"sync"
	"syscall"
)

// socket is a TCP connection that goes to the kernel seldom. What is written can
// be held back (see batch), and a read takes all that has come: TLS would ask for
// five bytes, then for a record, then for the next. While it waits it has no buffer:
// most links wait, and there may be many.
type socket struct {
	batch
	raw  syscall.RawConn // nil where there is none: reads are plain ones
	in   *arrived        // read and not handed out: in[r:w]; nil: nothing
	r, w int
}

// arrived holds what one read takes, in bytes.
type arrived [64 << 10]byte

var arrivals = sync.Pool{New: func() any { return new(arrived) }}

func newSocket(conn net.Conn) *socket {
	return &socket{batch: batch{Conn: conn}, raw: rawConn(conn)}
}

// CloseWrite ends what is written, where the connection below can: net/http asks
// for it, so that its last words arrive.
func (s *socket) CloseWrite() error {
	if c, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

func (s *socket) Read(p []byte) (int, error) {
	if s.raw == nil {
		return s.Conn.Read(p)
	}
	if s.in == nil {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.in[s.r:s.w])
	s.r += n
	if s.r == s.w {
		arrivals.Put(s.in)
		s.in = nil
	}
	return n, nil
}

// Listener makes the connections of ln cheaper to serve links on.
func Listener(ln net.Listener) net.Listener { return listener{ln} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newSocket(conn), nil
}

// socketOf is the socket below a connection, or nil.
func socketOf(conn net.Conn) *socket {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	s, _ := conn.(*socket)
	return s
}
