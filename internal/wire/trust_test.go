package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTrust(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, ViewerProtocol)
		if err == nil {
			defer c.CloseNow()
			_, _ = c.Read(r.Context())
		}
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := someCertificate(t)
	for name, c := range map[string]struct {
		trust Trust
		ok    bool
	}{
		"nothing but the system's":            {Trust{}, false},
		"the file":                            {Trust{File: file}, true},
		"the root alone":                      {Trust{Root: srv.Certificate().Raw}, true},
		"another root, and the file":          {Trust{File: file, Root: stranger}, true},
		"another root":                        {Trust{Root: stranger}, false},
		"the root, and a file that is gone":   {Trust{File: file + "x", Root: srv.Certificate().Raw}, true},
		"another root, and no file after all": {Trust{File: file + "x", Root: stranger}, false},
	} {
		t.Run(name, func(t *testing.T) {
			ep, err := NewEndpoint(mustURL(t, srv.URL), c.trust)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := ep.Dial(t.Context(), "/", ViewerProtocol, nil)
			if !c.ok {
				if !errors.Is(err, ErrUnreachable) || ep.Root() != nil {
					t.Fatalf("a server that is not to be trusted: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			conn.CloseNow()
			if string(ep.Root()) != string(srv.Certificate().Raw) {
				t.Error("the root is not the one that was trusted")
			}
		})
	}
}

// someCertificate is of another key.
func someCertificate(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, &about, &about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
