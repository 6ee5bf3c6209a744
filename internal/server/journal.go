package server

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// Bounds of what waits to be written to the audit log.
const (
	journalQueue    = 4096            // records on their way
	journalBacklog  = 4096            // records that could not be written so far
	journalPatience = 5 * time.Second // how long one who has to know waits
	journalRetry    = time.Second
)

// journal is who writes the audit log: one, so that the records that come while a
// commit is on its way share the next.
type journal struct {
	book *store.AuditLog
	log  *slog.Logger
	feed *feed // for collectors, or nil
	in   chan entry
	quit chan struct{}
	gone chan struct{} // closed when it has written its last

	backlog []store.Record // by run alone
	failing bool           //
	lost    atomic.Int64   // records that there was no room for

	mu    sync.Mutex
	grown chan struct{} // closed when the log has grown

	shut sync.Once
	each func(time.Time) []store.Record // what is due by then
}

// entry is a record, and who waits for it to be on disk, if anybody does.
type entry struct {
	record store.Record
	done   chan error
}

func newJournal(book *store.AuditLog, out *feed, log *slog.Logger, each func(time.Time) []store.Record) *journal {
	j := &journal{
		each: each,
		book: book, log: log, feed: out, in: make(chan entry, journalQueue),
		quit: make(chan struct{}), gone: make(chan struct{}), grown: make(chan struct{}),
	}
	go j.run()
	return j
}

// write has a record written, and tells when it is on disk.
func (j *journal) write(r store.Record) error {
	ctx, cancel := context.WithTimeout(context.Background(), journalPatience)
	defer cancel()
	e := entry{r, make(chan error, 1)}
	select {
	case j.in <- e:
	case <-j.gone:
		return context.Canceled
	case <-ctx.Done():
		j.lost.Add(1)
		return ctx.Err()
	}
	select {
	case err := <-e.done:
		return err
	case <-j.gone:
		return context.Canceled
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note has a record written soon.
func (j *journal) note(r store.Record) {
	select {
	case j.in <- entry{record: r}:
	default:
		j.lost.Add(1)
	}
}

// close writes what waits, and lets go.
func (j *journal) close() {
	j.shut.Do(func() {
		close(j.quit)
		<-j.gone
		j.feed.close()
	})
}

func (j *journal) run() {
	defer close(j.gone)
	again := time.NewTicker(journalRetry)
	defer again.Stop()
	for {
		select {
		case e := <-j.in:
			j.commit(j.gather(e))
		case now := <-again.C:
			if due := j.each(now); len(due)+len(j.backlog) > 0 || j.lost.Load() > 0 {
				j.commit(entries(due))
			}
		case <-j.quit:
			rest := j.gather(entries(j.each(time.Now().Add(floodSpan)))...)
			if len(rest)+len(j.backlog) > 0 {
				j.commit(rest)
			}
			return
		}
	}
}

func entries(records []store.Record) []entry {
	var all []entry
	for _, r := range records {
		all = append(all, entry{record: r})
	}
	return all
}

// gather takes all that is there by now.
func (j *journal) gather(batch ...entry) []entry {
	for len(batch) < journalQueue {
		select {
		case e := <-j.in:
			batch = append(batch, e)
		default:
			return batch
		}
	}
	return batch
}

// commit writes a batch behind what could not be written before. What fails is tried
// again, and its records are in the server's log until then.
func (j *journal) commit(batch []entry) {
	records := j.backlog
	if lost := j.lost.Swap(0); lost > 0 {
		records = append(records, lostRecord(lost))
	}
	for _, e := range batch {
		records = append(records, e.record)
	}
	err := j.book.Append(context.Background(), records)
	for _, e := range batch {
		if e.done != nil {
			e.done <- err
		}
	}
	if err != nil {
		j.keep(records, err)
		return
	}
	if j.failing {
		j.failing = false
		j.log.Warn("the audit log is written again", "records", len(records))
	}
	j.backlog = nil
	j.tell()
	j.feed.send(records)
}

func (j *journal) keep(records []store.Record, err error) {
	if over := len(records) - journalBacklog; over > 0 {
		j.lost.Add(int64(over))
		records = records[over:]
	}
	j.backlog = records
	if !j.failing {
		j.log.Error("THE AUDIT LOG CANNOT BE WRITTEN; what happens is kept in memory and tried again", "err", err)
	}
	j.failing = true
}

func lostRecord(n int64) store.Record {
	return store.Record{
		At: time.Now(), Event: "audit records lost", Result: wire.AuditFailed, Detail: detailOf("count", n),
	}
}

// tell wakes those who follow the log.
func (j *journal) tell() {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.grown)
	j.grown = make(chan struct{})
}

// growth is closed when there is something new.
func (j *journal) growth() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.grown
}
