package server

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"vsay/internal/wire"
)

// guard is what every request passes: headers of safety on whatever is
// answered, a line in the log, and no way out for a panic.
func (s *Server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if s.public != nil {
		if err := cross.AddTrustedOrigin(s.public.Scheme + "://" + s.public.Host); err != nil {
			s.log.Warn("the public URL is no origin of a browser", "err", err)
		}
	}
	for _, page := range s.pages {
		if err := cross.AddTrustedOrigin(page.Scheme + "://" + page.Host); err != nil {
			s.log.Warn("an allowed origin is none of a browser", "err", err)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Done()
		r = s.cfg.Proxies.see(r)
		rec := &recorder{ResponseWriter: w, gone: func() { s.crowd.leave(r) }}
		defer rec.gone()
		began := time.Now()
		ctx, id := withRequest(r.Context())
		r = r.WithContext(ctx)
		s.setHeaders(rec.Header(), r)
		rec.Header().Set(wire.RequestHeader, id)
		if lastAnswer(r) {
			rec.Header().Set("Connection", "close")
		}
		defer s.logRequest(rec, r, began)
		defer s.recovered(rec, r)
		if err := s.admit(cross, r); err != nil {
			s.fail(rec, r, err)
			return
		}
		next.ServeHTTP(rec, r)
	})
}

func (s *Server) setHeaders(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", noPage)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin") // no page elsewhere loads any of it, not even as an image
	if overTLS(r) || (s.public != nil && s.public.Scheme == "https") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	h.Set("Cache-Control", "no-store") // but for the files of pages, which say otherwise
}

// admit refuses what no route takes.
func (s *Server) admit(cross *http.CrossOriginProtection, r *http.Request) error {
	if o := askerOf(r); o.proxied && !s.crowd.enter(r, o.addr) {
		return later(wire.ErrSlowDown.With("too many requests at once from your address: wait a little, then try again"), time.Second)
	}
	if err := cross.Check(r); err != nil {
		return wire.ErrForbidden.With("requests from another site are not allowed")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return wire.ErrNotJSON.With("send the body as it is, without Content-Encoding")
	}
	if r.Header.Get("Upgrade") != "" && s.leaving.Load() {
		return wire.ErrUnavailable // what was sent away must not come back to a server that leaves
	}
	return nil
}

// recovered turns a panic into an answer. Only the log sees what it was.
func (s *Server) recovered(w *recorder, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.log.Error("panic", "request", requestID(r.Context()), "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	s.fail(w, r, wire.ErrInternal)
}

// logRequest writes the path and never the query, where a token may be.
func (s *Server) logRequest(w *recorder, r *http.Request, began time.Time) {
	level := slog.LevelInfo
	if w.dull || r.URL.Path == "/health" || r.URL.Path == "/ready" {
		level = slog.LevelDebug
	}
	s.log.Log(r.Context(), level, "request", "request", requestID(r.Context()), "method", r.Method, "path", r.URL.Path,
		"status", w.status, "took", time.Since(began), "ip", clientIP(r))
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int    // 0: nothing yet
	stream bool   // it is an answer that goes on
	dull   bool   // thousands of the same are expected
	gone   func() // told when it is a WebSocket
}

// Unwrap lets http.ResponseController see through.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader is http.ResponseWriter's.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Hijack is http.Hijacker's: from here on it is a WebSocket.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.status = http.StatusSwitchingProtocols
		w.gone()
	}
	return conn, rw, err
}
