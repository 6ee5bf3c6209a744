package server

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// Bounds of the audit stream, whose reader may be stuck for as long as it likes.
const (
	streamQueue = 8192 // records
	streamLast  = time.Second
)

// stream is the audit log as JSON lines, for a collector. It never makes the server
// wait: what it has no room for is left out, and the next line says which.
type stream struct {
	path string // "-": out
	log  *slog.Logger
	in   chan store.Record
	quit chan struct{}
	gone chan struct{}

	mu   sync.Mutex
	file *os.File
	out  io.Writer

	torn    bool // the last line was written in part
	failing bool
	gap     gap
}

// gap says which records a stream does not have. They are in the audit log.
type gap struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// openStream opens a file, or takes stdout for "-". No path is no stream.
func openStream(path string, stdout io.Writer, log *slog.Logger) (*stream, error) {
	if path == "" {
		return nil, nil
	}
	t := &stream{
		path: path, log: log, out: stdout,
		in: make(chan store.Record, streamQueue), quit: make(chan struct{}), gone: make(chan struct{}),
	}
	if err := t.reopen(); err != nil {
		return nil, err
	}
	go t.run()
	return t, nil
}

// reopen opens the file anew: a log rotation has moved it away.
func (t *stream) reopen() error {
	if t == nil || t.path == "-" {
		return nil
	}
	// A pipe that nobody reads is an error here, and not an open that never returns.
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return fmt.Errorf("the audit stream cannot be written: %w", err)
	}
	t.mu.Lock()
	old := t.file
	t.file, t.out = f, f
	t.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// send hands records over, in order. Only the journal calls it.
func (t *stream) send(records []store.Record) {
	if t == nil {
		return
	}
	for _, r := range records {
		select {
		case t.in <- r:
		default: // run sees that a number is missing
		}
	}
}

func (t *stream) close() {
	if t == nil {
		return
	}
	close(t.quit)
	select {
	case <-t.gone:
	case <-time.After(streamLast):
		t.log.Warn("the audit stream is stuck; its last records are in the audit log alone")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file != nil {
		_ = t.file.Close()
	}
}

func (t *stream) run() {
	defer close(t.gone)
	var last int64
	for {
		var r store.Record
		select {
		case r = <-t.in:
		default:
			select {
			case r = <-t.in:
			case <-t.quit:
				return
			}
		}
		if last > 0 && r.Seq > last+1 {
			t.miss(last+1, r.Seq-1)
		}
		last = r.Seq
		if t.gap.From > 0 && !t.line(struct {
			Gap gap `json:"gap"`
		}{t.gap}) {
			t.miss(r.Seq, r.Seq)
			continue
		}
		t.gap = gap{}
		if !t.line(shownRecord(r)) {
			t.miss(r.Seq, r.Seq)
		}
	}
}

func (t *stream) miss(from, to int64) {
	if t.gap.From == 0 {
		t.gap.From = from
	}
	t.gap.To = to
}

// line writes one. After half of one the next begins on a line of its own.
func (t *stream) line(v any) bool {
	b := append(wire.EscapeJSON(wire.Encode(v)), '\n')
	if t.torn {
		b = append([]byte{'\n'}, b...)
	}
	t.mu.Lock()
	out := t.out
	t.mu.Unlock()
	n, err := out.Write(b)
	if n > 0 {
		t.torn = n < len(b)
	}
	if (err != nil) != t.failing {
		t.failing = err != nil
		if t.failing {
			t.log.Error("the audit stream cannot be written; its records are in the audit log alone", "err", err)
		} else {
			t.log.Warn("the audit stream is written again")
		}
	}
	return err == nil
}
