package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

// stream is an answer that goes on, as server-sent events, for as long as the login
// lasts that asked for it.
type stream struct {
	s        *Server
	w        http.ResponseWriter
	control  *http.ResponseController
	me       caller
	patience time.Duration

	ctx    context.Context // ends when there is nobody to tell any more, or nothing
	cancel context.CancelFunc
	undo   []func()

	mu   sync.Mutex
	over bool // the connection is not ours any more
}

// wantsEvents tells whether a request asks for events rather than for one answer.
func wantsEvents(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream")
}

func (s *Server) newStream(w http.ResponseWriter, r *http.Request, me caller) *stream {
	ctx, cancel := context.WithCancel(r.Context())
	return &stream{s: s, w: w, control: http.NewResponseController(w), me: me, patience: s.live.patience, ctx: ctx, cancel: cancel}
}

// mostBack is within what time pages come back whose server has gone.
const mostBack = 5 * time.Second

// begin sends the head. From here on the stream is cut with its login, and until end
// everything that is written has its time.
func (t *stream) begin() error {
	expire := time.AfterFunc(t.s.listens(t.me), t.cut)
	leave := t.s.relay.Attend(relay.Who{UserID: t.me.User.ID, Login: t.me.Login}, func(*wire.Error) { t.cut() })
	t.undo = []func(){func() { expire.Stop() }, leave}
	if err := t.s.stillLive(t.ctx, t.me); err != nil { // revoked while it knocked
		t.end()
		return err
	}
	if rec, ok := t.w.(*recorder); ok {
		rec.stream = true
	}
	t.w.Header().Set("Content-Type", "text/event-stream")
	t.w.Header().Set("X-Accel-Buffering", "no") // a proxy must not wait for more of it
	t.w.WriteHeader(http.StatusOK)
	return ignoreLost(t.write(fmt.Sprintf("retry: %d\n\n", (time.Second + rand.N(mostBack-time.Second)).Milliseconds())))
}

// event sends one. data is one line.
func (t *stream) event(name string, data []byte) error {
	return t.write("event: "+name+"\ndata: ", string(data), "\n\n")
}

// comment sends what says nothing, but finds out whether anybody is there.
func (t *stream) comment() error { return t.write(":\n\n") }

func (t *stream) write(parts ...string) error {
	if err := t.allow(); err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := t.w.Write([]byte(part)); err != nil {
			return err
		}
	}
	return t.control.Flush()
}

// allow gives the next write its time, unless the stream was cut.
func (t *stream) allow() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.ctx.Err(); err != nil {
		return err
	}
	return t.control.SetWriteDeadline(time.Now().Add(t.patience))
}

// cut ends the stream from outside. What is being written to who does not read is
// given up.
func (t *stream) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over {
		t.cancel()
		_ = t.control.SetWriteDeadline(time.Now())
	}
}

// lastWords is the time in which the end of a stream has to be on its way.
const lastWords = 500 * time.Millisecond

// end lets the connection go.
func (t *stream) end() {
	for _, undo := range t.undo {
		undo()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.cancel()
	_ = t.control.SetWriteDeadline(time.Now().Add(lastWords))
}
