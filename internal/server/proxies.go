package server

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Proxies are the networks whose word is believed on who asks, and how: they end
// TLS for us, and everybody's requests come from there.
type Proxies []netip.Prefix

// ParseProxies reads networks (10.0.0.0/8, ::1/128) and single addresses.
func ParseProxies(list []string) (Proxies, error) {
	var all Proxies
	for _, s := range list {
		s = strings.TrimSpace(s)
		p, err := netip.ParsePrefix(s)
		if addr, bad := netip.ParseAddr(s); bad == nil {
			addr = addr.Unmap()
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no network: write it as 10.0.0.0/8 or 127.0.0.1", s)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func (p Proxies) has(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// asker is where a request comes from, past the proxies that are trusted.
type asker struct {
	addr    netip.Addr // invalid when the connection has none
	tls     bool       // between the client and the first of them that it spoke to
	proxied bool
}

type askerKey struct{}

func askerOf(r *http.Request) asker {
	o, ok := r.Context().Value(askerKey{}).(asker)
	if ok {
		return o
	}
	return direct(r)
}

// direct is what the connection itself says.
func direct(r *http.Request) asker {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return asker{tls: r.TLS != nil}
	}
	return asker{addr: addr.Addr().Unmap().WithZone(""), tls: r.TLS != nil}
}

// clientIP is the address a request came from.
func clientIP(r *http.Request) string {
	if o := askerOf(r); o.addr.IsValid() {
		return o.addr.String()
	}
	return r.RemoteAddr
}

func overTLS(r *http.Request) bool { return askerOf(r).tls }

// see finds out where a request comes from, for all who ask later. What X-Forwarded-…
// says counts only from a trusted proxy; Forwarded is never read, since a proxy
// that does not know it would pass on what a client wrote.
func (p Proxies) see(r *http.Request) *http.Request {
	o := direct(r)
	if !o.addr.IsValid() || !p.has(o.addr) {
		return r
	}
	if hops := fields(r, "X-Forwarded-For"); len(hops) > 0 { // else it is the proxy's own, as its health check
		o.proxied, o.addr = true, p.client(o.addr, hops)
	}
	if scheme := last(fields(r, "X-Forwarded-Proto")); scheme != "" {
		o.tls = strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "wss")
	}
	r = r.WithContext(context.WithValue(r.Context(), askerKey{}, o))
	if host := last(fields(r, "X-Forwarded-Host")); isHost(host) {
		r.Host = host
	}
	return r
}

// client goes back from hop to hop as long as they are ours. What was written in
// front of the first that is not may be anybody's invention.
func (p Proxies) client(peer netip.Addr, hops []string) netip.Addr {
	for i := len(hops) - 1; i >= 0 && p.has(peer); i-- {
		addr, ok := parseHop(hops[i])
		if !ok {
			break
		}
		peer = addr
	}
	return peer
}

// parseHop reads an address, which some proxies write with a port.
func parseHop(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return addr.Unmap().WithZone(""), err == nil
}

// fields are the parts of a header that may be there more than once.
func fields(r *http.Request, name string) (all []string) {
	for _, line := range r.Header.Values(name) {
		for f := range strings.SplitSeq(line, ",") {
			all = append(all, strings.TrimSpace(f))
		}
	}
	return all
}

// last is the word of the nearest proxy.
func last(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

func isHost(s string) bool {
	u, err := url.Parse("//" + s)
	return err == nil && s != "" && u.Host == s && u.Hostname() != ""
}
