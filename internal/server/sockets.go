package server

import (
	"sync"

	"vsay/internal/wire"
)

// sockets counts the terminals that each user has open, and those that are not
// open yet: a session may take a while to start.
type sockets struct {
	most, mostWaiting int
	mu                sync.Mutex
	of                map[string]socketCount
}

type socketCount struct{ open, waiting int }

func newSockets(l Limits) *sockets {
	return &sockets{most: l.SocketsPerUser, mostWaiting: l.WaitingPerUser, of: map[string]socketCount{}}
}

// enter counts one more terminal of a user, or refuses it. opened says that it was
// upgraded, leave that it is gone.
func (s *sockets) enter(user string) (opened, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.of[user]
	switch {
	case c.open+c.waiting >= s.most:
		return nil, nil, wire.ErrSlowDown.With("you have %d terminals open already: close some", s.most)
	case c.waiting >= s.mostWaiting:
		return nil, nil, wire.ErrSlowDown.With("%d of your terminals are being opened: wait until they are", s.mostWaiting)
	}
	s.add(user, 0, 1)
	waiting := true
	opened = sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		waiting = false
		s.add(user, 1, -1)
	})
	leave = sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if waiting {
			s.add(user, 0, -1)
		} else {
			s.add(user, -1, 0)
		}
	})
	return opened, leave, nil
}

// add changes a user's count. s.mu is held.
func (s *sockets) add(user string, open, waiting int) {
	c := s.of[user]
	c.open, c.waiting = c.open+open, c.waiting+waiting
	if c == (socketCount{}) {
		delete(s.of, user)
		return
	}
	s.of[user] = c
}
