package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"vsay/internal/wire"
)

func TestWhoAsksThroughProxies(t *testing.T) {
	proxies, err := ParseProxies([]string{"10.0.0.0/8", " 127.0.0.1 ", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, peer string
		headers    []string
		ip, host   string
		tls        bool
	}{
		{"nobody between", "192.0.2.7:1", nil, "192.0.2.7", "vsay.test", false},
		{"a stranger's word", "192.0.2.7:1", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"}, "192.0.2.7", "vsay.test", false},
		{"a proxy", "10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: other.test:8443"}, "198.51.100.1", "other.test:8443", true},
		{"a client that wrote one in front", "10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.66, 198.51.100.1"}, "198.51.100.1", "vsay.test", false},
		{"two proxies", "10.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.66, 198.51.100.1, 10.9.9.9"}, "198.51.100.1", "vsay.test", false},
		{"in two headers", "127.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 10.9.9.9"}, "198.51.100.1", "vsay.test", false},
		{"with ports", "10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1:4711"}, "198.51.100.1", "vsay.test", false},
		{"IPv6", "[2001:db8::1]:1", []string{"X-Forwarded-For: [2a00::1]:4711"}, "2a00::1", "vsay.test", false},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"X-Forwarded-For: ::ffff:198.51.100.1"}, "198.51.100.1", "vsay.test", false},
		{"nonsense behind a hop", "10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1, unknown, 10.9.9.9"}, "10.9.9.9", "vsay.test", false},
		{"nothing but proxies", "10.0.0.1:1", []string{"X-Forwarded-For: 10.1.1.1"}, "10.1.1.1", "vsay.test", false},
		{"a host that is none", "10.0.0.1:1", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Host: a/b"}, "198.51.100.1", "vsay.test", false},
		{"Forwarded", "10.0.0.1:1", []string{"Forwarded: for=198.51.100.1;proto=https;host=evil.example"}, "10.0.0.1", "vsay.test", false},
		{"the proxy's word on TLS alone", "10.0.0.1:1", []string{"X-Forwarded-Proto: https"}, "10.0.0.1", "vsay.test", true},
		{"no address at all", "@", []string{"X-Forwarded-For: 198.51.100.1"}, "@", "vsay.test", false},
	} {
		r := httptest.NewRequest("GET", "http://vsay.test/", nil)
		r.RemoteAddr = c.peer
		for _, h := range c.headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Add(name, value)
		}
		r = proxies.see(r)
		if clientIP(r) != c.ip || r.Host != c.host || overTLS(r) != c.tls {
			t.Errorf("%s: %s, %s, TLS %v; want %s, %s, TLS %v", c.name, clientIP(r), r.Host, overTLS(r), c.ip, c.host, c.tls)
		}
	}
	for _, bad := range []string{"", "10.0.0.0/33", "proxy.test", "10.0.0.1:80"} {
		if _, err := ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q was taken for a network", bad)
		}
	}
}

func believeLoopback(c *Config) { c.Proxies = Proxies{netip.MustParsePrefix("127.0.0.0/8")} }

// What is counted for an address is counted for the client's, not the proxy's.
func TestLimitsBehindAProxy(t *testing.T) {
	w := newWorld(t, believeLoopback, func(c *Config) { c.Limits.FailuresPerIP, c.Limits.ConnsPerIP = 3, 1 })
	from := func(ip string, wrong string) reply {
		return w.do("POST", "/api/login", wire.Login{Email: wrong + "@example.com", Password: "wrong password"}, "X-Forwarded-For: "+ip)
	}
	for _, name := range []string{"a", "b", "c"} {
		from("198.51.100.1", name).refused(t, wire.ErrUnauthed)
	}
	from("198.51.100.1", "d").refused(t, wire.ErrSlowDown)
	from("203.0.113.66, 198.51.100.1", "e").refused(t, wire.ErrSlowDown)
	from("198.51.100.2", "f").refused(t, wire.ErrUnauthed)
	if !strings.Contains(w.log.String(), `"ip":"198.51.100.2"`) || strings.Contains(w.log.String(), "203.0.113.66") {
		t.Error("the log has not the client's address")
	}

	w.s.crowd.enter(t, netip.MustParseAddr("198.51.100.3")) // a request of theirs that takes its time
	w.do("GET", "/health", nil, "X-Forwarded-For: 198.51.100.3").refused(t, wire.ErrSlowDown)
	for range 3 { // each leaves again
		if r := w.do("GET", "/health", nil, "X-Forwarded-For: 198.51.100.4"); r.status != http.StatusOK {
			t.Errorf("somebody else: %d %s", r.status, r.body)
		}
	}
	w.s.crowd.leave(t)
	if r := w.do("GET", "/health", nil, "X-Forwarded-For: 198.51.100.3"); r.status != http.StatusOK {
		t.Errorf("after it: %d %s", r.status, r.body)
	}
}

// Without a trusted proxy the same headers change nothing.
func TestForwardedByStrangers(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.FailuresPerIP = 3 })
	for i, ip := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"} {
		r := w.do("POST", "/api/login", wire.Login{Email: string(rune('a'+i)) + "@example.com", Password: "wrong password"}, "X-Forwarded-For: "+ip)
		want := wire.ErrUnauthed
		if i == 3 {
			want = wire.ErrSlowDown
		}
		r.refused(t, want)
	}
	if r := w.do("GET", "/health", nil, "X-Forwarded-Proto: https"); r.header.Get("Strict-Transport-Security") != "" {
		t.Error("a stranger's word on TLS was believed")
	}
}

func TestOriginBehindAProxy(t *testing.T) {
	w := newWorld(t, believeLoopback)
	proxied := []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: vsay.test"}
	r := w.do("GET", "/health", nil, proxied...)
	if r.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS although the proxy speaks TLS")
	}
	ann := w.account("ann")
	for origin, want := range map[string]int{
		"https://vsay.test": http.StatusNotFound, "http://vsay.test": http.StatusForbidden,
		"https://evil.example": http.StatusForbidden, w.url: http.StatusForbidden,
	} {
		if r := w.do("GET", "/api/terminal/x/ws?token="+ann.token, nil, append(proxied, "Origin: "+origin)...); r.status != want {
			t.Errorf("a page of %s: %d, want %d", origin, r.status, want)
		}
	}
}
