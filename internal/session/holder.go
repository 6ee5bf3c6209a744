//go:build unix

package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"vsay/internal/wire"
)

// holder owns one session: its program, its Core, its link.
type holder struct {
	conf     Config
	endpoint *wire.Endpoint
	ticket   string // for the first dial; empty once it was used
	secret   string // for all others
	log      *slog.Logger
	proc     *process // nil when it did not start
	moved    moment   // when something was put out or typed last

	mu      sync.Mutex // guards what follows
	core    *Core
	conn    *wire.Conn // the link, or nil
	last    time.Time  // when there was a viewer last
	size    [2]uint16
	written bool       // the server has the exit on disk
	known   bool       // there was a link once
	dropped bool       // the last one broke under a viewer, or soon after him
	ending  bool       // the session is being ended
	tired   bool       // its end was kept long enough
	changed *sync.Cond // on mu: any of the above

	sending sync.Mutex    // one at a time takes from Core.Next, or frames would cross
	due     chan struct{} // frames may be sent
	typing  *typing
	call    chan struct{} // dial
	end     chan struct{} // end the session
	endOnce sync.Once
}

// Run holds a session until it is over: read its Config from in, start the
// program, say "ok" on out, dial the server, stay.
func Run(ctx context.Context, in io.Reader, out io.WriteCloser, log *slog.Logger) error {
	var conf Config
	if err := wire.DecodeFrom(in, &conf); err != nil {
		return err
	}
	h, err := newHolder(conf, log)
	if err != nil {
		return err
	}
	sock, err := listen(conf.Socket)
	if err != nil {
		return err
	}
	defer os.Remove(conf.Socket)
	defer sock.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	adoptOrphans()
	keepToOurselves()
	signals := catchSignals()
	defer signal.Stop(signals)
	proc, exit := start(conf)
	h.proc = proc
	_, _ = io.WriteString(out, "ok\n") // if nobody listens the agent died; the session need not
	out.Close()
	go h.answer(sock)
	go h.catch(ctx, signals)
	return h.run(ctx, exit)
}

func newHolder(conf Config, log *slog.Logger) (*holder, error) {
	u, err := wire.ParseHost(conf.Server, conf.Insecure)
	if err != nil {
		return nil, err
	}
	endpoint, err := wire.NewEndpoint(u, wire.Trust{File: conf.CAFile, Root: conf.Root, Pins: conf.Pins})
	if err != nil {
		return nil, err
	}
	signal1 := func() chan struct{} { return make(chan struct{}, 1) }
	h := &holder{
		conf: conf, endpoint: endpoint, ticket: conf.Ticket, secret: rand.Text() + rand.Text(), log: log,
		core: NewCore(conf.Session, conf.Name, !conf.Run.TTY, conf.Run.Cols, conf.Run.Rows),
		last: time.Now(), size: [2]uint16{conf.Run.Cols, conf.Run.Rows},
		due: signal1(), call: signal1(), end: make(chan struct{}),
	}
	h.core.readOnly = conf.ReadOnly
	h.moved.now()
	h.changed = sync.NewCond(&h.mu)
	h.typing = newTyping(h.due)
	return h, nil
}

// run is the session from its first byte to the moment nothing of it is left.
func (h *holder) run(ctx context.Context, exit wire.Exit) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var live sync.WaitGroup
	live.Go(func() { h.keepLink(ctx) })
	live.Go(func() { h.send(ctx) })
	if h.proc != nil {
		live.Go(func() { h.typeKeys(ctx) })
		exit = h.untilExit(&live)
	}
	var linked bool
	h.change(func() {
		h.core.Exited(exit)
		linked = h.conn != nil
	})
	if !linked {
		nudge(h.call) // the server wants to know, watched or not
	}
	if conn := h.untilDelivered(); conn != nil {
		conn.Close(nil)
	}
	stop()
	if h.proc != nil {
		h.proc.close() // a terminal that is gone ends what no signal of ours may
		endTree(h.proc, killGrace)
	}
	live.Wait()
	return nil
}

// untilExit pumps output until the program has ended and all of it is out. What
// the program left behind may take longer to end: live counts that.
func (h *holder) untilExit(live *sync.WaitGroup) wire.Exit {
	killTree := func() { live.Go(func() { endTree(h.proc, killGrace) }) }
	var pumps sync.WaitGroup
	for i, f := range h.proc.outs {
		pumps.Go(func() { h.pump(f, i == 1) })
	}
	drained := make(chan struct{})
	go func() {
		pumps.Wait()
		close(drained)
	}()
	orphans := time.NewTicker(h.checkEvery())
	defer orphans.Stop()
	exited, end := h.proc.exited, h.end
	for {
		select {
		case <-drained:
			<-h.proc.exited
			return h.proc.exit
		case <-exited:
			exited = nil
			h.proc.hurry(drainFor)
			killTree()
		case <-end:
			end = nil
			killTree()
		case <-orphans.C:
			reap(h.proc)
			if h.orphaned() {
				go h.change(func() { h.tired = true }) // there is nobody to tell
				h.endSession()
			}
			if h.abandoned() {
				h.endSession()
			}
		}
	}
}

// abandoned says that nobody has watched for longer than the session may live.
func (h *holder) abandoned() bool {
	if !h.mu.TryLock() {
		return false // later: who asks has to be there for the end of the session
	}
	defer h.mu.Unlock()
	ttl := h.lifetime(!h.core.seen || h.core.missing(false))
	return h.core.Viewers() == 0 && ttl > 0 && time.Since(h.last) > ttl
}

// orphaned says that the agent, whose child this is, has ended, and the session is
// to end with it.
func (h *holder) orphaned() bool { return h.conf.Agent != 0 && os.Getppid() != h.conf.Agent }

// lifetime is how long the session lives on with nobody there. One whose viewer
// broke off may have less than one that was left, but no more.
func (h *holder) lifetime(brokeOff bool) time.Duration {
	ttl, orphan := wire.Seconds(h.conf.TTL), h.conf.Run.Orphan
	if brokeOff && orphan > 0 && (ttl <= 0 || orphan < ttl) {
		return orphan.Duration()
	}
	return ttl.Duration()
}

// checkEvery is often enough for a short life to be a short one.
func (h *holder) checkEvery() time.Duration {
	if h.conf.Agent != 0 {
		return time.Second
	}
	if ttl := h.lifetime(true); ttl > 0 {
		return min(time.Minute, max(time.Second, ttl/8))
	}
	return time.Minute
}

// endSession waits for nothing: the state may be held by a screen that has much to
// draw. That has half a second for it, and none once the program is certain to be dead.
func (h *holder) endSession() {
	h.endOnce.Do(func() {
		close(h.end)
		time.AfterFunc(killGrace+time.Second, h.core.screen.abandon)
	})
	go func() {
		stuck := time.AfterFunc(500*time.Millisecond, h.core.screen.abandon)
		defer stuck.Stop()
		h.change(func() {
			h.ending = true
			h.tired = h.tired || h.core.exit != nil // it had ended by itself, and was kept for somebody
		})
	}()
}

// pump moves what the program puts out into the Core, and on to whoever may
// have it, in one go: a hand-off to another goroutine would cost a wake-up for
// every 4 KB. It asks for credit first and reads then, so that what cannot be
// sent yet stays in the kernel, which drops it on Ctrl-C.
func (h *holder) pump(f *os.File, stderr bool) {
	for {
		buf, n, err := h.proc.read(f, h.credit())
		if n > 0 {
			h.moved.now()
			h.mu.Lock()
			h.core.Output(buf[:n], stderr)
			h.mu.Unlock()
			chunks.Put(buf)
			h.flush()
		}
		if err != nil {
			return
		}
	}
}

// credit waits until output may be read, and says how much.
func (h *holder) credit() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		if h.ending {
			return math.MaxInt // nobody waits for the output of what is being killed
		}
		if n := h.core.Room(); n > 0 {
			return n
		}
		h.changed.Wait()
	}
}

// change does something to the state that h.mu guards, and wakes who waits for it.
func (h *holder) change(do func()) {
	h.mu.Lock()
	watched := h.core.Viewers() > 0
	do()
	if watched || h.core.Viewers() > 0 {
		h.last = time.Now()
	}
	due := h.conn != nil && h.core.Due()
	h.changed.Broadcast()
	h.mu.Unlock()
	if due {
		nudge(h.due)
	}
}

// flush sends what is due. Who comes while another sends leaves it to him: he
// looks again after he let go.
func (h *holder) flush() {
	for h.sendable() {
		if !h.sending.TryLock() {
			return
		}
		h.sendAll()
		h.sending.Unlock()
	}
}

func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// catchSignals must come before start: a program inherits what its parent
// ignores, as one that a script began with & does. Caught signals it gets as new.
func catchSignals() chan os.Signal {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE)
	return signals
}

// catch ends the session when the machine shuts down, and ignores the rest: a
// holder outlives the agent, its terminal and its service.
func (h *holder) catch(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGTERM {
				h.endSession()
			}
		case <-ctx.Done():
			return
		}
	}
}

func secretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
