package server

import (
	"net/http"
	"sync"
	"time"
)

const (
	siblingsFor = 30 * time.Second // programs that share a token may refresh it at once
	maxSiblings = 64
	maxLineages = 50_000 // then all are forgotten
)

// lineages know which token of each login is the newest. An older one that is used to
// refresh was kept by somebody: the program that lost its answer, or a thief.
type lineages struct {
	mu  sync.Mutex
	all map[string]lineage
}

// lineage is the newest tokens of a login, by their jti, and those they came from.
type lineage struct {
	newest, parents map[string]bool
	since           time.Time // when the first of the newest was made
}

// refreshed notes that a token was exchanged for a fresh one, and tells whether it
// had been before, longer ago than programs that share it can explain.
func (l *lineages) refreshed(login, used, fresh string, now time.Time) (reused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil || len(l.all) >= maxLineages {
		l.all = map[string]lineage{}
	}
	x, known := l.all[login]
	if !known || x.newest[used] {
		l.all[login] = lineage{newest: map[string]bool{fresh: true}, parents: parents(x, used), since: now}
		return false
	}
	if len(x.newest) < maxSiblings {
		x.newest[fresh] = true
	}
	return !x.parents[used] || now.Sub(x.since) > siblingsFor
}

// parents are a token and its siblings.
func parents(x lineage, used string) map[string]bool {
	if x.newest == nil {
		return map[string]bool{used: true}
	}
	return x.newest
}

func (l *lineages) forget(login string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, login)
}

// superseded looks whether a token that is being exchanged for a fresh one, named by
// its id, was exchanged before. Where the server is strict, that ends the login.
func (s *Server) superseded(r *http.Request, me caller, fresh string) error {
	if !s.lineages.refreshed(me.Login, me.TokenID, fresh, s.now()) {
		return nil
	}
	if !s.cfg.StrictRefresh {
		s.auditAs(me, "token reused")
		return nil
	}
	if err := s.endLogin(r.Context(), me.Login); err != nil {
		return err
	}
	s.auditAs(me, "token reused", "login_ended", true)
	return errBadToken
}
