package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// httpServer bounds what a client can make us wait for or keep. A WebSocket
// leaves these limits behind when it is upgraded, and gets its own.
func (s *Server) httpServer() *http.Server {
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       14 * time.Second, // so that after 15 s it is over
		WriteTimeout:      14 * time.Second,
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         s.crowd.count,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, brought{}, new(atomic.Int32))
		},
		Protocols: new(http.Protocols),
	}
	srv.Protocols.SetHTTP1(true) // what is long here is a WebSocket, which HTTP/2 would only multiplex once more
	if s.identity != nil {
		srv.TLSConfig = s.tlsConfig()
	}
	return srv
}

// brought is how many requests a connection has brought, in its context.
type brought struct{}

// mostAsked is how many it may bring. Whoever asks and asks, and reads no answer, is
// rid of soon; anybody else dials again.
const mostAsked = 100

// lastAnswer tells whether a connection is to be closed after the answer to r.
func lastAnswer(r *http.Request) bool {
	n, ok := r.Context().Value(brought{}).(*atomic.Int32)
	return ok && n.Add(1) >= mostAsked && r.Header.Get("Upgrade") == ""
}

// crowd counts each address's connections, WebSockets not included, and closes
// those over the limit. Loopback and the proxies are free: they come for everybody.
// Of what comes through a proxy the requests are counted instead.
type crowd struct {
	limit   int
	proxies Proxies
	mu      sync.Mutex
	open    map[netip.Addr]int
	in      map[any]netip.Addr // by net.Conn or *http.Request
}

func newCrowd(limit int, proxies ...netip.Prefix) *crowd {
	return &crowd{limit: limit, proxies: proxies, open: map[netip.Addr]int{}, in: map[any]netip.Addr{}}
}

func (c *crowd) count(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.enterConn(conn) {
			_ = conn.Close()
		}
	case http.StateHijacked, http.StateClosed:
		c.leave(conn)
	}
}

func (c *crowd) enterConn(conn net.Conn) bool {
	addr, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	ip := addr.Addr().Unmap()
	return err != nil || ip.IsLoopback() || c.proxies.has(ip) || c.enter(conn, ip)
}

func (c *crowd) enter(who any, ip netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[ip] >= c.limit {
		return false
	}
	c.open[ip]++
	c.in[who] = ip
	return true
}

func (c *crowd) leave(who any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ip, ok := c.in[who]
	if !ok {
		return
	}
	delete(c.in, who)
	if c.open[ip]--; c.open[ip] == 0 {
		delete(c.open, ip)
	}
}

// fullHouse says that no connection can be taken, once in a while: it is tried again
// many times a second.
func (s *Server) fullHouse() func(error) {
	said := rate.Sometimes{Interval: time.Minute}
	return func(err error) {
		said.Do(func() {
			s.log.Error("no more connections can be taken: let this process open more files (LimitNOFILE= of its unit, or ulimit -n)", "err", err)
		})
	}
}
