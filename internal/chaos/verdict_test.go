//go:build unix

package chaos

import (
	"fmt"
	"io"
	"testing"
	"text/tabwriter"
	"time"
)

// tell prints the table, and what is wrong.
func (r *run) tell(t *testing.T) {
	out := t.Output()
	fmt.Fprintf(out, "seed %d: %d faults in %d rounds, %d sessions, %s\n\n", r.seed, sum(r.done), r.rounds, len(r.all), r.took.Round(time.Second))
	r.faultTable(out)
	r.sessionTable(out)
	r.aloneTable(out)
	r.sums(out)
	faults, events := r.news.read()
	if len(faults) == 0 {
		return
	}
	for _, f := range faults {
		t.Error(f)
	}
	fmt.Fprintf(out, "\nseed %d; the last events:\n", r.seed)
	for _, e := range events {
		fmt.Fprintln(out, e)
	}
	for _, name := range []string{"server", "agent"} {
		fmt.Fprintf(out, "\nthe end of the %s's log:\n%s", name, r.stack.tail(name))
	}
	fmt.Fprintf(out, "\nall of it is in %s\n", r.stack.dir)
}

func sum(counts [kinds]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func (r *run) faultTable(w io.Writer) {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer tab.Flush()
	for k, n := range r.done {
		fmt.Fprintf(tab, "%s\t%d\t\n", kind(k), n)
	}
}

func (r *run) sessionTable(w io.Writer) {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer tab.Flush()
	fmt.Fprintln(tab, "\t\t\tsession\tbytes out\tbytes in\tlost\tdoubled\tchanged\tsilence\tin calm\ttyping\tin calm\tattaches\tredials\t")
	for _, x := range r.all {
		s := x.book()
		s.mu.Lock()
		fmt.Fprintf(tab, "%d\t%s\t\t\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%d\t%s\t\n", s.number, s.what, s.out.n+s.errs.n, s.typed.n,
			s.out.Lost+s.errs.Lost+s.report.Lost, s.out.Doubled+s.errs.Doubled+s.report.Doubled, s.out.Changed+s.errs.Changed+s.report.Changed,
			short(s.heard.longest), short(s.heard.calm), short(s.echoed.longest), short(s.echoed.calm), s.attaches, s.redialled())
		s.mu.Unlock()
	}
}

// redialled is how often a client dialled again: of another process we do not know.
func (s *stream) redialled() string {
	if s.own {
		return fmt.Sprint(s.redials)
	}
	return "-"
}

func short(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

func (r *run) sums(w io.Writer) {
	for i, h := range r.stack.hops {
		fmt.Fprintf(w, "%s: %d connections, %d bytes to the server, %d from it\n", hopNames[i], h.dialled.Load(), h.carried[toServer].Load(), h.carried[fromServer].Load())
	}
	for _, x := range r.all {
		if s := x.book(); s.report.Late > 0 {
			fmt.Fprintf(w, "%s: %d records of one client were read after those of the next\n", s, s.report.Late)
		}
	}
	r.stack.mu.Lock()
	defer r.stack.mu.Unlock()
	fmt.Fprintf(w, "a half-open connection lived %s at most; after a round every session moved on within %s; the end of a program was told within %s\n",
		short(r.stack.unheard), short(r.calmest), short(r.slowest))
}
