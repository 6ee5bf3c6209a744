package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vsay/internal/certificate"
	"vsay/internal/relay"
	"vsay/internal/wire"
)

// running is a server as `vsay serve` has it.
type running struct {
	s    *Server
	addr string
	stop context.CancelFunc
	done chan error
}

func run(t *testing.T, cfg Config) running {
	t.Helper()
	if cfg.DataDir == "" {
		cfg.DataDir = t.TempDir()
	}
	s, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r := running{s, ln.Addr().String(), stop, make(chan error, 1)}
	go func() { r.done <- s.Run(ctx, ln) }()
	t.Cleanup(stop)
	return r
}

func TestRunDrains(t *testing.T) {
	r := run(t, Config{})
	get := func(path string) int {
		resp, err := http.Get("http://" + r.addr + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return resp.StatusCode
	}
	if a, b := get("/health"), get("/ready"); a != 200 || b != 200 {
		t.Fatalf("health %d, ready %d", a, b)
	}

	// A link that takes its time to end: meanwhile the server answers, and says that it leaves.
	cut, left := make(chan struct{}), make(chan struct{})
	link := r.s.relay.Watch("session", relay.Who{Login: "sid"}, wire.Viewer{}, func(*wire.Error) { close(cut) })
	go func() {
		defer link.Leave(context.Background(), nil)
		<-cut
		if a, b := get("/health"), get("/ready"); a != 200 || b != 503 {
			t.Errorf("while it leaves: health %d, ready %d", a, b)
		}
		close(left)
	}()
	r.stop()
	<-left
	if err := <-r.done; err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", r.addr); err == nil {
		t.Error("it still listens")
	}
	if err := r.s.store.Ping(t.Context()); err == nil {
		t.Error("the store is still open")
	}
}

func TestRunSaysWhyItCannotGoOn(t *testing.T) {
	s, err := New(t.Context(), Config{DataDir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := s.Run(t.Context(), ln); err == nil {
		t.Fatal("no error")
	}
}

func TestTLS(t *testing.T) {
	cert, key, pool := selfSigned(t)
	r := run(t, Config{TLS: certificate.Config{Cert: cert, Key: key}})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	resp, err := client.Get("https://" + r.addr + "/health")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	old := &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	if conn, err := tls.Dial("tcp", r.addr, old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 passed")
	}
	client.CloseIdleConnections()
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// selfSigned is a certificate for 127.0.0.1, as files.
func selfSigned(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for path, text := range map[string][]byte{certFile: certPEM, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, pool
}

// TestNoSecretIsWrittenDown does everything that handles one, and then looks
// into the log and the raw files.
func TestNoSecretIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	if err := b.dial(); err != nil {
		t.Fatal(err)
	}
	w.guess(ann.email, "canary of a wrong password")
	w.do("GET", "/api/terminal/x/ws?token="+ann.token, nil)
	w.do("GET", "/api/machines?token="+ann.token, nil)
	w.do("GET", "/nowhere?token="+ann.token, nil)
	w.do("POST", "/api/login", `{"email":"ann@example.com","password":"canary of a wrong password"`)
	var changed wire.Signed
	w.do("POST", "/api/profile/regenerate-api-key", nil, bearer(ann.token)).into(t, &changed)
	w.do("POST", "/api/profile/reset-password",
		wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: "canary of a new password"}, bearer(ann.token))
	w.do("POST", "/api/auth/logout", nil, bearer(ann.token))
	master, err := os.ReadFile(filepath.Join(w.dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	secretOf := func(key string) string { return strings.Split(key, "_")[3] }
	secrets := map[string]string{
		"a password": goodPassword, "a wrong password": "canary of a wrong password", "a new password": "canary of a new password",
		"a token": ann.token, "a token's signature": strings.Split(ann.token, ".")[2],
		"an API key": secretOf(ann.apiKey)[:43], "a new API key": secretOf(changed.APIKey)[:43],
		"a machine's key": string(b.private.Seed()), "the signing key": string(w.s.keys.jwt), "the master key": string(master),
	}
	places := map[string]string{"the log": w.log.String()}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		raw, err := os.ReadFile(filepath.Join(w.dir, "vsay.db"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		places["vsay.db"+suffix] = string(raw)
	}
	if !strings.Contains(places["vsay.db"]+places["vsay.db-wal"], "ann@example.com") || !strings.Contains(places["the log"], ann.id) {
		t.Fatal("this test looks in the wrong places")
	}
	for what, secret := range secrets {
		for where, text := range places {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
}

func TestTheLogIsOneLineForEachThing(t *testing.T) {
	w := newWorld(t)
	w.do("GET", "/api/%0a%0dlevel=ERROR%1b[31m", nil)
	w.do("POST", "/api/login", wire.Login{Email: "eve@example.com\n{\"level\":\"ERROR\"}", Password: "x"})
	for line := range strings.Lines(w.log.String()) {
		var entry map[string]any
		if err := wire.Decode([]byte(strings.TrimSuffix(line, "\n")), &entry); err != nil || strings.ContainsAny(line[:len(line)-1], "\x1b\r\n") {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestConnectionsFromOneAddressAreBounded(t *testing.T) {
	c := newCrowd(2)
	conn := func(addr string) *fakeConn {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return &fakeConn{addr: a}
	}
	a, b, third := conn("192.0.2.1:1"), conn("192.0.2.1:2"), conn("192.0.2.1:3")
	for _, x := range []*fakeConn{a, b, third, conn("192.0.2.2:1"), conn("127.0.0.1:1"), conn("127.0.0.1:2"), conn("127.0.0.1:3")} {
		c.count(x, http.StateNew)
		if x.closed != (x == third) {
			t.Errorf("%v: closed %v", x.addr, x.closed)
		}
	}
	c.count(third, http.StateClosed) // was never counted
	c.count(a, http.StateHijacked)   // is a WebSocket now
	if d := conn("192.0.2.1:4"); true {
		if c.count(d, http.StateNew); d.closed {
			t.Error("no room after one left")
		}
	}
	if e := conn("192.0.2.1:5"); true {
		if c.count(e, http.StateNew); !e.closed {
			t.Error("one too many")
		}
	}
}

type fakeConn struct {
	net.Conn
	addr   net.Addr
	closed bool
}

func (c *fakeConn) RemoteAddr() net.Addr { return c.addr }
func (c *fakeConn) Close() error         { c.closed = true; return nil }
