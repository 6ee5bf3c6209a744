//go:build unix

package session

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"vsay/internal/wire"
)

// ask is what an agent says to a holder over its control socket.
type ask struct {
	Do string `json:"do"` // call, end, look, or nothing: are you there?
}

type answer struct {
	Session string      `json:"session"`
	State   *wire.State `json:"state,omitzero"` // to look
}

// Times on a control socket.
const (
	tellWithin = 5 * time.Second
	endWithin  = 3 * time.Second        // or the holder is stuck: whoever ends it waits for ten
	lookWithin = 500 * time.Millisecond // someone waits for a list that this is a line of
)

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
			_ = conn.SetDeadline(time.Now().Add(tellWithin))
			var q ask
			if wire.DecodeFrom(io.LimitReader(conn, 4<<10), &q) != nil {
				return
			}
			a := answer{Session: h.conf.Session}
			switch q.Do {
			case "call":
				nudge(h.call)
			case "end":
				h.endSession()
			case "look":
				a.State = h.look()
			}
			_, _ = conn.Write(wire.Encode(a))
		}()
	}
}

// Find asks the holder behind a control socket who it is. wire.ErrGone: there
// is no holder any more.
func Find(socket string) (session string, err error) {
	a, err := tell(socket, "", tellWithin)
	return a.Session, err
}

// Redial has the holder dial the server.
func Redial(socket string) error { _, err := tell(socket, "call", tellWithin); return err }

// End has the holder end its session.
// wire.ErrUnavailable: it does not answer, and may be killed.
func End(socket string) error { _, err := tell(socket, "end", endWithin); return err }

// Look asks the holder how its session is, and waits half a second at most. nil
// without an error: it is too old to say.
func Look(socket string) (*wire.State, error) {
	a, err := tell(socket, "look", lookWithin)
	return a.State, err
}

func tell(socket, what string, within time.Duration) (a answer, err error) {
	deadline := time.Now().Add(within)
	conn, err := net.DialTimeout("unix", socket, within)
	if err != nil {
		return a, unanswered(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(deadline)
	if _, err := conn.Write(wire.Encode(ask{Do: what})); err != nil {
		return a, errors.Join(errStuck, err)
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		return a, errors.Join(errStuck, err)
	}
	said, err := io.ReadAll(io.LimitReader(conn, 4<<10))
	if err != nil || len(said) == 0 {
		return a, errors.Join(errStuck, err)
	}
	return a, wire.Decode(said, &a)
}

var errStuck = wire.ErrUnavailable.With("the session does not answer: end it with vsay kill")

// unanswered is what it means that a control socket cannot be reached: nobody has it,
// or whoever has it is stuck.
func unanswered(err error) error {
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.Join(errStuck, err)
	}
	return errors.Join(wire.ErrGone, err)
}
