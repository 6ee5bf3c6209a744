//go:build unix

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// rawSocket is a WebSocket client that writes what it likes.
type rawSocket struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	resp *http.Response
}

func (s *stage) rawSocket(query, header string) *rawSocket {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	_, err = io.WriteString(conn, "GET "+strings.TrimPrefix(s.terminalURL(s.token)+query, s.url)+" HTTP/1.1\r\nHost: box\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+header+"\r\n")
	if err != nil {
		s.t.Fatal(err)
	}
	c := &rawSocket{t: s.t, conn: conn, in: bufio.NewReader(conn)}
	if c.resp, err = http.ReadResponse(c.in, nil); err != nil || c.resp.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("%v, %v", c.resp, err)
	}
	return c
}

// frame is the head of a masked frame, whose mask is nothing.
func frame(first byte, length uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, length)
	return append(b, 0, 0, 0, 0)
}

// closed reads on until the server closes and gives its code.
func (c *rawSocket) closed() int {
	c.t.Helper()
	for {
		var head [2]byte
		if _, err := io.ReadFull(c.in, head[:]); err != nil {
			c.t.Errorf("the server said nothing: %v", err)
			return 0
		}
		n := uint64(head[1] & 0x7f)
		if n == 126 {
			var long [2]byte
			_, _ = io.ReadFull(c.in, long[:])
			n = uint64(binary.BigEndian.Uint16(long[:]))
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(c.in, body); err != nil {
			c.t.Error(err)
			return 0
		}
		if head[0]&0x0f == 8 {
			return int(binary.BigEndian.Uint16(body))
		}
	}
}

// What is too large, or endless, or deflated is refused before it is kept.
func TestFramesTooLarge(t *testing.T) {
	s := newStage(t)
	framed := "Sec-WebSocket-Protocol: " + wire.ViewerProtocol + "\r\n"
	huge := make([]byte, 64<<10)
	for name, c := range map[string]struct {
		header string
		write  func(io.Writer) error
		want   websocket.StatusCode
	}{
		"16 MiB":             {framed, func(w io.Writer) error { return flood(w, frame(0x82, 16<<20), huge, 256) }, websocket.StatusMessageTooBig},
		"16 MiB, plain":      {"", func(w io.Writer) error { return flood(w, frame(0x82, 16<<20), huge, 256) }, websocket.StatusMessageTooBig},
		"endless":            {framed, func(w io.Writer) error { return fragments(w, huge) }, websocket.StatusMessageTooBig},
		"endless, plain":     {"", func(w io.Writer) error { return fragments(w, huge) }, websocket.StatusMessageTooBig},
		"longer than a file": {framed, func(w io.Writer) error { return flood(w, frame(0x82, 1<<62), huge, 64) }, websocket.StatusMessageTooBig},
		"one byte over a frame": {framed, func(w io.Writer) error {
			return flood(w, frame(0x82, wire.HeaderLen+wire.MaxPayload+1), huge[:wire.HeaderLen+wire.MaxPayload+1], 1)
		}, websocket.StatusMessageTooBig},
		"deflated":              {framed + deflate, func(w io.Writer) error { return flood(w, frame(0xc2, 16), huge[:16], 1) }, websocket.StatusProtocolError},
		"deflated, plain":       {deflate, func(w io.Writer) error { return flood(w, frame(0xc1, 16), huge[:16], 1) }, websocket.StatusProtocolError},
		"a reserved bit":        {framed, func(w io.Writer) error { return flood(w, frame(0xa2, 16), huge[:16], 1) }, websocket.StatusProtocolError},
		"text in frames":        {framed, func(w io.Writer) error { return flood(w, frame(0x81, 16), huge[:16], 1) }, websocket.StatusPolicyViolation},
		"shorter than its head": {framed, func(w io.Writer) error { return flood(w, frame(0x82, 5), huge[:5], 1) }, websocket.StatusPolicyViolation},
	} {
		t.Run(name, func(t *testing.T) {
			raw := s.with(t).rawSocket("", c.header)
			if got := raw.resp.Header.Get("Sec-WebSocket-Extensions"); got != "" {
				t.Errorf("the server agrees to %s", got)
			}
			wrote := make(chan error, 1)
			go func() { wrote <- c.write(raw.conn) }()
			if got := raw.closed(); got != int(c.want) {
				t.Errorf("closed with %d, want %d", got, c.want)
			}
			raw.conn.Close()
			if err := <-wrote; err == nil && strings.HasPrefix(name, "endless") {
				t.Error("the server read all of it")
			}
		})
	}
}

const deflate = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"

func flood(w io.Writer, head, piece []byte, times int) error {
	_, err := w.Write(head)
	for ; err == nil && times > 0; times-- {
		_, err = w.Write(piece)
	}
	return err
}

// fragments is a message of 1 KiB pieces that never ends.
func fragments(w io.Writer, zeros []byte) error {
	err := flood(w, frame(0x02, 1<<10), zeros[:1<<10], 1)
	for n := 0; err == nil && n < 1<<16; n++ {
		err = flood(w, frame(0x00, 1<<10), zeros[:1<<10], 1)
	}
	if err == nil {
		return nil
	}
	return errors.Join(errors.New("cut off"), err)
}
