//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// scripted is a shell that a script looks at and types into: when its socket
// breaks it opens another one, and goes on with what it sees.
type scripted struct {
	*stream
	rows *rows
	id   string

	guard  sync.Mutex
	sock   *socket // that is there
	ending bool
	mute   context.CancelFunc
	live   sync.WaitGroup
	done   chan error
}

func (x *scripted) book() *stream { return x.stream }

// start makes the session, which outlives every socket, and leaves it to the script.
func (x *scripted) start() error {
	x.loose, x.modest = true, true
	x.rows = &rows{s: x.stream, late: true}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	att, err := x.stack.api.Attach(ctx, x.stack.box, shellOf(fmt.Sprintf("s%d", x.number)))
	if err != nil {
		return err
	}
	x.id = att.Opened.Session
	att.Leave()
	x.done = make(chan error, 1)
	go func() { x.done <- x.lives() }()
	return x.begun()
}

// lives is one socket after the other, until the program has ended.
func (x *scripted) lives() error {
	for {
		why, heard, err := x.visit()
		x.guard.Lock()
		ending := x.ending
		x.guard.Unlock()
		var status refused
		switch {
		case why == "1000 exit 0":
			return nil
		case ending && why != "": // it was let go, or ended in another way
			return fmt.Errorf("the last socket was closed with %s", why)
		case errors.As(err, &status) && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests:
			x.stack.news.wrong("%s: %v", x, err)
			return err
		case heard:
			x.mu.Lock()
			x.life++
			x.numbered = 0
			x.mu.Unlock()
		}
		x.stack.news.add("%s: another socket, after %q %v", x, why, err)
		<-time.After(againAfter)
	}
}

// visit is one socket, from its opening to its end. heard: it showed something.
func (x *scripted) visit() (why string, heard bool, err error) {
	q := url.Values{"token": {x.stack.token}, "session_id": {x.id}, "cols": {"80"}, "rows": {"24"}, "source": {"script"}}
	sock, err := dialSocket(x.stack.hops[0].addr(), "/api/terminal/"+x.stack.box+"/ws", q)
	if err != nil {
		return "", false, err
	}
	defer sock.conn.Close()
	typing, mute := context.WithCancel(context.Background())
	defer mute()
	x.guard.Lock()
	x.sock, x.mute = sock, mute
	x.guard.Unlock()
	x.mu.Lock()
	x.rows.begin()
	x.mu.Unlock()
	for {
		p, err := sock.read()
		if err != nil {
			mute()
			close(sock.over)
			sock.conn.Close()
			x.live.Wait()
			return sock.why, heard, err
		}
		if x.draw(p) && !heard {
			heard = true
			x.mu.Lock()
			x.attaches++
			x.mu.Unlock()
			x.live.Go(func() { x.typing(typing, careful{sock, x.stream}) })
		}
	}
}

// draw tells whether there was a record in it.
func (x *scripted) draw(p []byte) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	before := x.out.Records
	x.rows.read(p)
	x.moved(before)
	return x.out.Records > before
}

// careful types only while there is something to see. What was sent on a socket
// that is given up may arrive after what the next one brings: who is answered by
// nothing does not send a lot of it.
type careful struct {
	*socket
	s *stream
}

func (c careful) Write(p []byte) (int, error) {
	tick := time.NewTicker(typeEvery)
	defer tick.Stop()
	for {
		c.s.mu.Lock()
		lately := time.Since(c.s.heard.last) < time.Second
		c.s.mu.Unlock()
		if lately {
			return c.socket.Write(p)
		}
		select {
		case <-tick.C:
		case <-c.over:
			return 0, net.ErrClosed
		}
	}
}

func (x *scripted) finish() error {
	x.guard.Lock()
	x.mute()
	x.ending = true
	sock := x.sock
	x.guard.Unlock()
	x.live.Wait()
	x.put(sock, x.next(true))
	return <-x.done
}

func (x *scripted) abandon() {
	x.guard.Lock()
	defer x.guard.Unlock()
	x.ending = true
	if x.sock != nil {
		x.sock.conn.Close()
	}
}
