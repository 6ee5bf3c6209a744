package cli

import (
	"fmt"
	"sync"
	"time"

	"vsay/internal/wire"
)

// noticed is how long a session may be out of reach before it is said: a link
// that is back by then was never missed.
const noticed = 2 * time.Second

// trouble tells the person that the session cannot be reached, while that lasts:
// on a terminal in a line that counts the seconds and leaves no trace, elsewhere
// in a note.
type trouble struct {
	w *window

	mu    sync.Mutex
	away  bool
	told  bool
	timer *time.Timer
}

// watch has the attachment report.
func (t *trouble) watch() {
	t.w.att.Lost = func(error) { t.lost() }
	t.w.att.Back = t.back
	t.w.att.Gap = t.gap
}

func (t *trouble) lost() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.away, t.told = true, false
	wait := noticed - t.w.away()
	if wait <= 0 {
		t.tell() // now, so that the next link knows that the screen is spoilt
		return
	}
	t.timer = time.AfterFunc(wait, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.tell()
	})
}

// tell says it, and again every second where that shows. t.mu is held.
func (t *trouble) tell() {
	switch {
	case !t.away || t.w.a.Quiet:
		return
	case t.w.screen == nil:
		if !t.told {
			t.w.note("the link broke: reconnecting; what you type is kept")
		}
		t.told = true
		return
	}
	away := t.w.away()
	cols, rows := screenSize(t.w.v.tty)
	t.w.att.Spoil()
	t.w.screen.tell(t.w.status(away), int(cols), int(rows))
	t.timer = time.AfterFunc(time.Second-away%time.Second, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.tell()
	})
}

// away is for how long the session has been out of reach.
func (w *window) away() time.Duration {
	if since := w.att.Silent(); !since.IsZero() {
		return time.Since(since)
	}
	return 0
}

// status is what the line says.
func (w *window) status(away time.Duration) string {
	text := fmt.Sprintf(" vsay: reconnecting, %d s", away/time.Second)
	if w.v.input && !w.v.readOnly {
		text += "; typed keys are kept"
		if n := w.att.Kept(); n > 0 {
			text += fmt.Sprintf(": %d", n)
		}
	}
	if w.v.escape != 0 {
		text += fmt.Sprintf(" (Enter %s. leaves)", escapeName(w.v.escape))
	}
	return text
}

func (t *trouble) back() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quiet()
	if t.told {
		t.w.note("connected again")
	}
}

// quiet ends it. t.mu is held.
func (t *trouble) quiet() {
	t.away = false
	if t.timer != nil {
		t.timer.Stop()
	}
	if t.w.screen != nil {
		t.w.screen.clear()
	}
}

func (t *trouble) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quiet()
}

func (t *trouble) gap(g wire.Gap) {
	if g.To <= g.From {
		return // nothing that a machine of ours says
	}
	t.w.note("%d KB of output were skipped: the machine keeps the last 8 MB", (g.To-g.From)/1000)
	if t.w.screen != nil {
		t.w.a.makeRoom() // or the screen that follows would take its place
	}
}
