package cli

import (
	"context"
	"net"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"

	"vsay/internal/certificate"
	"vsay/internal/server"
)

// serveTLS are the settings of who the server is, and whom it believes.
type serveTLS struct {
	TLSCert        string   `mapstructure:"tls-cert"`
	TLSKey         string   `mapstructure:"tls-key"`
	ACMEDomains    []string `mapstructure:"acme-domain"`
	ACMEDirectory  string   `mapstructure:"acme-directory"`
	ACMEEmail      string   `mapstructure:"acme-email"`
	HTTPListen     string   `mapstructure:"http-listen"`
	TrustedProxies []string `mapstructure:"trusted-proxies"`
}

func serveTLSFlags(f *pflag.FlagSet) {
	f.String("tls-cert", "", "the certificate chain, a PEM `file`; it is read again when it changes")
	f.String("tls-key", "", "its key, a PEM `file`")
	f.StringSlice("acme-domain", nil, "get certificates for this `name` from an ACME authority, whose terms you accept by that")
	f.String("acme-directory", "", "the `URL` of that authority (default Let's Encrypt)")
	f.String("acme-email", "", "the `address` that it may write to")
	f.String("http-listen", "", "an `address` of plain HTTP as well, which only sends people to https")
	f.StringSlice("trusted-proxies", nil, "`networks` of proxies whose X-Forwarded-For, -Proto and -Host are believed")
}

func (o serveTLS) has() bool { return o.TLSCert != "" || len(o.ACMEDomains) > 0 }

func (o serveTLS) certificate() certificate.Config {
	return certificate.Config{
		Cert: o.TLSCert, Key: o.TLSKey,
		ACME: certificate.ACME{Domains: o.ACMEDomains, Directory: o.ACMEDirectory, Email: o.ACMEEmail},
	}
}

func (o serveTLS) check(listen string, insecure bool) error {
	switch {
	case (o.TLSCert == "") != (o.TLSKey == ""):
		return usage("--tls-cert and --tls-key go together: give both, or none")
	case o.TLSCert != "" && len(o.ACMEDomains) > 0:
		return usage("--acme-domain gets a certificate, --tls-cert brings one: choose one of them")
	case len(o.ACMEDomains) == 0 && (o.ACMEDirectory != "" || o.ACMEEmail != ""):
		return usage("--acme-directory and --acme-email want an --acme-domain")
	case o.HTTPListen != "" && !o.has():
		return usage("--http-listen sends people to https: give --acme-domain, or --tls-cert and --tls-key")
	case !o.has() && !insecure && !onLoopback(listen):
		return usage("%s can be reached from other machines, and without TLS passwords and shells would cross the network in the clear: give --acme-domain, or --tls-cert and --tls-key, or --insecure-http when something in front speaks TLS", listen)
	}
	return nil
}

// onLoopback tells whether only this machine can reach an address.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// redirects opens the listener of plain HTTP, where one is wanted.
func (o serveTLS) redirects(ctx context.Context, s *server.Server) error {
	if o.HTTPListen == "" {
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.HTTPListen)
	if err != nil {
		return failed("cannot listen on %s: %s", o.HTTPListen, err)
	}
	s.RedirectFrom(ln)
	return nil
}
