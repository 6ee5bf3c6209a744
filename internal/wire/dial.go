package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Endpoint is a server as a client, an agent or a holder reaches it.
type Endpoint struct {
	URL       *url.URL // scheme and host, perhaps a path in front of /api
	Client    *http.Client
	UserAgent string // who asks, in the words of HTTP; empty: Go

	trust     Trust
	transport *http.Transport
	root      atomic.Pointer[[]byte] // of the last link's certificates, once it was checked
	pin       atomic.Pointer[string] // of the key that was seen last
	pins      atomic.Pointer[[]string]
}

// ParseHost reads what a user calls HOST. Without a scheme it is https, but
// for localhost and 127.0.0.0/8, which are http. Plain http to any other host
// is refused unless insecure: a password or token would go over it.
func ParseHost(host string, insecure bool) (*url.URL, error) {
	bad := ErrBadRequest.With("%q is no host: write it as example.com or https://example.com:8443", host)
	bad.Exit = ExitUsage
	s := strings.TrimSpace(host)
	if !strings.Contains(s, "://") {
		s = "https://" + s
		if u, err := url.Parse(s); err == nil && loopback(u.Hostname()) {
			u.Scheme = "http"
			s = u.String()
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, bad
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, bad
	}
	if u.Scheme == "http" && !insecure && !loopback(u.Hostname()) {
		refused := ErrForbidden.With("%s would be reached over plain HTTP, where anyone on the way reads the password or token: use https://, or --insecure-http if you must", u.Host)
		refused.Exit = ExitUsage
		return nil, refused
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// NewEndpoint prepares to speak to a server. Every step of a dial has its time;
// redirects are never followed, since a token would travel with them.
func NewEndpoint(u *url.URL, trust Trust) (*Endpoint, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12, DynamicRecordSizingDisabled: true}
	var err error
	if conf.RootCAs, err = trust.first(); err != nil {
		return nil, err
	}
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   dialer.Timeout,
		ResponseHeaderTimeout: 30 * time.Second,
		TLSClientConfig:       conf,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       60 * time.Second,
	}
	e := &Endpoint{URL: u, Client: &http.Client{Transport: t, CheckRedirect: stay}, trust: trust, transport: t}
	conf.VerifyConnection = e.checkKey
	return e, e.Expect(trust.Pins)
}

var dialer = net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Knock asks whether a server is there that may be told a secret: it is the one
// that was meant, and sends nobody elsewhere.
func (e *Endpoint) Knock(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL.String()+"/health", nil)
	if err != nil {
		return err
	}
	resp, err := e.Client.Do(req)
	if err != nil {
		return Unreachable(e.URL.Host, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return ErrUnreachable.With("%s does not answer as a vsay server: %s", e.URL.Host, AsError(Refused(resp)).Message)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10))
	return nil
}

// Dial opens a link to path (with its query) of the server. A refusal comes
// back as the *Error it was on the server.
func (e *Endpoint) Dial(ctx context.Context, path, protocol string, header http.Header) (*Conn, error) {
	if e.UserAgent != "" {
		header = header.Clone()
		header.Set("User-Agent", e.UserAgent)
	}
	conn, err := e.dial(ctx, path, protocol, header)
	if unknownAuthority(err) && e.widen() {
		return e.dial(ctx, path, protocol, header)
	}
	return conn, err
}

func (e *Endpoint) dial(ctx context.Context, path, protocol string, header http.Header) (*Conn, error) {
	var high *batch
	var low *socket
	t := e.batching(&high, &low)
	ws, resp, err := websocket.Dial(ctx, e.URL.String()+path, &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: t, CheckRedirect: stay},
		HTTPHeader:   header,
		Subprotocols: []string{protocol},
	})
	if err != nil {
		defer t.CloseIdleConnections()
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return nil, Refused(resp)
		}
		return nil, Unreachable(e.URL.Host, err)
	}
	if ws.Subprotocol() != protocol {
		ws.CloseNow()
		return nil, ErrProtocol.With("%s does not speak %s: is it a vsay server of this version?", e.URL.Host, protocol)
	}
	c := NewConn(ws)
	c.high, c.low = high, low
	return c, nil
}

// batching is the endpoint's transport for one link, which goes through *high
// and *low. Over plain HTTP, or a proxy's tunnel, there is no *high.
func (e *Endpoint) batching(high **batch, low **socket) *http.Transport {
	t := e.transport.Clone()
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		*low = newSocket(conn)
		return *low, nil
	}
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*dialer.Timeout)
		defer cancel()
		conn, err := t.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		conf := e.transport.TLSClientConfig.Clone()
		conf.ServerName, _, _ = net.SplitHostPort(addr)
		secure := tls.Client(conn, conf)
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		e.noteRoot(secure.ConnectionState())
		*high = &batch{Conn: secure} // above TLS, where it makes one record of many
		return *high, nil
	}
	return t
}

// Refused is the *Error in an HTTP answer that is no success; RetryAfter knows what
// it said beside it.
func Refused(resp *http.Response) error {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	var body ErrorBody
	if Decode(b, &body) != nil || body.Error == "" {
		body.Error = "the server answered " + resp.Status
		switch {
		case resp.StatusCode/100 == 3:
			body.Error = "the server sends us elsewhere; give the address it really has"
		case resp.StatusCode == http.StatusBadRequest && plainToTLS(b):
			body.Error = "the server speaks https, not http: write its address with https:// in front"
		}
	}
	e := Received(resp.Header.Get(ErrorHeader), body.Error, resp.StatusCode)
	if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && after > 0 {
		return postponed{e, time.Duration(min(after, 24*60*60)) * time.Second}
	}
	return e
}

// plainToTLS holds for what servers of TLS (Go's, nginx, Apache) tell who comes without.
func plainToTLS(body []byte) bool {
	return bytes.Contains(body, []byte("HTTPS server")) || bytes.Contains(body, []byte("HTTPS port")) ||
		bytes.Contains(body, []byte("SSL-enabled server port"))
}

// postponed is a refusal that passes.
type postponed struct {
	failure *Error
	after   time.Duration
}

func (p postponed) Error() string { return p.failure.Message }
func (p postponed) Unwrap() error { return p.failure }

// RetryAfter is how long the server that refused asked to wait, a day at most, or
// nothing.
func RetryAfter(err error) time.Duration {
	var p postponed
	errors.As(err, &p)
	return p.after
}

// Unreachable says why a server could not be spoken to.
func Unreachable(host string, err error) error {
	var (
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	why := "no answer"
	switch {
	case errors.As(err, &dns):
		why = "its name cannot be resolved"
	case errors.Is(err, errOtherKey):
		why = "its key is not the one that is pinned here; if the server was given a new one on purpose, give its pin (--pin)"
	case errors.As(err, &name):
		why = "its certificate is not to be trusted: it is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		why = "its certificate is not to be trusted: it has expired, or is not valid yet"
	case errors.As(err, &unknown):
		why = "its certificate is not to be trusted: if it is one of your own, give its authority with --tls-ca FILE"
	case errors.As(err, &invalid):
		why = "its certificate is not to be trusted"
	case errors.Is(err, context.Canceled):
		return err
	case strings.Contains(err.Error(), "connection refused"):
		why = "connection refused"
	case strings.Contains(err.Error(), "HTTP response to HTTPS"):
		why = "it speaks http, not https"
	}
	return errors.Join(ErrUnreachable.With("cannot reach %s: %s", host, why), err)
}
