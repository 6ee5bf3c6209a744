package client

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"vsay/internal/wire"
)

// screen is where the session's output goes.
type screen struct{ stdout, stderr io.Writer }

// serve draws what one link brings, until it breaks or the program has ended.
func (a *Attachment) serve(life context.Context, l *link, s screen) (*wire.Exit, error) {
	ctx, stop := context.WithCancel(life)
	var live sync.WaitGroup
	defer live.Wait()
	defer stop()
	live.Go(func() { _ = l.conn.KeepAlive(ctx) })
	live.Go(func() { a.ackLate(ctx, l) })
	live.Go(func() { a.renewToken(ctx, l) })
	live.Go(func() { a.doubt(life, ctx, l) })
	l.conn.Ping(ctx, a.streamOf(l)) // does this session answer at all?
	a.begun(ctx, l)
	for {
		a.waits(l, time.Now())
		f, err := l.conn.Read(ctx)
		if err != nil {
			return nil, err
		}
		a.waits(l, time.Time{})
		exit, err := a.take(ctx, l, f, s)
		if exit != nil || err != nil {
			return exit, err
		}
	}
}

// waits notes since when a link's reader waits for a frame; zero: it has one.
func (a *Attachment) waits(l *link, since time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.waits = since; since.IsZero() {
		l.draws = time.Now()
	}
}

// answers notes that the session has answered something.
func (a *Attachment) answers(l *link) {
	a.mu.Lock()
	l.sign = time.Now()
	a.mu.Unlock()
	nudge(l.signed)
}

func (a *Attachment) streamOf(l *link) uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return l.stream
}

// begun sends what had to wait for the answer to Open.
func (a *Attachment) begun(ctx context.Context, l *link) {
	a.sendWaiting()
	a.flush() // what was typed and not acknowledged goes again
	a.fit(ctx, l)
	a.mend(ctx, l)
}

// take does what a frame says. What comes on a stream that was given up for a
// newer one is no more than a sign of life.
func (a *Attachment) take(ctx context.Context, l *link, f wire.Frame, s screen) (*wire.Exit, error) {
	a.turn.Lock()
	defer a.turn.Unlock()
	if f.Stream == 0 {
		return nil, nil
	}
	if f.Kind != wire.KindClose { // which may only say that a newer link is there
		nudge(l.heard)
	}
	if f.Stream != a.streamOf(l) {
		return nil, nil
	}
	switch f.Kind {
	case wire.KindOpened:
		return nil, a.takeOpened(ctx, l, f)
	case wire.KindOutput:
		return nil, a.draw(ctx, l, f, s.stdout)
	case wire.KindStderr:
		return nil, a.draw(ctx, l, f, s.stderr)
	case wire.KindScreen:
		return nil, a.show(ctx, l, f, s.stdout)
	case wire.KindGap:
		return nil, a.takeGap(f)
	case wire.KindAck:
		a.answers(l)
		return nil, a.takeAck(f)
	case wire.KindPong:
		a.answers(l)
		a.takePong(l, f)
	case wire.KindExit:
		return a.takeExit(ctx, l, f)
	case wire.KindClose:
		return nil, a.closed(l, f)
	}
	return nil, nil
}

// takeOpened is the answer to an Open on a link that is live already.
func (a *Attachment) takeOpened(ctx context.Context, l *link, f wire.Frame) error {
	a.mu.Lock()
	if !l.asking {
		a.mu.Unlock()
		return nil
	}
	err := wire.Decode(f.Payload, &l.answer)
	if err == nil {
		l.at = f.Offset
		err = a.answered(l)
	}
	a.mu.Unlock()
	if err != nil {
		return err
	}
	a.sendWaiting()
	a.flush()
	if !a.ask.ReadOnly { // whose size asks anew by itself
		a.fit(ctx, l)
	}
	return nil
}

func (a *Attachment) takeGap(f wire.Frame) error {
	var g wire.Gap
	if err := wire.Decode(f.Payload, &g); err != nil {
		return err
	}
	if a.Gap != nil {
		a.Gap(g)
	}
	return nil
}

func (a *Attachment) takeAck(f wire.Frame) error {
	a.mu.Lock()
	err := a.progress.Acked(f)
	if a.progress.Kept() == 0 {
		a.typed = time.Time{}
	}
	a.room.Broadcast()
	a.mu.Unlock()
	a.flush()
	return err
}

func (a *Attachment) takeExit(ctx context.Context, l *link, f wire.Frame) (*wire.Exit, error) {
	var exit wire.Exit
	if err := wire.Decode(f.Payload, &exit); err != nil {
		return nil, err
	}
	a.ack(ctx, l, true)
	_ = l.conn.Write(ctx, wire.Frame{Kind: wire.KindClose, Stream: f.Stream}) // or it would be kept for us
	return &exit, nil
}

// closed is why the session closed a stream. It may be that it has heard of a
// newer one of ours: that ends this link and not the attachment.
func (a *Attachment) closed(l *link, f wire.Frame) error {
	err := closeError(f)
	a.mu.Lock()
	defer a.mu.Unlock()
	if errors.Is(err, wire.ErrStolen) && a.asked > l.generation {
		return wire.ErrLinkLost
	}
	return err
}

// drawError is a stdout or stderr that takes no more.
type drawError struct{ error }

func (e drawError) Unwrap() error { return e.error }

// show draws a part of a screen. The empty one ends it: this viewer is there.
func (a *Attachment) show(ctx context.Context, l *link, f wire.Frame, w io.Writer) error {
	if len(f.Payload) > 0 {
		if _, err := w.Write(f.Payload); err != nil {
			return drawError{err}
		}
		return nil
	}
	a.mu.Lock()
	a.progress.Jump(f.Offset)
	a.spoiled, l.redraws = false, 0
	a.mu.Unlock()
	a.ack(ctx, l, true)
	return nil
}

// Replayer is a stdout that is told which output is not of now: it was put out
// while nobody here could see it.
type Replayer interface {
	Replay(p []byte) (int, error)
}

// write writes output of which the first so many bytes are old.
func write(w io.Writer, p []byte, old uint64) error {
	if r, ok := w.(Replayer); ok && old > 0 {
		n := min(old, uint64(len(p)))
		if _, err := r.Replay(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	if len(p) == 0 {
		return nil
	}
	_, err := w.Write(p)
	return err
}

func (a *Attachment) draw(ctx context.Context, l *link, f wire.Frame, w io.Writer) error {
	a.mu.Lock()
	old := a.missed - min(a.missed, a.progress.Position())
	fresh, err := a.progress.Output(f)
	a.mu.Unlock()
	if err != nil || len(fresh) == 0 {
		return err
	}
	began := time.Now()
	if err := write(w, fresh, old); err != nil {
		return drawError{err}
	}
	a.mu.Lock()
	a.progress.Drawn(len(fresh))
	a.pace.Drew(len(fresh), time.Since(began))
	a.progress.SetWindow(a.pace.Window(l.conn.RTT()))
	a.mu.Unlock()
	a.ack(ctx, l, false)
	return nil
}

// nudge wakes who waits on ch, now or when he looks next.
func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
