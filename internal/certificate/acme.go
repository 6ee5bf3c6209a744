package certificate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"vsay/internal/wire"
)

// ACME says how certificates are ordered. Without domains they are not.
type ACME struct {
	Domains   []string
	Directory string // URL; empty: Let's Encrypt
	Email     string // for the authority's warnings; may be empty
}

// Times of an order that fails: an authority counts failures, and five in an hour
// are too many for the best known one.
const (
	firstRetry = 65 * time.Second // the manager gives the same answer for a minute
	lastRetry  = time.Hour
	checkEvery = time.Hour // what was ordered, for its end
	endsSoon   = 10 * 24 * time.Hour
)

// ordered are certificates from an ACME authority, which knocks at our TLS port
// (TLS-ALPN-01), or at the plain one (HTTP-01) when there is such a listener.
// Keys and certificates lie in a folder of their own.
type ordered struct {
	manager *autocert.Manager
	domains []string
	log     *slog.Logger

	mu    sync.Mutex
	ready map[string]*tls.Certificate // by domain: only these are handed out
}

func newOrdered(c ACME, dir string, log *slog.Logger) (*ordered, error) {
	o := &ordered{log: log, ready: map[string]*tls.Certificate{}}
	for _, d := range c.Domains {
		d = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(d), "."))
		if err := checkDomain(d); err != nil {
			return nil, err
		}
		o.domains = append(o.domains, d)
	}
	client := &acme.Client{DirectoryURL: c.Directory, HTTPClient: &http.Client{Timeout: 30 * time.Second}, UserAgent: "vsay"}
	if c.Directory == "" {
		client.DirectoryURL = acme.LetsEncryptURL
	} else if u, err := url.Parse(c.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no ACME directory: write its https:// URL", c.Directory)
	}
	o.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(dir), // which makes it, 0700, its files 0600
		HostPolicy: autocert.HostWhitelist(o.domains...),
		Client:     client, Email: c.Email,
	}
	return o, nil
}

// checkDomain refuses what no authority gives a certificate for in this way.
func checkDomain(d string) error {
	odd := strings.ContainsFunc(d, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
	if odd || !strings.Contains(d, ".") || isAddress(d) {
		return fmt.Errorf("%q is no domain to order a certificate for: write one full name in ASCII, as vsay.example.com", d)
	}
	return nil
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// Protocols is Source's, as all that follows.
func (o *ordered) Protocols() []string { return []string{acme.ALPNProto} }

func (o *ordered) Has(host string) bool { return slices.Contains(o.domains, strings.ToLower(host)) }

// OnPlain has the authority's questions answered. Before it was called the manager
// does not ask for HTTP-01.
func (o *ordered) OnPlain(next http.Handler) http.Handler {
	h := o.manager.HTTPHandler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = (&url.URL{Host: r.Host}).Hostname() // the manager knows names without a port only
		h.ServeHTTP(w, r)
	})
}

func (o *ordered) Pin() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if cert := o.ready[o.domains[0]]; cert != nil {
		return wire.PinOf(cert.Leaf)
	}
	return ""
}

var errNoCertificate = errors.New("certificate: none for that name")

// Get answers the authority's knock, and hands out what has come. A stranger's
// handshake never orders: failed orders are counted against us.
func (o *ordered) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return o.manager.GetCertificate(hello)
	}
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	o.mu.Lock()
	ready := o.ready[name] != nil
	o.mu.Unlock()
	if !ready {
		return nil, errNoCertificate
	}
	return o.obtain(name)
}

// obtain has the manager look it up, or order it. It is always the one for
// elliptic curves, which everybody can use: one domain, one key, one pin.
func (o *ordered) obtain(domain string) (*tls.Certificate, error) {
	return o.manager.GetCertificate(&tls.ClientHelloInfo{
		ServerName: domain, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256},
	})
}

// Keep orders what is missing. An order in flight cannot be called back and takes
// minutes, so nobody waits for it.
func (o *ordered) Keep(ctx context.Context) {
	for _, d := range o.domains {
		go o.keepOne(ctx, d)
	}
	<-ctx.Done()
}

func (o *ordered) keepOne(ctx context.Context, domain string) {
	pause := firstRetry
	for ctx.Err() == nil {
		next := checkEvery
		if err := o.order(domain); err != nil {
			o.log.Warn("no TLS certificate could be ordered", "domain", domain, "err", err, "retry_in", pause)
			next, pause = pause, min(2*pause, lastRetry)
		}
		select {
		case <-ctx.Done():
		case <-time.After(next):
		}
	}
}

// order sees to it that a domain has a certificate. Renewing is the manager's own
// business; its failing is noticed here, before anybody is locked out.
func (o *ordered) order(domain string) error {
	cert, err := o.obtain(domain)
	if err != nil {
		return err
	}
	o.mu.Lock()
	before := o.ready[domain]
	o.ready[domain] = cert
	o.mu.Unlock()
	if before == nil || !before.Leaf.Equal(cert.Leaf) {
		o.log.Info("a TLS certificate is in use", "domain", domain, "until", cert.Leaf.NotAfter.UTC(), "pin", wire.PinOf(cert.Leaf))
	}
	life := cert.Leaf.NotAfter.Sub(cert.Leaf.NotBefore)
	if left := time.Until(cert.Leaf.NotAfter); left < min(endsSoon, life/5) {
		o.log.Warn("the TLS certificate was not renewed and ends soon: can the authority reach this server?", "domain", domain, "until", cert.Leaf.NotAfter.UTC())
	}
	return nil
}
