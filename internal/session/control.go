//go:build unix

package session

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"vsay/internal/wire"
)

// ask is what an agent says to a holder over its control socket.
type ask struct {
	Do string `json:"do"` // call, end, or nothing: are you there?
}

type answer struct {
	Session string `json:"session"`
}

// listen opens the control socket, private from birth: its folder is 0700.
func listen(path string) (net.Listener, error) {
	if len(path) > 103 {
		return nil, fmt.Errorf("the path %s is too long for a socket: choose a shorter --state-dir", path)
	}
	sock, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return sock, os.Chmod(path, 0o600)
}

func (h *holder) answer(sock net.Listener) {
	for {
		conn, err := sock.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			var q ask
			if wire.DecodeFrom(io.LimitReader(conn, 4<<10), &q) != nil {
				return
			}
			switch q.Do {
			case "call":
				nudge(h.call)
			case "end":
				h.endSession()
			}
			_, _ = conn.Write(wire.Encode(answer{Session: h.conf.Session}))
		}()
	}
}

// Find asks the holder behind a control socket who it is. wire.ErrGone: there
// is no holder any more.
func Find(socket string) (session string, err error) { return tell(socket, "") }

// Redial has the holder dial the server.
func Redial(socket string) error { _, err := tell(socket, "call"); return err }

// End has the holder end its session.
func End(socket string) error { _, err := tell(socket, "end"); return err }

func tell(socket, what string) (session string, err error) {
	conn, err := net.DialTimeout("unix", socket, 5*time.Second)
	if err != nil {
		return "", errors.Join(wire.ErrGone, err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write(wire.Encode(ask{Do: what})); err != nil {
		return "", err
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		return "", err
	}
	var a answer
	err = wire.DecodeFrom(io.LimitReader(conn, 4<<10), &a)
	return a.Session, err
}
