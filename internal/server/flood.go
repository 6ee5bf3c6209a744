package server

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"vsay/internal/store"
)

// What anybody may cause is written down one by one only so often. A flood of it must
// not fill the disk, nor push out of sight what happens beside it.
const (
	floodSpan   = time.Minute
	floodFree   = 10   // of one event, from one network and of one user, in that time
	floodKinds  = 4096 // networks and users that are told apart in that time
	floodPerSec = 2    // of all together, for long
	floodBurst  = 300  // and at once
	floodSums   = 20   // of those that were only counted, so many are named
)

// flood counts what is not written down one by one.
type flood struct {
	mu     sync.Mutex
	began  time.Time
	seen   map[floodKind]int
	sample map[floodKind]store.Record // the first that was only counted
	rate   *rate.Limiter
}

type floodKind struct{ event, network, user string }

func newFlood() *flood { return &flood{rate: rate.NewLimiter(floodPerSec, floodBurst)} }

// admit tells whether a record is to be written now. One that is not will be counted in
// a record of its kind.
func (f *flood) admit(r store.Record) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.began, f.seen, f.sample = time.Now(), map[floodKind]int{}, map[floodKind]store.Record{}
	}
	k := floodKind{r.Event, network(r.IP), r.UserID}
	if _, known := f.seen[k]; !known && len(f.seen) >= floodKinds {
		k = floodKind{event: r.Event}
	}
	if f.seen[k] < floodFree && f.rate.Allow() {
		f.seen[k]++
		return true
	}
	f.seen[k]++
	if first, counted := f.sample[k]; !counted {
		f.sample[k] = store.Record{
			At: r.At, Event: r.Event, Result: r.Result, UserID: r.UserID, Username: r.Username, IP: k.network, OwnerID: r.OwnerID, Detail: "1",
		}
	} else {
		n, _ := strconv.Atoi(first.Detail)
		first.Detail = strconv.Itoa(n + 1)
		f.sample[k] = first
	}
	return false
}

// sum tells how many there were, once a span is over.
func (f *flood) sum(now time.Time) []store.Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil || now.Sub(f.began) < floodSpan {
		return nil
	}
	counted := f.sample
	f.seen, f.sample = nil, nil
	return sums(counted)
}

// sums are the records of what was only counted: the most frequent kinds by
// themselves, the others together.
func sums(counted map[floodKind]store.Record) (all []store.Record) {
	for _, r := range counted {
		all = append(all, r)
	}
	count := func(r store.Record) int { n, _ := strconv.Atoi(r.Detail); return n }
	slices.SortFunc(all, func(a, b store.Record) int { return cmp.Compare(count(b), count(a)) })
	others, kinds := 0, 0
	if len(all) > floodSums {
		for _, r := range all[floodSums:] {
			others += count(r)
		}
		kinds, all = len(all)-floodSums, all[:floodSums]
	}
	for i := range all {
		all[i].Detail = detailOf("more", all[i].Detail, "within", floodSpan)
	}
	if others > 0 {
		all = append(all, store.Record{
			At: all[0].At, Event: "many refused", Result: "denied", Detail: detailOf("more", others, "networks_and_users", kinds, "within", floodSpan),
		})
	}
	return all
}
