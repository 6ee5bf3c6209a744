//go:build unix

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"vsay/internal/client"
	"vsay/internal/wire"
)

// guest is an attachment in this process that only watches somebody else's
// session.
type guest struct {
	*stream
	cols, rows uint16

	att  *client.Attachment
	quit context.CancelFunc
	done chan error
	told int    // gaps
	lost func() // is told when the link is lost; nil: nobody is
}

func (g *guest) book() *stream { return g.stream }

func (g *guest) abandon() {
	if g.quit != nil {
		g.quit()
	}
}

// attach looks on, from now until the program has ended.
func (g *guest) attach(screen io.Writer) (err error) {
	ctx, quit := context.WithCancel(context.Background())
	g.quit, g.own = quit, true
	opening, opened := context.WithTimeout(ctx, patience)
	defer opened()
	id, err := g.stack.sessionOf(opening, g.host.socket)
	if err != nil {
		return err
	}
	o := wire.Open{Session: id, ReadOnly: true, Source: "chaos", Cols: g.cols, Rows: g.rows}
	if g.att, err = g.stack.api.Attach(opening, g.stack.box, o); err != nil {
		return err
	}
	g.attaches++
	g.listen(g.att)
	g.att.Gap = g.gap
	if say := g.att.Lost; g.lost != nil {
		g.att.Lost = func(err error) { g.lost(); say(err) }
	}
	g.done = make(chan error, 1)
	go func() {
		exit, err := g.att.Run(ctx, screen, errSink{g.stream})
		if err == nil && exit.Code != 0 {
			err = fmt.Errorf("the program ended with %s %s", exit, exit.Error)
		}
		if err != nil && ctx.Err() == nil {
			g.stack.news.wrong("%s: the attachment ended: %v", g, err)
		}
		g.done <- err
	}()
	return g.begun()
}

// kept is what a machine keeps of a session's output, in bytes: who is told of a
// smaller gap was told a lie.
const kept = 8 << 20

func (g *guest) gap(x wire.Gap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.told++
	if x.To-x.From < kept {
		g.stack.news.wrong("%s: %d bytes were said to be gone, and the machine keeps %d", g, x.To-x.From, kept)
	}
}

// finish waits for the end, which the host has brought about.
func (g *guest) finish() error { return <-g.done }

// watching is one whose terminal has the size of the session's: it is shown the
// screen once, and from there sees every byte.
type watching struct {
	guest
	rows *rows // what its terminal shows
	tail tail  // every byte since the screen

	spoils bool // its terminal shows something else whenever its link is lost
	due    bool // and the screen was not drawn anew since
}

func newWatching(s *stream, spoils bool) *watching {
	return &watching{guest: guest{stream: s, cols: 80, rows: 24}, rows: &rows{s: s, late: true}, spoils: spoils}
}

func (w *watching) start() error {
	w.rows.begin()
	if w.spoils {
		w.lost = func() {
			w.mu.Lock()
			w.due = true
			w.mu.Unlock()
			w.att.Spoil()
		}
	}
	return w.attach(w)
}

func (w *watching) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, drawn := w.out.Records, w.rows.redrew
	w.rows.read(p)
	w.tail.read(p)
	w.due = w.due && w.rows.redrew == drawn
	w.moved(before)
	return len(p), nil
}

func (w *watching) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tail.close()
	say := func(format string, args ...any) { w.stack.news.wrong("%s: "+format, append([]any{w}, args...)...) }
	if f := w.out.faults(); f != "" {
		say("%s", f)
	}
	if f := w.tail.faults(); f != "" {
		say("byte by byte: %s", f)
	}
	if w.due {
		say("its terminal was spoilt, and its screen not drawn anew")
	}
	if w.rows.redrew != w.told && !w.spoils {
		say("its screen was drawn anew %d times, and %d times it was told why", w.rows.redrew, w.told)
	}
	w.host.mu.Lock()
	end := w.host.out.last.number
	w.host.mu.Unlock()
	for _, last := range []record{w.out.last, w.tail.last()} {
		if last.number != end || !last.last {
			say("it saw the end at record %d, not %d", last.number, end)
		}
	}
}

// tail reads what follows a screen, byte by byte: from the end of the line that
// the screen ended in, there is nothing but whole records.
type tail struct {
	*ledger // since the last screen; nil: no line has ended yet
	before  ledger
}

// read takes what a terminal is sent. Programs here write no escape sequences,
// so that those are of a screen.
func (t *tail) read(p []byte) {
	if at := bytes.LastIndexByte(p, 0x1b); at >= 0 {
		t.drop()
		p = p[at:]
	}
	if t.ledger == nil {
		at := bytes.IndexByte(p, '\n')
		if at < 0 {
			return
		}
		t.ledger, p = newLedger(true), p[at+1:]
		t.rejoin = true
	}
	_, _ = t.Write(p)
}

// drop begins anew: what was half a record was cut by a screen.
func (t *tail) drop() {
	if t.ledger == nil {
		return
	}
	t.buf = nil
	t.ledger.close()
	t.before.Lost, t.before.Doubled, t.before.Changed = t.before.Lost+t.Lost, t.before.Doubled+t.Doubled, t.before.Changed+t.Changed
	t.ledger = nil
}

func (t *tail) close() {
	if t.ledger != nil {
		t.ledger.close()
	}
}

func (t *tail) faults() string {
	if f := t.before.faults(); f != "" || t.ledger == nil {
		return f
	}
	return t.ledger.faults()
}

func (t *tail) last() record {
	if t.ledger == nil {
		return record{}
	}
	return t.ledger.last
}

func TestTail(t *testing.T) {
	of := func(n uint64) string { return string(record{life: 1, number: n}.append(nil, false)) }
	screen := "\x1b[H\x1b[2J" + of(7) + of(8)[:20] + "\x1b[3;20H\x1b[m" + of(8)[19:20]
	for _, c := range []struct {
		name, after string
		wrong       bool
	}{
		{"goes on", of(8)[20:] + of(9) + of(10), false},
		{"a screen again", of(8)[20:] + of(9)[:30] + screen + of(8)[20:] + of(9), false},
		{"a byte is missing", of(8)[20:] + of(9)[:63] + of(10) + of(10), true},
		{"a carriage return twice", of(8)[20:] + of(9)[:62] + "\r" + of(9)[62:] + of(10), true},
		{"a record is missing", of(8)[20:] + of(9) + of(11), true},
		{"a record comes twice", of(8)[20:] + of(9) + of(9), true},
		{"wrong before a screen", of(8)[20:] + of(9) + of(9) + screen + of(8)[20:] + of(9), true},
	} {
		var l tail
		for _, b := range []byte(screen + c.after) {
			l.read([]byte{b})
		}
		l.close()
		if got := l.faults(); (got != "") != c.wrong {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
