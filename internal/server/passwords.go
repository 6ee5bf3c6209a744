package server

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"vsay/internal/wire"
)

// What a password may be, after normalisation; bytes before it.
const (
	minPassword      = 6 // code points
	maxPassword      = 256
	maxPasswordBytes = 1024
)

// A hash takes much memory and time, so only so many run at once, and only so
// many wait, for so long.
const (
	hashQueue    = 32
	hashPatience = 2 * time.Second
)

// cost is what one Argon2id hash takes.
type cost struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

var (
	lowCost  = cost{memory: 19456, time: 2, threads: 1}
	highCost = cost{memory: 47104, time: 1, threads: 1}
)

// strongest is highCost where there is memory enough, 4 GiB.
func strongest() cost {
	const enough = 4 << 20 // KiB
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return lowCost // no Linux: nobody says
	}
	var total int
	if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &total); err != nil || total < enough {
		return lowCost
	}
	return highCost
}

// passwords hashes and checks, within bounds.
type passwords struct {
	cost    cost
	decoy   string // checked against when there is no such user, to take the same time
	slots   chan struct{}
	waiting atomic.Int32
	used    atomic.Bool // since the last rest
}

func newPasswords(c cost) *passwords {
	p := &passwords{cost: c, slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
	p.decoy = phc(c, random(16), random(32)) // of no password, and it took no time to make
	return p
}

var errQueueFull = later(wire.ErrUnavailable.With("too many people sign in at this moment: try again"), time.Second)

// breath is what somebody who finds the queue full waits before hearing of it: a flood
// of those who try again at once would take more than the hashes do.
const breath = 300 * time.Millisecond

// room fails when whoever asks for a turn now would be refused. It is asked before
// anything is looked up, so that a flood costs little.
func (p *passwords) room(ctx context.Context) error {
	if p.waiting.Load() < hashQueue {
		return nil
	}
	wait := time.NewTimer(breath)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.waiting.Load() < hashQueue {
		return nil
	}
	return errQueueFull
}

// turn runs f when there is room for one more hash. When there is none for too
// long it is wire.ErrUnavailable, to be tried again.
func (p *passwords) turn(ctx context.Context, f func() error) error {
	if p.waiting.Add(1) > hashQueue {
		p.waiting.Add(-1)
		return errQueueFull
	}
	patience := time.NewTimer(hashPatience)
	defer patience.Stop()
	var err error
	select {
	case p.slots <- struct{}{}:
	case <-patience.C:
		err = errQueueFull
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.waiting.Add(-1)
	if err != nil {
		return err
	}
	defer func() { <-p.slots }()
	p.used.Store(true)
	return f()
}

// rest gives the system back what hashes took, once none runs: else a server
// that has been idle since a login looks a hundred megabytes large for minutes.
func (p *passwords) rest() {
	if len(p.slots) == 0 && p.used.Swap(false) {
		debug.FreeOSMemory()
	}
}

// hash is a PHC string. Run it in a turn.
func (p *passwords) hash(password string) string {
	salt := random(16)
	return phc(p.cost, salt, argon2.IDKey([]byte(password), salt, p.cost.time, p.cost.memory, p.cost.threads, 32))
}

func phc(c cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		c.memory, c.time, c.threads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// matches tells whether hash is of this password. Run it in a turn.
func (p *passwords) matches(hash, password string) bool {
	c, salt, want, err := parsePHC(hash)
	if err != nil {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, c.time, c.memory, c.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// outdated tells whether hash was made with less than is asked for now.
func (p *passwords) outdated(hash string) bool {
	c, _, _, err := parsePHC(hash)
	return err == nil && uint64(c.memory)*uint64(c.time) < uint64(p.cost.memory)*uint64(p.cost.time)
}

var errNoHash = errors.New("server: not an Argon2id hash")

func parsePHC(hash string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errNoHash
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads); err != nil {
		return c, nil, nil, err
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, err
	}
	key, err = base64.RawStdEncoding.DecodeString(parts[5])
	if err == nil && (c.time == 0 || c.threads == 0 || len(salt) < 8 || len(key) < 16) {
		err = errNoHash // the library below panics at these
	}
	return c, salt, key, err
}

var errLongPassword = wire.ErrBadRequest.With("the password is too long: use %d characters or less", maxPassword)

// newPassword is what to hash of a password that somebody chose.
func newPassword(typed string) (string, error) {
	password, err := normalPassword(typed)
	if err != nil {
		return "", err
	}
	n := utf8.RuneCountInString(password)
	if n < minPassword {
		return "", wire.ErrBadRequest.With("the password is too short: use %d characters or more", minPassword)
	}
	if n > maxPassword {
		return "", errLongPassword
	}
	return password, nil
}

// normalPassword makes one string of all the ways to type the same password
// (RFC 8265). Signs that the RFC leaves out, as those that join emoji, are taken
// as they are: the rules that change anything are the same for them.
func normalPassword(typed string) (string, error) {
	if typed == "" {
		return "", wire.ErrBadRequest.With("the password is missing")
	}
	if len(typed) > maxPasswordBytes {
		return "", errLongPassword
	}
	if password, err := precis.OpaqueString.String(typed); err == nil {
		return password, nil
	}
	if !utf8.ValidString(typed) || strings.ContainsFunc(typed, unicode.IsControl) {
		return "", wire.ErrBadRequest.With("the password holds control characters")
	}
	spaces := func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}
	return norm.NFC.String(strings.Map(spaces, typed)), nil
}
