package wire

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
)

const pinScheme = "sha256/"

// PinOf names the key of a certificate. A certificate that was renewed with the
// same key has the same pin.
func PinOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return pinScheme + base64.StdEncoding.EncodeToString(sum[:])
}

// CheckPin says what is wrong with a pin as somebody wrote it.
func CheckPin(pin string) error {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(pin, pinScheme))
	if err != nil || len(b) != sha256.Size || !strings.HasPrefix(pin, pinScheme) {
		return ErrBadRequest.With("%q is no pin: the server prints its own when it starts, as sha256/ and 44 characters", pin)
	}
	return nil
}

// errOtherKey is what a server gets whose certificate is good, and whose key is
// none of those that were expected.
var errOtherKey = errors.New("wire: the server's key is not a pinned one")

// checkKey is asked on every road to the server, after its certificate was found
// good and before anything is sent.
func (e *Endpoint) checkKey(s tls.ConnectionState) error {
	pin := PinOf(s.PeerCertificates[0])
	if pins := e.Pins(); len(pins) > 0 && !slices.Contains(pins, pin) {
		return errOtherKey
	}
	e.pin.Store(&pin)
	return nil
}

// Pin is that of the key which the server showed last, or empty.
func (e *Endpoint) Pin() string {
	if pin := e.pin.Load(); pin != nil {
		return *pin
	}
	return ""
}

// Pins are those of which the server has to have one; none: any key will do.
func (e *Endpoint) Pins() []string {
	if pins := e.pins.Load(); pins != nil {
		return *pins
	}
	return nil
}

// Expect has the server show one of these keys from now on.
func (e *Endpoint) Expect(pins []string) error {
	if len(pins) > 0 && e.URL.Scheme != "https" {
		return ErrForbidden.With("%s has no key to pin over plain HTTP: use https://, or no pin", e.URL.Host)
	}
	e.pins.Store(&pins)
	return nil
}
