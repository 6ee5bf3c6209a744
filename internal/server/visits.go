package server

import (
	"context"
	"net/http"
	"sync"
	"time"

	"vsay/internal/store"
)

// visits know from where each login was used last, of late. They go to the disk
// together, every now and then: a request is no reason for a write.
type visits struct {
	mu    sync.Mutex
	known map[string]noted // by login, maxLiveLogins of them: then all are forgotten
}

type noted struct {
	store.Visit
	unsaved bool
}

// visitEvery is how exact the time of a visit is.
const visitEvery = time.Minute

// note keeps a visit that says more than the last one of its login did.
func (v *visits) note(x store.Visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	old, ok := v.known[x.Login]
	same := ok && old.IP == x.IP && old.Client == x.Client
	if same && x.At.Sub(old.At).Abs() < visitEvery && !x.Ends.After(old.Ends) {
		return
	}
	if v.known == nil || len(v.known) >= maxLiveLogins {
		v.known = map[string]noted{}
	}
	if x.Ends.Before(old.Ends) {
		x.Ends = old.Ends
	}
	v.known[x.Login] = noted{x, true}
}

// extend says that a login got another token, which ends then.
func (v *visits) extend(login string, ends time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if x, ok := v.known[login]; ok && ends.After(x.Ends) {
		x.Ends, x.unsaved = ends, true
		v.known[login] = x
	}
}

// latest is what is known of a login beside what the store says of it.
func (v *visits) latest(saved store.Visit) store.Visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	if x, ok := v.known[saved.Login]; ok {
		return x.Visit
	}
	return saved
}

// take is what has to be saved.
func (v *visits) take() (all []store.Visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for login, x := range v.known {
		if x.unsaved {
			all = append(all, x.Visit)
			x.unsaved = false
			v.known[login] = x
		}
	}
	return all
}

// visited notes a request of a login.
func (s *Server) visited(r *http.Request, me caller) {
	s.visits.note(store.Visit{Login: me.Login, Client: clientOf(r.UserAgent()), IP: me.IP, At: s.now(), Ends: me.Expires})
}

// signedInFrom notes the first one, by which there is no caller yet.
func (s *Server) signedInFrom(r *http.Request, l store.Login) {
	s.visits.note(store.Visit{Login: l.ID, Client: clientOf(r.UserAgent()), IP: clientIP(r), At: l.AuthTime, Ends: s.tokenEnds(l)})
}

func (s *Server) saveVisits(ctx context.Context) {
	all := s.visits.take()
	if len(all) == 0 {
		return
	}
	if err := s.store.Visited(ctx, all); err != nil {
		s.log.Warn("from where logins were used last was not kept", "logins", len(all), "err", err)
	}
}
