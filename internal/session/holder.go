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
	secret   string
	log      *slog.Logger
	proc     *process // nil when it did not start

	mu      sync.Mutex // guards what follows
	core    *Core
	conn    *wire.Conn // the link, or nil
	last    time.Time  // when there was a viewer last
	size    [2]uint16
	written bool       // the server has the exit on disk
	known   bool       // there was a link once
	ending  bool       // the session is being ended
	tired   bool       // its end was kept long enough
	changed *sync.Cond // on mu: any of the above

	sending sync.Mutex    // one at a time takes from Core.Next, or frames would cross
	due     chan struct{} // frames may be sent
	typed   chan struct{} // there are keys to write
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
	adoptOrphans()
	keepToOurselves()
	proc, exit := start(conf)
	h.proc = proc
	_, _ = io.WriteString(out, "ok\n") // if nobody listens the agent died; the session need not
	out.Close()
	go h.answer(sock)
	go h.catch(ctx)
	return h.run(ctx, exit)
}

func newHolder(conf Config, log *slog.Logger) (*holder, error) {
	u, err := wire.ParseHost(conf.Server, conf.Insecure)
	if err != nil {
		return nil, err
	}
	endpoint, err := wire.NewEndpoint(u, conf.CAFile)
	if err != nil {
		return nil, err
	}
	signal1 := func() chan struct{} { return make(chan struct{}, 1) }
	h := &holder{
		conf: conf, endpoint: endpoint, secret: rand.Text() + rand.Text(), log: log,
		core: NewCore(conf.Session, conf.Name, !conf.Run.TTY, conf.Run.Cols, conf.Run.Rows),
		last: time.Now(), size: [2]uint16{conf.Run.Cols, conf.Run.Rows},
		due: signal1(), typed: signal1(), call: signal1(), end: make(chan struct{}),
	}
	h.changed = sync.NewCond(&h.mu)
	return h, nil
}

// run is the session from its first byte to the moment nothing of it is left.
func (h *holder) run(ctx context.Context, exit wire.Exit) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	linked := make(chan struct{})
	go func() {
		defer close(linked)
		h.keepLink(ctx)
	}()
	go h.send(ctx)
	if h.proc != nil {
		go h.typeKeys(ctx)
		exit = h.untilExit()
	}
	h.change(func() { h.core.Exited(exit) })
	nudge(h.call) // the server wants to know, watched or not
	if conn := h.untilDelivered(); conn != nil {
		conn.Close(nil)
	}
	stop()
	<-linked
	if h.proc != nil {
		endTree(h.proc, killGrace)
		h.proc.close()
	}
	return nil
}

// untilExit pumps output until the program has ended and all of it is out.
func (h *holder) untilExit() wire.Exit {
	var pumps sync.WaitGroup
	for i, f := range h.proc.outs {
		pumps.Go(func() { h.pump(f, i == 1) })
	}
	drained := make(chan struct{})
	go func() {
		pumps.Wait()
		close(drained)
	}()
	orphans := time.NewTicker(time.Minute)
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
			go endTree(h.proc, killGrace)
		case <-end:
			end = nil
			go endTree(h.proc, killGrace)
		case <-orphans.C:
			reap(h.proc)
			if h.abandoned() {
				h.endSession()
			}
		}
	}
}

// abandoned says that nobody has watched for longer than the session may live.
func (h *holder) abandoned() bool {
	ttl := wire.Seconds(h.conf.TTL)
	if h.conf.Run.Orphan > 0 {
		ttl = h.conf.Run.Orphan
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.core.Viewers() == 0 && ttl > 0 && time.Since(h.last) > ttl.Duration()
}

func (h *holder) endSession() {
	h.endOnce.Do(func() { close(h.end) })
	h.change(func() {
		h.ending = true
		h.tired = h.tired || h.core.exit != nil // it had ended by itself, and was kept for somebody
	})
}

// pump moves what the program puts out into the Core, and on to whoever may
// have it, in one go: a hand-off to another goroutine would cost a wake-up for
// every 4 KB. It asks for credit first and reads then, so that what cannot be
// sent yet stays in the kernel, which drops it on Ctrl-C.
func (h *holder) pump(f *os.File, stderr bool) {
	buf := make([]byte, wire.MaxPayload)
	for {
		n, err := h.proc.read(f, buf[:min(h.credit(), len(buf))])
		if n > 0 {
			h.mu.Lock()
			h.core.Output(buf[:n], stderr)
			h.mu.Unlock()
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
	do()
	h.changed.Broadcast()
	h.mu.Unlock()
	nudge(h.due)
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

// catch ends the session when the machine shuts down, and ignores the rest: a
// holder outlives the agent, its terminal and its service.
func (h *holder) catch(ctx context.Context) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM)
	select {
	case <-signals:
		h.endSession()
	case <-ctx.Done():
	}
}

func secretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
