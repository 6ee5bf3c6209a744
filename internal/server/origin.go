package server

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vsay/internal/wire"
)

// checkOrigin refuses the upgrade of a page from elsewhere. A request without
// an Origin comes from no browser; its token is then not sent by accident.
func (s *Server) checkOrigin(r *http.Request) error {
	if len(r.Header.Values("Origin")) == 0 {
		return nil
	}
	origin, ok := theOrigin(r)
	if !ok {
		return errOrigin
	}
	if sameOrigin(origin, s.ownOrigin(r)) || slices.ContainsFunc(s.pages, func(page *url.URL) bool { return sameOrigin(origin, page) }) {
		return nil
	}
	return errOrigin
}

// isOwnOrigin tells whether a page of this server asks, and no other.
func (s *Server) isOwnOrigin(r *http.Request) bool {
	origin, ok := theOrigin(r)
	return ok && sameOrigin(origin, s.ownOrigin(r))
}

// theOrigin is that of the page that asks, if one does and it makes sense.
func theOrigin(r *http.Request) (origin *url.URL, ok bool) {
	origins := r.Header.Values("Origin")
	if len(origins) != 1 {
		return nil, false
	}
	origin, err := url.Parse(origins[0])
	ok = err == nil && origin.Host != "" && origin.User == nil && origin.Path == "" && origin.RawQuery == ""
	return origin, ok
}

var errOrigin = wire.ErrForbidden.With("a page of another site may not open this")

// ownOrigin is that of this server's own pages. Where the server was told its
// address, only that counts (beside loopback): what the request says of the host
// is less than that, and says nothing of the scheme behind a proxy.
func (s *Server) ownOrigin(r *http.Request) *url.URL {
	if s.public != nil && !isLoopback(r.Host) {
		return s.public
	}
	u := &url.URL{Scheme: "http", Host: r.Host}
	if overTLS(r) {
		u.Scheme = "https"
	}
	return u
}

// parseOrigins reads a list of origins, as browsers write them.
func parseOrigins(list []string) (origins []*url.URL, err error) {
	for _, text := range list {
		u, err := url.Parse(text)
		bad := err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.Contains(u.Host, "*")
		if bad || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("%q is no origin: write it as https://shell.example.com, with its port if it has one and nothing behind", text)
		}
		origins = append(origins, u)
	}
	return origins, nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(hostPort(a), hostPort(b))
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
