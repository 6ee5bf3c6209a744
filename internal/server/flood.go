package server

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"vsay/internal/store"
	"vsay/internal/wire"
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
	mu    sync.Mutex
	began time.Time
	seen  map[floodKind]int
	more  map[floodKind]*counted // those that were only counted
	rate  *rate.Limiter
}

type floodKind struct{ event, network, user string }

// counted is a record that stands for some more of its kind.
type counted struct {
	first store.Record
	n     int
}

func newFlood() *flood { return &flood{rate: rate.NewLimiter(floodPerSec, floodBurst)} }

// admit tells whether a record is to be written now. One that is not will be counted in
// a record of its kind.
func (f *flood) admit(r store.Record) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.began, f.seen, f.more = time.Now(), map[floodKind]int{}, map[floodKind]*counted{}
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
	if f.more[k] == nil {
		f.more[k] = &counted{first: store.Record{
			At: r.At, Event: r.Event, Result: r.Result, UserID: r.UserID, Username: r.Username, IP: k.network, OwnerID: r.OwnerID,
		}}
	}
	f.more[k].n++
	return false
}

// sum tells how many there were, once a span is over.
func (f *flood) sum(now time.Time) []store.Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil || now.Sub(f.began) < floodSpan {
		return nil
	}
	more := f.more
	f.seen, f.more = nil, nil
	return sums(slices.Collect(maps.Values(more)))
}

// sums are the records of what was only counted: the most frequent kinds by
// themselves, the others together.
func sums(more []*counted) (all []store.Record) {
	slices.SortFunc(more, func(a, b *counted) int { return cmp.Compare(b.n, a.n) })
	for _, c := range more[:min(len(more), floodSums)] {
		r := c.first
		r.Detail = detailOf("more", c.n, "within", floodSpan)
		all = append(all, r)
	}
	if len(more) <= floodSums {
		return all
	}
	others := 0
	for _, c := range more[floodSums:] {
		others += c.n
	}
	return append(all, store.Record{
		At: all[0].At, Event: "many refused", Result: wire.AuditDenied,
		Detail: detailOf("more", others, "networks_and_users", len(more)-floodSums, "within", floodSpan),
	})
}
