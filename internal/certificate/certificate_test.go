package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// certified is a certificate and its key, as PEM.
type certified struct {
	serial    int64
	cert, key []byte
}

func certify(t *testing.T, serial int64, until time.Time) certified {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: until, DNSNames: []string{"vsay.test"}}
	cert, err := x509.CreateCertificate(rand.Reader, &about, &about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return certified{
		serial,
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}
}

// shelf is the two files of a server, each write of which has a time of its own.
type shelf struct {
	t         *testing.T
	cert, key string
	clock     time.Time
}

func (s *shelf) put(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.clock = s.clock.Add(time.Second)
	if err := os.Chtimes(name, s.clock, s.clock); err != nil {
		s.t.Fatal(err)
	}
}

func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	s := &shelf{t, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), time.Now().Add(-time.Hour)}
	soon := time.Now().Add(time.Hour)
	first, second, third := certify(t, 1, soon), certify(t, 2, soon), certify(t, 3, soon)
	s.put(s.cert, first.cert)
	s.put(s.key, first.key)
	log := &strings.Builder{}
	p, err := newPair(s.cert, s.key, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	shows := func(what string, want certified, warnings int) {
		t.Helper()
		for range 3 { // one look sees the change, the next that it rests
			p.refresh()
		}
		got, err := p.Get(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Leaf.SerialNumber.Int64() != want.serial || p.Pin() != wire.PinOf(got.Leaf) {
			t.Errorf("%s: certificate %d is shown, not %d", what, got.Leaf.SerialNumber, want.serial)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != warnings {
			t.Errorf("%s: %d warnings, not %d:\n%s", what, n, warnings, log)
		}
	}
	shows("nothing changed", first, 0)
	s.put(s.cert, second.cert)
	shows("a certificate without its key", first, 1)
	s.put(s.key, second.key)
	shows("the key came", second, 1)

	s.put(s.cert, []byte("nonsense"))
	shows("a broken certificate", second, 2)
	if err := os.Remove(s.key); err != nil {
		t.Fatal(err)
	}
	shows("no key", second, 3)
	expired := certify(t, 4, time.Now().Add(-time.Minute))
	s.put(s.cert, expired.cert)
	s.put(s.key, expired.key)
	shows("one that has expired", second, 4)
	s.put(s.cert, third.cert)
	p.refresh() // between the two files
	s.put(s.key, third.key)
	shows("a good one again, written slowly", third, 4)
}

func TestIdentityRefusesHalfOfIt(t *testing.T) {
	for what, c := range map[string]Config{
		"a certificate without a key": {Cert: "cert.pem"},
		"a key without a certificate": {Key: "key.pem"},
		"two ways at once":            {Cert: "cert.pem", Key: "key.pem", ACME: ACME{Domains: []string{"vsay.test"}}},
		"an address":                  {ACME: ACME{Domains: []string{"192.0.2.1"}}},
		"a short name":                {ACME: ACME{Domains: []string{"localhost"}}},
		"a wildcard":                  {ACME: ACME{Domains: []string{"*.vsay.test"}}},
		"a name with a port":          {ACME: ACME{Domains: []string{"vsay.test:443"}}},
		"a directory in the clear":    {ACME: ACME{Domains: []string{"vsay.test"}, Directory: "http://acme.test/dir"}},
	} {
		c.Dir = t.TempDir()
		if _, err := Open(c, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}
