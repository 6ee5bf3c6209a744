package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// TestLoginFailuresTakeAsLong measures a login of an unknown email, with a wrong
// password and of a disabled user in turns, with hashes of the real cost, until
// the medians are within ten percent of each other. What else runs on a machine
// passes with more turns; a path without a hash never does.
func TestLoginFailuresTakeAsLong(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.FreeFailures, c.Limits.FailuresPerIP = 10_000, 10_000 })
	w.s.passwords = newPasswords(lowCost)
	w.account("root")
	w.account("ann")
	w.account("off")
	disable(t, w, "off@example.com")
	kinds := []func(n int) wire.Login{
		func(n int) wire.Login {
			return wire.Login{Email: fmt.Sprintf("nobody%d@example.com", n), Password: "wrong"}
		},
		func(int) wire.Login { return wire.Login{Email: "ann@example.com", Password: "wrong"} },
		func(int) wire.Login { return wire.Login{Email: "off@example.com", Password: goodPassword} },
	}
	took := make([][]time.Duration, len(kinds))
	for n := 1; n <= 100; n++ {
		for k, login := range kinds {
			began := time.Now()
			r := w.do("POST", "/api/login", login(n))
			took[k] = append(took[k], time.Since(began))
			r.refused(t, wire.ErrUnauthed)
		}
		if n%20 == 0 && spread(took) <= 0.10 {
			t.Logf("medians after %d turns: %s", n, medians(took))
			return
		}
	}
	t.Errorf("they can be told apart by the time they take: unknown, wrong password, disabled: %s", medians(took))
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func spread(took [][]time.Duration) float64 {
	low, high := time.Hour, time.Duration(0)
	for _, all := range took {
		low, high = min(low, median(all)), max(high, median(all))
	}
	return float64(high-low) / float64(low)
}

func medians(took [][]time.Duration) string {
	var s []string
	for _, all := range took {
		s = append(s, median(all).Round(10*time.Microsecond).String())
	}
	return strings.Join(s, ", ")
}
