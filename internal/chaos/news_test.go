//go:build unix

package chaos

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// news is what happened, for those who have to find out why.
type news struct {
	mu     sync.Mutex
	began  time.Time
	events []string // the last of them
	faults []string // what must not happen and did
	broken chan struct{}
	log    io.Writer // all of them; nil: nobody keeps them
	phase  phase
	quiet  bool // no fault has anything left to do: nothing may break any more
}

// phase is what silences are measured for.
type phase struct {
	calm  time.Time // since then no fault is active; zero: one is
	alone time.Time // since then one fault is, or was, and nothing else; zero: no such thing
}

const lastEvents = 60

func newNews() *news { return &news{began: time.Now(), broken: make(chan struct{})} }

func (n *news) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.note(format, args...)
}

func (n *news) note(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	n.events = append(n.events, fmt.Sprintf("%9.3fs  %s", time.Since(n.began).Seconds(), text))
	if n.log != nil {
		fmt.Fprintln(n.log, n.events[len(n.events)-1])
	}
	n.events = n.events[max(0, len(n.events)-lastEvents):]
	return text
}

// wrong is what must not happen. The run ends as soon as it can.
func (n *news) wrong(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = append(n.faults, n.note(format, args...))
	if len(n.faults) == 1 {
		close(n.broken)
	}
}

func (n *news) read() (faults, events []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.faults...), append([]string(nil), n.events...)
}

// lost notes that a link broke, which is wrong once all faults are over.
func (n *news) lost(who fmt.Stringer, why string) {
	n.mu.Lock()
	quiet := n.quiet
	n.mu.Unlock()
	if quiet {
		n.wrong("%s lost its link with no fault to blame: %s", who, why)
		return
	}
	n.add("%s lost its link: %s", who, why)
}

func (n *news) setQuiet() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.quiet = true
}

// setCalm says whether a fault is active.
func (n *news) setCalm(calm bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.phase.calm = time.Time{}
	if calm {
		n.phase.calm = time.Now()
	}
}

// setAlone says whether the fault that comes is to be looked at by itself.
func (n *news) setAlone(alone bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.phase.alone = time.Time{}
	if alone {
		n.phase.alone = time.Now()
	}
}

func (n *news) now() phase {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.phase
}
