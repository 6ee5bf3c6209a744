package wire

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/coder/websocket"
)

// WantsFrames tells whether a handshake asks for the given subprotocol.
func WantsFrames(r *http.Request, protocol string) bool {
	for _, h := range r.Header.Values("Sec-WebSocket-Protocol") {
		if slices.ContainsFunc(strings.Split(h, ","), func(p string) bool { return strings.TrimSpace(p) == protocol }) {
			return true
		}
	}
	return false
}

// Tickets are what a handshake offers as subprotocols in front of which
// TicketPrefix stands: the one thing that a page can say of a WebSocket.
func Tickets(r *http.Request) (all []string) {
	for _, h := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(h, ",") {
			if ticket, ok := strings.CutPrefix(strings.TrimSpace(p), TicketPrefix); ok {
				all = append(all, ticket)
			}
		}
	}
	return all
}

// Accept upgrades a request to a link that speaks protocol. Who asks, and from
// which Origin, was checked before.
func Accept(w http.ResponseWriter, r *http.Request, protocol string) (*Conn, error) {
	h := &hijacked{ResponseWriter: w}
	ws, err := upgrade(h, r, protocol)
	if err != nil {
		return nil, err
	}
	c := NewConn(ws)
	c.low = socketOf(h.conn)
	return c, nil
}

// AcceptPlain upgrades a request to a terminal of bare bytes.
func AcceptPlain(w http.ResponseWriter, r *http.Request) (Plain, error) {
	h := &hijacked{ResponseWriter: w}
	ws, err := upgrade(h, r, PlainProtocol) // a browser that offers some wants one of them back
	if err != nil {
		return Plain{}, err
	}
	c := NewConn(ws)
	c.low, c.plain = socketOf(h.conn), true
	ws.SetReadLimit(MaxPlain)
	return Plain{c}, nil
}

func upgrade(w http.ResponseWriter, r *http.Request, protocols ...string) (*websocket.Conn, error) {
	return websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       protocols,
		InsecureSkipVerify: true, // the server's own check is stricter and came before
		CompressionMode:    websocket.CompressionDisabled,
	})
}

// hijacked remembers the connection below a WebSocket.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, rw, err
}
