package client

import (
	"context"
	"time"

	"vsay/internal/wire"
)

// A link on which typing is not acknowledged may be half open: what is sent goes
// nowhere, and nobody says so. Or the program does not read, which is no fault of
// the link: so the session itself is asked, end to end.
const (
	lookEvery = 500 * time.Millisecond
	askAfter  = time.Second     // and each second while it lasts
	doubtful  = 3 * time.Second // without a frame of the session
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
		quiet, waits := a.quiet(l)
		switch {
		case !waits, ctx.Err() != nil: // a tick may be due as well
			return
		case quiet >= doubtful && a.mute < maxMute:
			a.second(life, ctx, l, time.Now().Add(-quiet))
		case quiet < askAfter:
			asked = 0
		case quiet >= asked+askAfter:
			asked = quiet
			l.conn.Ping(ctx, a.streamOf(l))
		}
	}
}

// quiet is for how long typing has waited and not a frame has come. A reader that
// draws is one that hears: a terminal that was stopped breaks no link.
func (a *Attachment) quiet(l *link) (quiet time.Duration, waits bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.typed.IsZero() {
		return 0, false
	}
	if l.waits.IsZero() {
		return 0, true
	}
	since := a.typed
	if l.waits.After(since) {
		since = l.waits
	}
	return time.Since(since), true
}

// second looks for another link beside one that is silent. If that one is heard
// first, the other is dropped; if the other is there first, that one is, and Run
// goes on with the other.
func (a *Attachment) second(life, ctx context.Context, l *link, since time.Time) {
	select {
	case <-l.heard: // of before
	default:
	}
	if quiet, _ := a.quiet(l); quiet < doubtful {
		return
	}
	a.lose(since, wire.ErrLinkLost.With("nothing was heard of the session for %s", doubtful))
	a.search = a.seek(life)
	select {
	case <-a.search.done:
		if a.search.err == nil {
			l.conn.CloseNow()
			<-ctx.Done()
			return
		}
		select { // nothing is to be found: the silent one is all there is
		case <-l.heard:
		case <-ctx.Done():
			return
		}
	case <-l.heard:
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
