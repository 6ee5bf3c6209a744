package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
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
		Protocols:                    new(http.Protocols),
		DisableGeneralOptionsHandler: true, // it would answer without our headers
	}
	srv.Protocols.SetHTTP1(true) // what is long here is a WebSocket, which HTTP/2 would only multiplex once more
	if s.cert != nil {
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.cert.Get, NextProtos: s.cert.Protocols()}
	}
	return srv
}

// Pin names the server's key for who wants to pin it; it is empty without TLS,
// and before a certificate that was ordered has come.
func (s *Server) Pin() string {
	if s.cert == nil {
		return ""
	}
	return s.cert.Pin()
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
