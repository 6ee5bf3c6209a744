package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
)

// Trust says whose word is taken for who a server is.
type Trust struct {
	// File names certificates to trust beside the system's, or is empty.
	File string
	// Root is one of all these certificates, as DER, or empty: it is tried alone
	// first, and the others are read when it does not do. They take more than a
	// megabyte of memory, which a holder that waits should not cost.
	Root []byte
	// Pins name the keys one of which the server has to have, beside a certificate
	// that is trusted. None: any key will do.
	Pins []string
}

// first is what a server is checked against before anything wider; nil stands
// for the system's certificates, which are read when they are needed.
func (t Trust) first() (*x509.CertPool, error) {
	if len(t.Root) == 0 {
		return t.all()
	}
	root, err := x509.ParseCertificate(t.Root)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, nil
}

func (t Trust) all() (*x509.CertPool, error) {
	if t.File == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(t.File)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, ErrBadRequest.With("%s holds no PEM certificate", t.File)
	}
	return pool, nil
}

// widen has the server checked against all that is trusted from now on, and
// tells whether that is more than before.
func (e *Endpoint) widen() bool {
	if len(e.trust.Root) == 0 {
		return false
	}
	pool, err := e.trust.all()
	if err != nil {
		return false
	}
	e.trust.Root = nil
	conf := e.transport.TLSClientConfig.Clone()
	conf.RootCAs = pool
	e.transport.TLSClientConfig = conf
	return true
}

func unknownAuthority(err error) bool {
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &unknown)
}

func (e *Endpoint) noteRoot(s tls.ConnectionState) {
	if len(s.VerifiedChains) > 0 {
		chain := s.VerifiedChains[0]
		e.root.Store(&chain[len(chain)-1].Raw)
	}
}

// Root is the certificate, as DER, that the last link to the server was trusted
// for; nil before there was one, over plain HTTP and through a proxy.
func (e *Endpoint) Root() []byte {
	if root := e.root.Load(); root != nil {
		return *root
	}
	return nil
}
