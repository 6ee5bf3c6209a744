package cli

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"vsay/internal/client"
)

// typeInto copies stdin to the session. A blocked read of stdin cannot be
// cancelled: this is the one goroutine that is left behind.
func (w *window) typeInto() {
	esc := &escape{char: w.v.escape, start: true}
	if w.v.tty == nil {
		esc.char = 0 // a file that holds ~. is not talking to us
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := w.a.In.Read(buf)
		var over error
		send := func(keys []byte) {
			if len(keys) > 0 && over == nil {
				w.blot.read()
				_, over = w.att.Write(keys)
			}
		}
		esc.filter(buf[:n], send, w.command)
		switch {
		case over != nil:
			return
		case err != nil && w.v.endKey:
			w.typeEnd()
			return
		case err != nil:
			w.att.CloseInput() // EOF ends the keys, not the session
			return
		}
	}
}

// command does what an escape asks for, and tells whether it is one.
func (w *window) command(key byte) bool {
	switch key {
	case '.':
		w.att.Leave()
	case 's':
		go w.tellTrips()
	case '?':
		c := escapeName(w.v.escape)
		w.note("escapes, after Enter: %s. leaves (the session runs on)   %s? this help   %s%s types %s   %ss tells the round trip", c, c, c, c, c, c)
	default:
		return false
	}
	return true
}

// tripWithin is how long an answer is waited for.
const tripWithin = 3 * time.Second

// tellTrips says how long a key takes there and back, split at the server.
func (w *window) tellTrips() {
	ctx, cancel := context.WithTimeout(context.Background(), tripWithin)
	defer cancel()
	server, session, err := w.att.Trips(ctx)
	switch {
	case err != nil:
		w.note("no link now: reconnecting; what you type is kept")
	case session == 0:
		w.note("round trip: %s to the server; the machine did not answer within %s", millis(server), tripWithin.String())
	default:
		session = max(session, server) // two that were made one after the other
		w.note("round trip: %s = %s to the server + %s on to the machine", millis(session), millis(server), millis(session-server))
	}
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// endOfInput is what ends the input of a terminal, as Ctrl-D does.
const endOfInput = 0x04

// How long output has to be quiet before endOfInput is typed, at first and at most.
const (
	firstQuiet = 300 * time.Millisecond
	mostQuiet  = 10 * time.Second
	noOutput   = 3 * time.Second // and none at all
)

// typeEnd types the end of input whenever the session waits for some: when it
// has put out something and is quiet. Typed sooner, while a shell is starting or
// another program runs, it may be lost.
func (w *window) typeEnd() {
	began, quiet := time.Now(), firstQuiet
	for typed := (time.Time{}); ; {
		select {
		case <-time.After(firstQuiet / 3):
		case <-w.over:
			return
		}
		last := w.out.last()
		switch {
		case w.att.Kept() > 0, last.IsZero() && time.Since(began) < noOutput:
			continue
		case time.Since(last) < quiet, last.Before(typed):
			continue
		}
		typed, quiet = time.Now(), min(2*quiet, mostQuiet)
		if _, err := w.att.Write([]byte{endOfInput}); err != nil {
			return
		}
	}
}

// clocked is a writer that knows when it was written to last.
type clocked struct {
	io.Writer
	at atomic.Pointer[time.Time]
}

func (c *clocked) Write(p []byte) (int, error) {
	now := time.Now()
	c.at.Store(&now)
	return c.Writer.Write(p)
}

// Replay is client.Replayer's.
func (c *clocked) Replay(p []byte) (int, error) {
	r, ok := c.Writer.(client.Replayer)
	if !ok {
		return c.Write(p)
	}
	now := time.Now()
	c.at.Store(&now)
	return r.Replay(p)
}

// last is when; zero: never.
func (c *clocked) last() time.Time {
	if at := c.at.Load(); at != nil {
		return *at
	}
	return time.Time{}
}
