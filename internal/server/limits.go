package server

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// httpServer bounds what a client can make us wait for or keep. A WebSocket
// leaves these limits behind when it is upgraded, and gets its own.
func (s *Server) httpServer() *http.Server {
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         newCrowd(s.cfg.Limits.ConnsPerIP).count,
		Protocols:         new(http.Protocols),
	}
	srv.Protocols.SetHTTP1(true) // what is long here is a WebSocket, which HTTP/2 would only multiplex once more
	if s.cert != nil {
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*s.cert}}
	}
	return srv
}

// crowd counts each address's connections, WebSockets not included, and closes
// those over the limit. Loopback is free: a proxy would come from there, for
// everybody.
type crowd struct {
	limit int
	mu    sync.Mutex
	open  map[netip.Addr]int
	in    map[net.Conn]netip.Addr
}

func newCrowd(limit int) *crowd {
	return &crowd{limit: limit, open: map[netip.Addr]int{}, in: map[net.Conn]netip.Addr{}}
}

func (c *crowd) count(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.enter(conn) {
			_ = conn.Close()
		}
	case http.StateHijacked, http.StateClosed:
		c.leave(conn)
	}
}

func (c *crowd) enter(conn net.Conn) bool {
	addr, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	ip := addr.Addr().Unmap()
	if err != nil || ip.IsLoopback() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[ip] >= c.limit {
		return false
	}
	c.open[ip]++
	c.in[conn] = ip
	return true
}

func (c *crowd) leave(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ip, ok := c.in[conn]
	if !ok {
		return
	}
	delete(c.in, conn)
	if c.open[ip]--; c.open[ip] == 0 {
		delete(c.open, ip)
	}
}
