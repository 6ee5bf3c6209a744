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

// Bounds of the audit feed, whose reader may be stuck for as long as it likes.
const (
	feedQueue = 8192 // records
	feedLast  = time.Second
)

// feed is the audit log as JSON lines, for a collector. It never makes the server
// wait: what it has no room for is left out, and the next line says which.
type feed struct {
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

// gap says which records a feed does not have. They are in the audit log.
type gap struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// openFeed opens a file, or takes stdout for "-". No path is no feed.
func openFeed(path string, stdout io.Writer, log *slog.Logger) (*feed, error) {
	if path == "" {
		return nil, nil
	}
	f := &feed{
		path: path, log: log, out: stdout,
		in: make(chan store.Record, feedQueue), quit: make(chan struct{}), gone: make(chan struct{}),
	}
	if err := f.reopen(); err != nil {
		return nil, err
	}
	go f.run()
	return f, nil
}

// reopen opens the file anew: a log rotation has moved it away.
func (f *feed) reopen() error {
	if f == nil || f.path == "-" {
		return nil
	}
	// A pipe that nobody reads is an error here, and not an open that never returns.
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return fmt.Errorf("the audit log cannot be written to --audit-log: %w", err)
	}
	f.mu.Lock()
	old := f.file
	f.file, f.out = file, file
	f.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// send hands records over, in order. Only the journal calls it.
func (f *feed) send(records []store.Record) {
	if f == nil {
		return
	}
	for _, r := range records {
		select {
		case f.in <- r:
		default: // run sees that a number is missing
		}
	}
}

func (f *feed) close() {
	if f == nil {
		return
	}
	close(f.quit)
	select {
	case <-f.gone:
	case <-time.After(feedLast):
		f.log.Warn("the collector of the audit log is stuck; its last records are in the audit log alone")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		_ = f.file.Close()
	}
}

func (f *feed) run() {
	defer close(f.gone)
	var last int64
	for {
		var r store.Record
		select {
		case r = <-f.in:
		default:
			select {
			case r = <-f.in:
			case <-f.quit:
				return
			}
		}
		if last > 0 && r.Seq > last+1 {
			f.miss(last+1, r.Seq-1)
		}
		last = r.Seq
		if f.gap.From > 0 && !f.line(struct {
			Gap gap `json:"gap"`
		}{f.gap}) {
			f.miss(r.Seq, r.Seq)
			continue
		}
		f.gap = gap{}
		if !f.line(shownRecord(r)) {
			f.miss(r.Seq, r.Seq)
		}
	}
}

func (f *feed) miss(from, to int64) {
	if f.gap.From == 0 {
		f.gap.From = from
	}
	f.gap.To = to
}

// line writes one. After half of one the next begins on a line of its own.
func (f *feed) line(v any) bool {
	b := append(wire.EscapeJSON(wire.Encode(v)), '\n')
	if f.torn {
		b = append([]byte{'\n'}, b...)
	}
	f.mu.Lock()
	out := f.out
	f.mu.Unlock()
	n, err := out.Write(b)
	if n > 0 {
		f.torn = n < len(b)
	}
	if (err != nil) != f.failing {
		f.failing = err != nil
		if f.failing {
			f.log.Error("the audit stream cannot be written; its records are in the audit log alone", "err", err)
		} else {
			f.log.Warn("the audit stream is written again")
		}
	}
	return err == nil
}
