package server

import (
	"context"
	"net/netip"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// From so many wrong passwords in a row on, only addresses that the account
// signed in from before may try.
const suspicious = 100

// try is one attempt to give a password.
type try struct {
	account string // whose: a user's id, or the email nobody has
	userID  string // empty: there is no such user
	network string // from where
}

func tryOf(email string, u store.User, ip string) try {
	if u.ID == "" {
		return try{account: "email:" + email, network: network(ip)}
	}
	return try{account: accountOf(u), userID: u.ID, network: network(ip)}
}

// accountOf is what wrong passwords of a user are counted under.
func accountOf(u store.User) string { return "user:" + u.ID }

// mayTry is wire.ErrSlowDown when there were too many wrong passwords. A try that
// is refused here costs nothing and is not counted.
func (s *Server) mayTry(ctx context.Context, t try) error {
	wait, err := s.accountWait(ctx, t)
	if err != nil {
		return err
	}
	fromThere, oldest, err := s.store.Tries(ctx, "password:"+t.network, s.now().Add(-time.Minute), s.now())
	if err != nil {
		return err
	}
	if fromThere >= s.cfg.Limits.FailuresPerIP {
		wait = max(wait, oldest.Add(time.Minute).Sub(s.now()))
	}
	if wait > 0 {
		return later(wire.ErrSlowDown.With("too many wrong passwords: wait a little, then try again"), wait)
	}
	return nil
}

// accountWait doubles with each wrong password after the free ones.
func (s *Server) accountWait(ctx context.Context, t try) (time.Duration, error) {
	n, last, err := s.store.Failures(ctx, t.account)
	over := n - s.cfg.Limits.FreeFailures
	if err != nil || over < 0 {
		return 0, err
	}
	if last.After(s.now().Add(time.Second)) {
		return 0, nil // the clock was set back: that one is not to be waited for
	}
	if n >= suspicious {
		known, err := s.store.KnownIP(ctx, t.userID, t.network)
		if err != nil || !known {
			return s.cfg.Limits.MaxWait, err
		}
	}
	wait := s.cfg.Limits.MaxWait
	if over < 20 {
		wait = min(wait, time.Second<<over)
	}
	return last.Add(wait).Sub(s.now()), nil
}

// failed counts a wrong password, for the account and for where it came from.
func (s *Server) failed(ctx context.Context, t try) error {
	if err := s.store.Fail(ctx, t.account, s.now()); err != nil {
		return err
	}
	return s.store.Try(ctx, "password:"+t.network, s.now())
}

// maySignUp bounds how many accounts one network makes.
func (s *Server) maySignUp(ctx context.Context, ip string) error {
	l := s.cfg.Limits
	wait, err := s.store.Spend(ctx, "signup:"+network(ip), s.now(), l.SignupEvery, l.SignupBurst)
	if err != nil || wait == 0 {
		return err
	}
	return later(wire.ErrSlowDown.With("too many signups from your network: wait a little, then try again"), wait)
}

// network is the address, of IPv6 the /64: one host owns all of that.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if addr = addr.Unmap(); addr.Is4() {
		return addr.String()
	}
	p, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}
