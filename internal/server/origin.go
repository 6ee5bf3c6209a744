package server

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"vsay/internal/wire"
)

// checkOrigin refuses the upgrade of a page from elsewhere. A request without
// an Origin comes from no browser; its token is then not sent by accident.
func (s *Server) checkOrigin(r *http.Request) error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	origin, err := url.Parse(origins[0])
	if err != nil || len(origins) > 1 || origin.Host == "" || origin.User != nil || origin.Path != "" || origin.RawQuery != "" {
		return errOrigin
	}
	if sameOrigin(origin, ownOrigin(r)) || (s.public != nil && sameOrigin(origin, s.public)) {
		return nil
	}
	return errOrigin
}

var errOrigin = wire.ErrForbidden.With("a page of another site may not open this")

func ownOrigin(r *http.Request) *url.URL {
	u := &url.URL{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u
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
