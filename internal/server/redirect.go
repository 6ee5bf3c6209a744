package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vsay/internal/wire"
)

// RedirectFrom has Run serve plain HTTP on ln as well, for nothing but to send
// people to https and to answer an ACME authority. It is for a server with TLS, and
// called before Run.
func (s *Server) RedirectFrom(ln net.Listener) {
	s.redirects, s.onPlain = ln, s.cert.OnPlain(http.HandlerFunc(s.toHTTPS))
}

func (s *Server) redirect(ctx context.Context) {
	srv := &http.Server{
		Handler: s.onPlain, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second,
		IdleTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10, ConnState: newCrowd(s.cfg.Limits.ConnsPerIP).count,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(s.redirects); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("nobody is sent from plain HTTP to https any more", "err", err)
	}
}

// toHTTPS sends people to the same page. Programs that say a token in the clear are
// not sent anywhere, or they would do so for ever; and nobody to another's name.
func (s *Server) toHTTPS(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", noPage)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	host := (&url.URL{Host: r.Host}).Hostname()
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/") || r.URL.RawQuery != "" || r.Method != http.MethodGet && r.Method != http.MethodHead:
		s.fail(w, r, wire.ErrBadRequest.With("this address speaks plain HTTP and takes nothing: use https://"))
	case !s.cert.Has(host):
		s.fail(w, r, wire.ErrNotFound)
	default:
		http.Redirect(w, r, "https://"+s.httpsHost(host)+r.URL.EscapedPath(), http.StatusPermanentRedirect) //nolint:gosec // the host is one of our own names
	}
}

// httpsHost is where TLS is spoken: at the public URL's port, if it has one.
func (s *Server) httpsHost(host string) string {
	if s.public != nil && s.public.Port() != "" && s.public.Port() != "443" {
		return net.JoinHostPort(host, s.public.Port())
	}
	return host
}
