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
// the medians are within ten percent of each other or, on a machine that has much
// else to do, the quickest ones: those had it to themselves. A path without a hash
// never comes near.
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
		if n%20 == 0 && min(spread(took, median), spread(took, slices.Min)) <= 0.10 {
			t.Logf("after %d turns: medians %s, quickest %s", n, spelled(took, median), spelled(took, slices.Min))
			return
		}
	}
	t.Errorf("unknown, wrong password and disabled can be told apart by the time they take: medians %s, quickest %s",
		spelled(took, median), spelled(took, slices.Min))
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// spread is how far the kinds lie apart by what of says of each, as a share of the least.
func spread(took [][]time.Duration, of func([]time.Duration) time.Duration) float64 {
	low, high := time.Hour, time.Duration(0)
	for _, all := range took {
		low, high = min(low, of(all)), max(high, of(all))
	}
	return float64(high-low) / float64(low)
}

func spelled(took [][]time.Duration, of func([]time.Duration) time.Duration) string {
	var s []string
	for _, all := range took {
		s = append(s, of(all).Round(10*time.Microsecond).String())
	}
	return strings.Join(s, ", ")
}
