package client

import (
	"context"
	"time"

	"vsay/internal/wire"
)

// A link on which typing is not acknowledged may be half open: what is sent goes
// nowhere, and nobody says so. Or the program does not read, which is no fault of
// the link: so the session itself is asked, end to end. Where output comes all
// the same, the answer may wait behind it on a thin line, and gets more time.
const (
	lookEvery = 500 * time.Millisecond
	askAfter  = time.Second     // without an answer, and each second while it lasts
	doubtful  = 3 * time.Second // without a frame of the session
	deaf      = 8 * time.Second // without an answer, though frames come
	maxMute   = 2               // links that brought no Pong: this session answers none
)

// doubt looks after the live link while typing waits. It ends with ctx; what it
// looks for besides ends with life.
func (a *Attachment) doubt(life, ctx context.Context, l *link) {
	for {
		select {
		case <-a.doubts:
			a.watch(life, ctx, l)
		case <-ctx.Done():
			return
		}
	}
}

// watch asks the session for a sign, until the typing is acknowledged.
func (a *Attachment) watch(life, ctx context.Context, l *link) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var asked time.Duration
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		q, waits := a.quiet(l)
		switch {
		case !waits, ctx.Err() != nil: // a tick may be due as well
			return
		case q.doubtful() && a.mute < maxMute:
			a.second(life, ctx, l, q)
		case q.unanswered < askAfter:
			asked = 0
		case q.unanswered >= asked+askAfter:
			asked = q.unanswered
			l.conn.Ping(ctx, a.streamOf(l))
		}
	}
}

// quiet is for how long typing has waited and no frame has come, and for how long
// none that answers: an Ack of it, or a Pong.
type quiet struct{ silent, unanswered time.Duration }

func (q quiet) doubtful() bool { return q.silent >= doubtful || q.unanswered >= deaf }

// quiet looks at a link. A reader that draws is one that hears: a terminal that
// was stopped breaks no link.
func (a *Attachment) quiet(l *link) (q quiet, waits bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if a.typed.IsZero() {
		return q, false
	}
	if l.waits.IsZero() && now.Sub(l.draws) > lookEvery {
		l.sign = now
	}
	if !l.waits.IsZero() {
		q.silent = now.Sub(later(a.typed, l.waits))
	}
	q.unanswered = now.Sub(later(a.typed, l.sign))
	return q, true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// second looks for another link beside one that is silent. If that one is heard
// first, the other is dropped; if the other is there first, that one is, and Run
// goes on with the other.
func (a *Attachment) second(life, ctx context.Context, l *link, q quiet) {
	heard := l.heard
	if q.silent < doubtful {
		heard = l.signed
	}
	select {
	case <-heard: // of before
	default:
	}
	if now, _ := a.quiet(l); !now.doubtful() {
		return
	}
	a.lose(time.Now().Add(-max(q.silent, q.unanswered)), wire.ErrLinkLost.With("the session does not answer"))
	a.search = a.seek(life)
	select {
	case <-a.search.done:
		if a.search.err == nil {
			l.conn.CloseNow()
			<-ctx.Done()
			return
		}
		select { // nothing is to be found: the silent one is all there is
		case <-heard:
		case <-ctx.Done():
			return
		}
	case <-heard:
	case <-ctx.Done():
		return // Run waits for what is found
	}
	a.search.drop()
	a.search = nil
	a.regain()
	a.mend(ctx, l)
}

// Spoil says that the terminal shows something that is not the session's. The
// session draws its screen anew as soon as it can be reached.
func (a *Attachment) Spoil() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spoiled = true
}

// Redraw is Spoil, and has the screen drawn as soon as it can be, without waiting
// for it.
func (a *Attachment) Redraw() {
	a.Spoil()
	a.mu.Lock()
	l := a.live
	a.mu.Unlock()
	if l != nil {
		go a.mend(context.Background(), l) // a terminal that takes nothing would hold it up
	}
}

// mend asks for the screen if it was spoilt, and again where none came: there
// was more output first than fits in a window, or the holder is an older one.
func (a *Attachment) mend(ctx context.Context, l *link) {
	a.mu.Lock()
	due := a.spoiled && !l.asking && a.silent.IsZero() &&
		(l.redraws == 0 || l.redraws < maxRedraws && time.Since(l.asked) > redrawWithin)
	a.mu.Unlock()
	if due {
		a.reopen(ctx, l)
	}
}

const (
	maxRedraws   = 3
	redrawWithin = time.Second
)
