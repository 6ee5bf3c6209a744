package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

const masterLen = 32 // bytes

// keys are the master key's children, one for each purpose, so that one that
// leaks opens nothing else.
type keys struct {
	jwt       []byte
	apiVerify []byte
	apiShow   cipher.AEAD
	challenge []byte
	check     []byte
	ring      cipher.AEAD // seals the signing keys
	audit     []byte
}

func deriveKeys(master []byte) (keys, error) {
	child := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, master, nil, "vsay "+purpose, masterLen)
	}
	var k keys
	var show, ring []byte
	for purpose, key := range map[string]*[]byte{
		"jwt": &k.jwt, "api-verify": &k.apiVerify, "api-show": &show, "challenge": &k.challenge, "check": &k.check,
		"ring":  &ring,
		"audit": &k.audit,
	} {
		var err error
		if *key, err = child(purpose); err != nil {
			return keys{}, err
		}
	}
	var err error
	if k.apiShow, err = sealer(show); err != nil {
		return keys{}, err
	}
	k.ring, err = sealer(ring)
	return k, err
}

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal closes a secret so that it opens with the same key in the same place only.
func seal(with cipher.AEAD, secret, place []byte) []byte {
	nonce := random(with.NonceSize())
	return with.Seal(nonce, nonce, secret, place)
}

func unseal(with cipher.AEAD, sealed, place []byte) ([]byte, error) {
	n := with.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("server: a sealed secret is cut short")
	}
	return with.Open(nil, sealed[:n], sealed[n:], place)
}

// fingerprint tells one master key from another and nothing about either.
func (k keys) fingerprint() string {
	return hex.EncodeToString(mac(k.check, []byte("fingerprint"))[:8])
}

// kid names the first signing key in the tokens' header.
func (k keys) kid() string { return hex.EncodeToString(mac(k.check, k.jwt)[:8]) }

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// randomID is 128 random bits in hexadecimal.
func randomID() string { return hex.EncodeToString(random(16)) }

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // cannot fail
	return b
}
