package server

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
)

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
