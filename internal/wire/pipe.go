package wire

import (
	"bufio"
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// Pipe is a link without a network: two ends in memory, for tests. It works in
// a testing/synctest bubble, where a real socket would not.
func Pipe() (near, far *Conn) { return pipe(net.Pipe()) }

// pipe makes a link of the two ends of a connection; a dials.
func pipe(a, b net.Conn) (near, far *Conn) {
	accepted := make(chan *Conn, 1)
	rt := roundTripper(func(r *http.Request) (*http.Response, error) {
		w := &pipeWriter{conn: b, header: http.Header{}, status: make(chan int, 1)}
		go func() {
			ws, err := upgrade(w, r, ViewerProtocol)
			if err != nil {
				panic(err) // both ends are ours
			}
			accepted <- NewConn(ws)
		}()
		return &http.Response{StatusCode: <-w.status, Header: w.header, Body: pipeBody{a}, Request: r}, nil
	})
	ws, _, err := websocket.Dial(context.Background(), "ws://pipe", &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: rt},
		Subprotocols: []string{ViewerProtocol},
	})
	if err != nil {
		panic(err)
	}
	return NewConn(ws), <-accepted
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type pipeBody struct{ net.Conn }

// pipeWriter is a ResponseWriter that can only be hijacked.
type pipeWriter struct {
	conn   net.Conn
	header http.Header
	status chan int
}

func (w *pipeWriter) Header() http.Header         { return w.header }
func (w *pipeWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *pipeWriter) WriteHeader(status int)      { w.status <- status }
func (w *pipeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}
