package server

import (
	"crypto/hmac"
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"

	"vsay/internal/store"
)

// An API key is vsay_ak_<id>_<secret><checksum>, in base62: the prefix tells a
// scanner of leaked secrets what it found, and the checksum that it is one.
const (
	keyPrefix = "vsay_ak_"
	keyIDLen  = 10
	secretLen = 43 // 256 bits
	sumLen    = 6
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newAPIKey gives u a fresh key of the next generation: what to store of it is in u.
func (k keys) newAPIKey(u *store.User) (key string) {
	secret := randomBase62(secretLen)
	u.KeyID = randomBase62(keyIDLen)
	u.KeyGen++
	k.keep(u, secret)
	return formatKey(u.KeyID, secret)
}

// keep puts into u what is stored of the secret of its API key.
func (k keys) keep(u *store.User, secret string) {
	u.KeyMAC = mac(k.apiVerify, []byte(secret))
	u.KeySealed = seal(k.apiShow, []byte(secret), sealedFor(*u))
}

// showAPIKey opens what newAPIKey sealed.
func (k keys) showAPIKey(u store.User) (string, error) {
	secret, err := k.apiSecret(u)
	if err != nil {
		return "", err
	}
	return formatKey(u.KeyID, secret), nil
}

func (k keys) apiSecret(u store.User) (string, error) {
	secret, err := unseal(k.apiShow, u.KeySealed, sealedFor(u))
	if err != nil {
		return "", fmt.Errorf("server: the API key of user %s cannot be opened: %w", u.ID, err)
	}
	return string(secret), nil
}

// ownsKey tells, in a time that says nothing, whether secret is the user's.
func (k keys) ownsKey(u store.User, secret string) bool {
	return hmac.Equal(mac(k.apiVerify, []byte(secret)), u.KeyMAC)
}

// sealedFor ties a sealed secret to its row, so that it opens in no other.
func sealedFor(u store.User) []byte { return fmt.Appendf(nil, "%s|%s|%d", u.ID, u.KeyID, u.KeyGen) }

func formatKey(id, secret string) string {
	s := keyPrefix + id + "_" + secret
	return s + checksum(s)
}

// parseKey takes an API key apart. It says nothing of whether it is somebody's.
func parseKey(key string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(key, keyPrefix)
	if !ok || len(rest) != keyIDLen+1+secretLen+sumLen || rest[keyIDLen] != '_' {
		return "", "", false
	}
	sum := len(key) - sumLen
	if checksum(key[:sum]) != key[sum:] {
		return "", "", false
	}
	return rest[:keyIDLen], rest[keyIDLen+1 : keyIDLen+1+secretLen], true
}

func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	sum := make([]byte, sumLen)
	for i := sumLen - 1; i >= 0; i-- {
		sum[i] = base62[n%62]
		n /= 62
	}
	return string(sum)
}

func randomBase62(n int) string {
	b := make([]byte, n)
	for i := range b {
		x, err := rand.Int(rand.Reader, big.NewInt(int64(len(base62))))
		if err != nil {
			panic(err) // the system has no randomness: nothing is safe then
		}
		b[i] = base62[x.Int64()]
	}
	return string(b)
}
