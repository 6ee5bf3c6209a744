//go:build unix

package chaos

import (
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// hop is a stretch of the way to the server, with a weather of its own: what is
// dialled here comes out at the server, late, in pieces, or not at all.
type hop struct {
	ln     net.Listener
	target string

	mu      sync.Mutex
	rng     *rand.Rand
	pairs   map[*pair]struct{}
	delay   time.Duration             // of each packet, at most
	split   int                       // how many want data to come a byte at a time
	open    [3]chan struct{}          // by direction; closed: packets pass
	dialled atomic.Int64              // connections so far
	carried [3]atomic.Int64           // bytes that arrived, by direction
	unheard map[*pair]time.Time       // half-open since
	noticed func(after time.Duration) // an end gave up a half-open connection
	wg      sync.WaitGroup
}

// pair is one connection, in its two halves.
type pair struct {
	near, far net.Conn
	dead      [3]atomic.Bool // by direction: what comes in is dropped
	path      atomic.Value   // a string: what was asked for first
}

func (p *pair) link() bool    { return strings.HasSuffix(p.asked(), "/ws") }
func (p *pair) agents() bool  { return p.asked() == "/api/agent/ws" }
func (p *pair) asked() string { s, _ := p.path.Load().(string); return s }

// note reads what the first bytes of a connection ask for.
func (p *pair) note(b []byte) {
	if p.path.Load() != nil {
		return
	}
	_, rest, _ := strings.Cut(string(b[:min(len(b), 200)]), " ")
	path, _, _ := strings.Cut(rest, " ")
	path, _, _ = strings.Cut(path, "?")
	p.path.Store(path)
}

// newHop starts one that leads to target.
func newHop(target string, seed uint64, noticed func(time.Duration)) (*hop, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &hop{
		ln: ln, target: target, rng: rand.New(rand.NewPCG(seed, 1)),
		pairs: map[*pair]struct{}{}, unheard: map[*pair]time.Time{}, noticed: noticed,
	}
	passing := make(chan struct{})
	close(passing)
	h.open[toServer], h.open[fromServer] = passing, passing
	h.wg.Go(h.accept)
	return h, nil
}

func (h *hop) addr() string { return h.ln.Addr().String() }

func (h *hop) accept() {
	for {
		near, err := h.ln.Accept()
		if err != nil {
			return
		}
		h.dialled.Add(1)
		h.wg.Go(func() { h.carry(near) })
	}
}

// carry is one connection from its first packet to its last.
func (h *hop) carry(near net.Conn) {
	<-h.gate(toServer) // its SYN is a packet, too
	far, err := net.DialTimeout("tcp", h.target, 5*time.Second)
	if err != nil {
		reset(near)
		return
	}
	p := &pair{near: near, far: far}
	h.mu.Lock()
	h.pairs[p] = struct{}{}
	h.mu.Unlock()
	var ways sync.WaitGroup
	ways.Go(func() { h.pump(p, toServer, far, near) })
	ways.Go(func() { h.pump(p, fromServer, near, far) })
	ways.Wait()
	near.Close()
	far.Close()
	h.mu.Lock()
	delete(h.pairs, p)
	since, was := h.unheard[p]
	delete(h.unheard, p)
	h.mu.Unlock()
	if was {
		h.noticed(time.Since(since))
	}
}

// pump carries one direction. That an end is gone is news, which travels like
// everything else: not through a direction that is dead.
func (h *hop) pump(p *pair, way direction, dst, src net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if way == toServer {
				p.note(buf[:n])
			}
			h.linger(way)
			if !p.dead[way].Load() {
				if h.deliver(dst, buf[:n]) != nil && !p.dead[way.back()].Load() {
					src.Close()
				}
				h.carried[way].Add(int64(n))
			}
		}
		if err == nil {
			continue
		}
		<-h.gate(way)
		if !p.dead[way].Load() {
			dst.Close()
		}
		src.Close()
		return
	}
}

func (d direction) back() direction { return toServer + fromServer - d }

// linger waits as long as a packet takes.
func (h *hop) linger(way direction) {
	<-h.gate(way)
	h.mu.Lock()
	delay := time.Duration(0)
	if h.delay > 0 {
		delay = time.Duration(h.rng.Int64N(int64(h.delay)))
	}
	h.mu.Unlock()
	if delay > 0 {
		<-time.After(delay)
	}
}

// splitAll is how much of a packet is split at every byte; the rest of a long
// one comes in small pieces, or a flood would take for ever.
const splitAll = 2 << 10

func (h *hop) deliver(dst net.Conn, b []byte) error {
	h.mu.Lock()
	split := h.split > 0
	h.mu.Unlock()
	for i := 0; split && len(b) > 1; i++ {
		n := 1
		if i >= splitAll {
			n = min(61, len(b))
		}
		if _, err := dst.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	_, err := dst.Write(b)
	return err
}

func (h *hop) gate(way direction) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open[way]
}

// ways are the directions that one stands for.
func (d direction) ways() []direction {
	if d == bothWays {
		return []direction{toServer, fromServer}
	}
	return []direction{d}
}

// cut resets every connection.
func (h *hop) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.pairs {
		if _, dead := h.unheard[p]; !dead { // which a reset does not get through to, either
			p.reset()
		}
	}
}

func (p *pair) reset() {
	reset(p.near)
	reset(p.far)
}

func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// halfOpen has every connection drop its packets from now on, its end as well.
// New connections are not touched, nor those that are spared.
func (h *hop) halfOpen(d direction, spared func(*pair) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.pairs {
		if spared(p) {
			continue
		}
		for _, way := range d.ways() {
			p.dead[way].Store(true)
		}
		if _, known := h.unheard[p]; !known {
			h.unheard[p] = time.Now()
		}
	}
}

// ghosts is how many half-open connections there still are, and how many of them
// are links.
func (h *hop) ghosts() (all, links int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.unheard {
		if p.link() {
			links++
		}
	}
	return len(h.unheard), links
}

// outage lets nothing pass until it is ended.
func (h *hop) outage(d direction) (end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var shut []chan struct{}
	for _, way := range d.ways() {
		before := h.open[way]
		ch, passes := make(chan struct{}), make(chan struct{})
		shut = append(shut, ch)
		h.open[way] = passes
		h.wg.Go(func() { <-ch; <-before; close(passes) }) // two outages at once end with the later
	}
	return func() {
		for _, ch := range shut {
			close(ch)
		}
	}
}

// slow makes packets take longer, by up to d more.
func (h *hop) slow(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delay += d
}

// pieces has data come a byte at a time, until -1 follows 1.
func (h *hop) pieces(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.split += n
}

// close ends every connection; no outage may be left.
func (h *hop) close() {
	h.ln.Close()
	h.mu.Lock()
	for p := range h.pairs {
		p.reset()
	}
	h.mu.Unlock()
	h.wg.Wait()
}
