package server

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"vsay/internal/store"
)

// liveLogins keeps in memory what every request has to know of its login. The
// store is the truth: a revocation writes there first and then drops it here.
type liveLogins struct {
	mu    sync.Mutex
	known map[string]*liveLogin
	drops uint64 // so that what was read before a drop is not kept after it
}

type liveLogin struct {
	login     store.Login
	user      store.User
	refreshes *rate.Limiter
}

const (
	maxLiveLogins   = 50_000 // then all are forgotten, and read again when needed
	refreshesAtOnce = 60
)

func newLiveLogins() *liveLogins { return &liveLogins{known: map[string]*liveLogin{}} }

func (l *liveLogins) get(ctx context.Context, id string, from *store.Store) (*liveLogin, error) {
	l.mu.Lock()
	e, drops := l.known[id], l.drops
	l.mu.Unlock()
	if e != nil {
		return e, nil
	}
	login, user, err := from.LoginByID(ctx, id)
	if err != nil {
		return nil, err
	}
	e = &liveLogin{login, user, rate.NewLimiter(1, refreshesAtOnce)} // 60 a minute
	l.mu.Lock()
	defer l.mu.Unlock()
	if first := l.known[id]; first != nil {
		return first, nil
	}
	if drops == l.drops {
		if len(l.known) >= maxLiveLogins {
			clear(l.known)
		}
		l.known[id] = e
	}
	return e, nil
}

// drop forgets one login.
func (l *liveLogins) drop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drops++
	delete(l.known, id)
}

// dropUser forgets all logins of a user.
func (l *liveLogins) dropUser(userID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drops++
	for id, e := range l.known {
		if e.user.ID == userID {
			delete(l.known, id)
		}
	}
}
