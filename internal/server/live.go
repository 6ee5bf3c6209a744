package server

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"vsay/internal/wire"
)

// live keeps lists of machines up to date that somebody has open. What a user's lists
// show is made once for all of them, when something has changed, and not too often: so
// lists that nothing happens in cost nothing, however many there are.
type live struct {
	most     int           // lists that one user may have open
	pace     time.Duration // from one edition of a user's list to the next
	beat     time.Duration // so often something is written where nothing changes, to find out who has gone
	patience time.Duration // for who does not read what was written

	editions atomic.Uint64 // that were made
	mu       sync.Mutex
	of       map[string]*readership // by user
}

func newLive(l Limits) *live {
	return &live{
		most: l.StreamsPerUser, pace: time.Second, beat: 15 * time.Second, patience: 10 * time.Second,
		of: map[string]*readership{},
	}
}

// readership is all lists that one user has open.
type readership struct {
	size    int  // live.mu
	beaten  bool // live.mu: machines said how they are, which is on its way to the disk
	stop    context.CancelFunc
	stirred chan struct{} // holds one where there is something new

	mu     sync.Mutex
	latest []byte        // nil: none was made yet
	newer  chan struct{} // closed when there is a newer one
}

// join is one list more of a user. The first one has edit make editions for all, until
// the last one has left.
func (l *live) join(user string, edit func(context.Context, *readership)) (a *readership, leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a = l.of[user]
	if a != nil && a.size >= l.most {
		return nil, nil, wire.ErrSlowDown.With("you have %d live lists of machines open already: close some pages", a.size)
	}
	if a == nil {
		ctx, stop := linkContext()
		a = &readership{stop: stop, stirred: make(chan struct{}, 1), newer: make(chan struct{})}
		l.of[user] = a
		edit(ctx, a)
	}
	a.size++
	return a, sync.OnceFunc(func() { l.leave(user, a) }), nil
}

func (l *live) leave(user string, a *readership) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.size--; a.size == 0 {
		delete(l.of, user)
		a.stop()
	}
}

// stir says that a user's list of machines is another now.
func (l *live) stir(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.of[user]; a != nil {
		a.stir()
	}
}

// beaten says that a machine of a user said how it is. Many do, all the time, and it is
// shown when it is on disk.
func (l *live) beaten(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.of[user]; a != nil {
		a.beaten = true
	}
}

// saved says that it is on disk.
func (l *live) saved() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.of {
		if a.beaten {
			a.beaten = false
			a.stir()
		}
	}
}

// open counts the lists.
func (l *live) open() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.of {
		n += a.size
	}
	return n
}

func (a *readership) stir() {
	select {
	case a.stirred <- struct{}{}:
	default: // it was told so before
	}
}

// publish replaces the edition that is shown, by one that says something else.
func (a *readership) publish(edition []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if bytes.Equal(a.latest, edition) {
		return
	}
	a.latest = edition
	close(a.newer)
	a.newer = make(chan struct{})
}

// read is the latest edition, and what is closed when that is old.
func (a *readership) read() (edition []byte, newer <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.latest, a.newer
}

// edit makes a user's editions until ctx ends.
func (s *Server) edit(ctx context.Context, user string, a *readership) {
	for ctx.Err() == nil {
		list, err := s.machinesOf(ctx, user)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Warn("a live list of machines is not up to date", "user", user, "err", err)
			a.stir() // it is tried again
		default:
			s.live.editions.Add(1)
			a.publish(wire.Encode(list))
		}
		select {
		case <-time.After(s.live.pace):
		case <-ctx.Done():
		}
		select {
		case <-a.stirred:
		case <-ctx.Done():
		}
	}
}

// liveMachines is the list of machines for who wants to hear of changes: as events, of
// which each has the whole list. It ends with the login, like a terminal.
func (s *Server) liveMachines(me caller, out *stream) error {
	a, leave, err := s.live.join(me.User.ID, func(ctx context.Context, a *readership) {
		s.apart(me.Request, func() { s.edit(ctx, me.User.ID, a) })
	})
	if err != nil {
		return err
	}
	defer leave()
	if err := out.begin(); err != nil {
		return err
	}
	defer out.end()
	quiet := time.NewTicker(s.live.beat)
	defer quiet.Stop()
	edition, newer := a.read()
	for {
		if edition != nil {
			if out.event("machines", edition) != nil {
				return nil
			}
		}
		select {
		case <-newer:
			edition, newer = a.read()
			quiet.Reset(s.live.beat)
		case <-quiet.C:
			edition = nil
			if out.comment() != nil {
				return nil
			}
		case <-s.leave: // who still wants to know asks the next server
			return nil
		case <-out.ctx.Done():
			return nil
		}
	}
}
