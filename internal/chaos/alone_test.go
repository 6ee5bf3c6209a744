//go:build unix

package chaos

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// single is what one fault did by itself: the longest silences of all sessions.
type single struct {
	what    string
	times   int
	lasted  time.Duration // the fault, at most
	output  time.Duration // nothing came to a client of ours that types
	typing  time.Duration // nothing more was read of what it typed
	plain   time.Duration // either, of a plain WebSocket
	watched time.Duration // nothing came to one that types nothing
}

// remnants is how long what is left of earlier faults is waited for.
const remnants = 35 * time.Second

// passAlone is a round of one fault, which begins when nothing is left of others.
func (r *run) passAlone(f fault) bool {
	ctx, stop := context.WithTimeout(context.Background(), remnants)
	defer stop()
	for _, links := r.stack.ghosts(); links > 0 && ctx.Err() == nil; _, links = r.stack.ghosts() {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	if !r.calm() {
		return false
	}
	r.news.setAlone(true)
	defer r.news.setAlone(false)
	for _, x := range r.all {
		s := x.book()
		s.mu.Lock()
		s.heard.alone, s.echoed.alone = 0, 0
		s.mu.Unlock()
	}
	if !r.storm([]fault{f}) || !r.calm() {
		return false
	}
	r.note(f)
	return true
}

func (r *run) note(f fault) {
	it := single{what: f.what(), times: 1, lasted: f.For}
	for _, x := range r.all {
		s := x.book()
		s.mu.Lock()
		_, plain := x.(*scripted)
		switch {
		case plain:
			it.plain = max(it.plain, s.heard.alone, s.echoed.alone)
		case s.host != nil:
			it.watched = max(it.watched, s.heard.alone)
		default:
			it.output, it.typing = max(it.output, s.heard.alone), max(it.typing, s.echoed.alone)
		}
		s.mu.Unlock()
	}
	for i, known := range r.alone {
		if known.what == it.what {
			r.alone[i] = known.and(it)
			return
		}
	}
	r.alone = append(r.alone, it)
}

func (s single) and(t single) single {
	return single{
		s.what, s.times + t.times, max(s.lasted, t.lasted),
		max(s.output, t.output), max(s.typing, t.typing), max(s.plain, t.plain), max(s.watched, t.watched),
	}
}

func (r *run) aloneTable(w io.Writer) {
	if len(r.alone) == 0 {
		return
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer tab.Flush()
	fmt.Fprintln(tab, "\na fault by itself\ttimes\tlasted\tsilence\ttyping\tplain\twho only watches\t")
	for _, s := range r.alone {
		fmt.Fprintf(tab, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", s.what, s.times, short(s.lasted), short(s.output), short(s.typing), short(s.plain), short(s.watched))
	}
}
