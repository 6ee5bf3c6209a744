package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Times of a server that leaves.
const (
	drainTime = 3 * time.Second        // for all that was begun
	dropAfter = 500 * time.Millisecond // for a link that nobody told, or that does not heed it
)

// drain ends the links first, while /ready still answers, and then the rest. What
// hangs on an end that is gone, or stopped, is dropped.
func (s *Server) drain(srv *http.Server, lines *lines) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	s.relay.Shutdown(ctx)
	err := srv.Shutdown(ctx)
	if err != nil {
		s.log.Warn("some requests were cut off", "err", err)
		err = srv.Close()
	}
	finished := make(chan struct{})
	go func() { s.busy.Wait(); close(finished) }()
	if !within(dropAfter, finished) {
		lines.drop()
		if !within(dropAfter, finished) {
			s.log.Warn("some links were cut off")
		}
	}
	return err
}

// within says that something is finished, or will be so soon.
func within(soon time.Duration, finished <-chan struct{}) bool {
	select {
	case <-finished:
		return true
	case <-time.After(soon):
		return false
	}
}

// lines are the connections of a listener, WebSockets too: net/http lets go of
// those.
type lines struct {
	net.Listener
	full func(error) // told when there is no file left for a connection
	mu   sync.Mutex
	open map[*line]struct{}
}

// line is one of them. TCP's own methods show through, by which links are cheap.
type line struct {
	*net.TCPConn
	lines *lines
}

func listen(ln net.Listener, full func(error)) *lines {
	return &lines{Listener: ln, full: full, open: map[*line]struct{}{}}
}

// Accept is net.Listener's.
func (l *lines) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		l.full(err) // the HTTP server waits a little, and asks again
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, err
	}
	c := &line{tcp, l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return c, err
}

// Close is net.Conn's.
func (c *line) Close() error {
	c.lines.mu.Lock()
	delete(c.lines.open, c)
	c.lines.mu.Unlock()
	return c.TCPConn.Close()
}

// drop ends those that are left, without a word.
func (l *lines) drop() {
	l.mu.Lock()
	left := make([]*line, 0, len(l.open))
	for c := range l.open {
		left = append(left, c)
	}
	l.mu.Unlock()
	for _, c := range left {
		_ = c.Close()
	}
}
