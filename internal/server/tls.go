package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"vsay/internal/wire"
)

// lookEvery is how often the files of a certificate are looked at.
const lookEvery = time.Second

// identity is how the server shows who it is: certificates that change while it
// runs. Links that are open keep what they began with.
type identity interface {
	// get is tls.Config's GetCertificate.
	get(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// keep keeps the certificates fresh until ctx ends.
	keep(ctx context.Context)
	// names tells whether a host is one of ours.
	names(host string) bool
	// pin names the key, or is empty while there is none.
	pin() string
	// protocols are those of TLS beside HTTP.
	protocols() []string
}

func (s *Server) openIdentity() (identity, error) {
	switch c := s.cfg; {
	case len(c.ACME.Domains) > 0 && c.TLSCert+c.TLSKey != "":
		return nil, errors.New("choose one: a certificate by --acme-domain, or of your own by --tls-cert and --tls-key")
	case len(c.ACME.Domains) > 0:
		return newOrdered(c.ACME, c.DataDir, s.log)
	case c.TLSCert == "" && c.TLSKey == "":
		return nil, nil
	case c.TLSCert == "" || c.TLSKey == "":
		return nil, errors.New("TLS needs both, --tls-cert and --tls-key")
	}
	return newPair(s.cfg.TLSCert, s.cfg.TLSKey, s.log)
}

// Pin names the server's key for who wants to pin it; it is empty without TLS,
// and before a certificate that was ordered has come.
func (s *Server) Pin() string {
	if s.identity == nil {
		return ""
	}
	return s.identity.pin()
}

func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.identity.get, NextProtos: s.identity.protocols()}
}

// pair is a certificate and its key in two files, read again when these change.
type pair struct {
	cert, key string
	log       *slog.Logger
	used      atomic.Pointer[tls.Certificate]
	tried     [2]stamp // of the files, when they were read last
	seen      [2]stamp // when they were looked at last
}

// stamp tells one state of a file from another.
type stamp struct {
	changed int64 // Unix nanoseconds
	size    int64
	gone    bool
}

func newPair(cert, key string, log *slog.Logger) (*pair, error) {
	p := &pair{cert: cert, key: key, log: log}
	p.seen = p.look()
	p.tried = p.seen
	loaded, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the TLS certificate or its key cannot be used: %w", err)
	}
	p.used.Store(&loaded)
	return p, nil
}

func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.used.Load(), nil }
func (p *pair) pin() string                                        { return wire.PinOf(p.used.Load().Leaf) }

func (p *pair) names(host string) bool { return p.used.Load().Leaf.VerifyHostname(host) == nil }
func (p *pair) protocols() []string    { return nil }

func (p *pair) keep(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.refresh()
		}
	}
}

// refresh takes up files that changed and have been at rest since the last look:
// the one is written before the other. What is wrong with them is said once.
func (p *pair) refresh() {
	now := p.look()
	resting := now == p.seen
	p.seen = now
	if !resting || now == p.tried {
		return
	}
	p.tried = now
	loaded, err := tls.LoadX509KeyPair(p.cert, p.key) // which refuses the key of another certificate
	if err == nil {
		err = stillGood(loaded.Leaf)
	}
	if err != nil {
		p.log.Warn("the new TLS certificate or its key cannot be used; the old one stays", "err", err)
		return
	}
	p.used.Store(&loaded)
	p.log.Info("a new TLS certificate is in use", "until", loaded.Leaf.NotAfter.UTC(), "pin", p.pin())
}

func stillGood(leaf *x509.Certificate) error {
	if time.Now().After(leaf.NotAfter) {
		return fmt.Errorf("it expired at %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

func (p *pair) look() (now [2]stamp) {
	for i, name := range []string{p.cert, p.key} {
		info, err := os.Stat(name)
		if err != nil {
			now[i] = stamp{gone: true}
			continue
		}
		now[i] = stamp{changed: info.ModTime().UnixNano(), size: info.Size()}
	}
	return now
}
