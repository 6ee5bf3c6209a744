package client

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"vsay/internal/wire"
)

// maxKept bytes are typed ahead of what the session has taken; then Write waits.
const maxKept = 256 << 10

// Attachment is one viewer on one session, over as many links as it takes: when
// one breaks it dials again and goes on where it was, with no byte lost and
// none doubled in either direction.
//
// One link at a time is live: it alone brings output, and carries what is typed.
// Run is the only one that makes another one live, and it does so when it reads
// from none.
type Attachment struct {
	api     *Client
	agentID string
	ask     wire.Open
	dial    func(context.Context) (*wire.Conn, error)

	// Lost is told that the link broke, or is silent under what is typed, and why;
	// Back that the session answers again. They come in turn. They may be nil, and
	// must be set before Run.
	Lost func(err error)
	Back func()
	// Gap is told how much output is gone for good: the machine keeps the last
	// megabytes only.
	Gap func(wire.Gap)

	Opened wire.Opened // the session's answer to the first Open

	mu       sync.Mutex
	missed   uint64 // output before it was put out while there was no link
	live     *link
	stop     func() // ends Run
	progress *wire.Progress
	asked    int        // the generation of the newest Open
	room     *sync.Cond // on mu: kept input got less, or it is over
	pace     wire.Pace
	pauses   pauses
	typed    time.Time   // since then typing waits for an Ack; zero: none does
	silent   time.Time   // since then the session cannot be reached; zero: it can
	spoiled  bool        // the terminal shows what is not the session's
	resized  *time.Timer // asks anew, of a viewer whose size is that of its Open
	waiting  []string    // signals for a session that cannot be reached now
	over     error       // why Write cannot go on
	left     bool

	token   string        // of the last dial; on mu
	mute    int           // links in a row that brought no Pong; Run's, as search is
	search  *search       // for the next link; doubt's while a link is served
	turn    sync.Mutex    // held while a frame is taken, with all the drawing
	sending sync.Mutex    // one at a time takes from progress.Next
	drew    chan struct{} // something was drawn that is not acknowledged
	doubts  chan struct{} // typing began to wait
}

// Attach opens a session on a machine, new or running, as o says. It returns
// when the session has answered.
func (c *Client) Attach(ctx context.Context, agentID string, o wire.Open) (*Attachment, error) {
	a := newAttachment(c, agentID, o)
	return a, a.begin(ctx)
}

func newAttachment(c *Client, agentID string, o wire.Open) *Attachment {
	a := &Attachment{
		api: c, agentID: agentID, ask: o, progress: wire.NewProgress(),
		drew: make(chan struct{}, 1), doubts: make(chan struct{}, 1),
	}
	a.room = sync.NewCond(&a.mu)
	a.dial = a.dialServer
	return a
}

// begin is the first Open. From then on this very session is meant, whatever
// became of its name.
func (a *Attachment) begin(ctx context.Context) error {
	l, err := a.open(ctx, openWithin)
	if err != nil {
		return err
	}
	a.Opened = l.answer
	a.mu.Lock()
	a.ask.Session, a.ask.Name, a.ask.New, a.ask.Steal = a.Opened.Session, "", false, false
	a.mu.Unlock()
	if err := a.adopt(l); err != nil {
		l.conn.CloseNow()
		return err
	}
	return nil
}

// Run draws output until the program has ended, and says how it ended. Drawn is
// what stdout or stderr has taken: only that is acknowledged, so a slow terminal
// slows the program instead of filling memory. An error is the end of the
// attachment, not of the session.
func (a *Attachment) Run(ctx context.Context, stdout, stderr io.Writer) (wire.Exit, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.mu.Lock()
	a.stop = stop
	l := a.live
	a.mu.Unlock()
	exit, err := a.run(ctx, l, screen{stdout, stderr})
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left {
		err = ErrLeft
	}
	if a.resized != nil {
		a.resized.Stop()
	}
	a.over = errors.Join(err, io.ErrClosedPipe)
	a.room.Broadcast()
	return exit, err
}

// ErrLeft is how Run ends after Leave.
var ErrLeft = errors.New("left the session")

// run serves one link after the other.
func (a *Attachment) run(ctx context.Context, l *link, s screen) (wire.Exit, error) {
	defer func() { a.search.drop() }()
	for {
		exit, err := a.serve(ctx, l, s)
		a.retire(l)
		if exit != nil {
			hangUp(l.conn)
			return *exit, nil
		}
		l.conn.CloseNow()
		if ctx.Err() != nil || a.hasLeft() {
			return wire.Exit{}, errors.Join(ctx.Err(), ErrLeft)
		}
		if final(err) {
			return wire.Exit{}, err
		}
		if l, err = a.next(ctx, err); err != nil {
			return wire.Exit{}, err
		}
	}
}

// retire takes a link that was served out of use.
func (a *Attachment) retire(l *link) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.live = nil
	a.pauses.ended(l.began, time.Now())
	a.mute++
	if l.ponged {
		a.mute = 0
	}
}

// next makes another link live: the one that is being looked for since the last
// one fell silent, or else a new one.
func (a *Attachment) next(ctx context.Context, why error) (*link, error) {
	a.lose(time.Now(), why)
	for {
		if a.search == nil {
			a.search = a.seek(ctx)
		}
		l, err := a.search.result()
		a.search = nil
		if err != nil {
			return nil, err
		}
		err = a.adopt(l)
		if err == nil {
			a.regain()
			return l, nil
		}
		l.conn.CloseNow()
		if !errors.Is(err, errMovedOn) {
			return nil, err
		}
	}
}

// hangUpWithin is how long an end may take: the other end may be dead, and
// somebody waits for his prompt.
const hangUpWithin = time.Second

// hangUp says goodbye to the server, so that nothing on its way is lost.
func hangUp(conn *wire.Conn, last ...wire.Frame) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, f := range last {
			_ = conn.Write(context.Background(), f)
		}
		conn.Close(nil)
	}()
	select {
	case <-done:
	case <-time.After(hangUpWithin):
	}
}

// lose says that the session cannot be reached, since then.
func (a *Attachment) lose(since time.Time, why error) {
	a.mu.Lock()
	known := !a.silent.IsZero()
	if !known {
		a.silent = since
	}
	a.mu.Unlock()
	if !known && a.Lost != nil {
		a.Lost(why)
	}
}

// regain says that it can be.
func (a *Attachment) regain() {
	a.mu.Lock()
	was := !a.silent.IsZero()
	a.silent = time.Time{}
	a.mu.Unlock()
	if was && a.Back != nil {
		a.Back()
	}
}

// Silent is since when the session cannot be reached; zero: it can.
func (a *Attachment) Silent() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.silent
}
