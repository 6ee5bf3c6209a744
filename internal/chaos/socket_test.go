//go:build unix

package chaos

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// socket is a WebSocket as a short script in any language has it: no library of
// ours, no subprotocol, binary messages one way and the other.
type socket struct {
	conn net.Conn
	in   *bufio.Reader

	mu   sync.Mutex    // of who writes
	why  string        // the server closed it, with this code and reason
	over chan struct{} // closed when nobody reads it any more
}

// refused is the answer to a handshake.
type refused int

func (r refused) Error() string { return fmt.Sprintf("the handshake was answered with %d", int(r)) }

// dialSocket opens one to the server at host.
func dialSocket(host, path string, q url.Values) (*socket, error) {
	conn, err := net.DialTimeout("tcp", host, silent)
	if err != nil {
		return nil, err
	}
	key := make([]byte, 16)
	_, _ = rand.Read(key)
	_ = conn.SetDeadline(time.Now().Add(2 * silent)) // a server may wait for a session
	_, err = fmt.Fprintf(conn, "GET %s?%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", path, q.Encode(), host, base64.StdEncoding.EncodeToString(key))
	s := &socket{conn: conn, in: bufio.NewReader(conn), over: make(chan struct{})}
	var resp *http.Response
	if err == nil {
		resp, err = http.ReadResponse(s.in, nil)
	}
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		err = refused(resp.StatusCode)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return s, nil
}

// Opcodes of WebSocket frames.
const (
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// silent is when a script takes a socket for dead: its program is never so long
// without a word.
const silent = 10 * time.Second

// read gives the next piece of output.
func (s *socket) read() ([]byte, error) {
	for {
		op, p, err := s.frame()
		switch {
		case err != nil:
			return nil, err
		case op == opClose:
			s.why = "no reason"
			if len(p) >= 2 {
				s.why = fmt.Sprintf("%d %s", binary.BigEndian.Uint16(p), p[2:])
			}
			return nil, io.EOF
		case op == opPing:
			_ = s.send(opPong, p) // the reader notices a broken one
		case op != opPong && len(p) > 0:
			return p, nil
		}
	}
}

func (s *socket) frame() (op byte, p []byte, err error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(silent))
	var head [10]byte
	if _, err = io.ReadFull(s.in, head[:2]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		_, err = io.ReadFull(s.in, head[2:4])
		n = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		_, err = io.ReadFull(s.in, head[2:10])
		n = binary.BigEndian.Uint64(head[2:])
	}
	if n > 1<<20 {
		return 0, nil, errors.New("the server masks its frames, or sends very long ones")
	}
	if err == nil {
		p = make([]byte, n)
		_, err = io.ReadFull(s.in, p)
	}
	return head[0] & 0x0f, p, err
}

// Write types, in one message.
func (s *socket) Write(p []byte) (int, error) {
	if err := s.send(opBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *socket) send(op byte, p []byte) error {
	b := []byte{0x80 | op}
	switch n := len(p); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	var mask [4]byte
	_, _ = rand.Read(mask[:])
	b = append(b, mask[:]...)
	for i, c := range p {
		b = append(b, c^mask[i%4])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(3 * silent)) // a session may be away for a while
	_, err := s.conn.Write(b)
	return err
}
