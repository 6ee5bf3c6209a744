// Package certificate is how a server shows who it is: TLS certificates from files, or
// ordered from an ACME authority, that are kept fresh while it runs.
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"vsay/internal/wire"
)

// lookEvery is how often the files of a certificate are looked at.
const lookEvery = time.Second

// Config says where certificates come from: files, or an authority. The zero value
// is a server without TLS.
type Config struct {
	Cert, Key string // PEM files; both or neither
	ACME      ACME   // orders it instead
	Dir       string // for what was ordered
}

// Source has the certificates of a server, which change while it runs. Links that are
// open keep what they began with.
type Source interface {
	// Get is tls.Config's GetCertificate.
	Get(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Keep keeps the certificates fresh until ctx ends.
	Keep(ctx context.Context)
	// Has tells whether there is one for that host, or will be.
	Has(host string) bool
	// Pin names the key, or is empty while there is none.
	Pin() string
	// Protocols are those of TLS beside HTTP.
	Protocols() []string
	// OnPlain is next, on a listener of plain HTTP, where an authority may knock too. It is
	// called before Keep.
	OnPlain(next http.Handler) http.Handler
}

// Open finds the certificates, or refuses what cannot be used. Without TLS there is
// none.
func Open(c Config, log *slog.Logger) (Source, error) {
	switch {
	case len(c.ACME.Domains) > 0 && c.Cert+c.Key != "":
		return nil, errors.New("choose one: a certificate by --acme-domain, or of your own by --tls-cert and --tls-key")
	case len(c.ACME.Domains) > 0:
		return newOrdered(c.ACME, c.Dir, log)
	case c.Cert == "" && c.Key == "":
		return nil, nil
	case c.Cert == "" || c.Key == "":
		return nil, errors.New("TLS needs both, --tls-cert and --tls-key")
	}
	return newPair(c.Cert, c.Key, log)
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

// Get is Source's, as all that follows.
func (p *pair) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.used.Load(), nil }

func (p *pair) Pin() string                            { return wire.PinOf(p.used.Load().Leaf) }
func (p *pair) Has(host string) bool                   { return p.used.Load().Leaf.VerifyHostname(host) == nil }
func (p *pair) Protocols() []string                    { return nil }
func (p *pair) OnPlain(next http.Handler) http.Handler { return next }

func (p *pair) Keep(ctx context.Context) {
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
	p.log.Info("a new TLS certificate is in use", "until", loaded.Leaf.NotAfter.UTC(), "pin", p.Pin())
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
