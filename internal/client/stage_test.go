package client

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vsay/internal/wire"
)

// stage is an attachment whose server is the test, in a bubble of fake time.
type stage struct {
	t       *testing.T
	att     *Attachment
	peers   chan *peer // the server's end of each link that was dialled
	refuse  chan error // what the next dial is refused with
	mu      sync.Mutex
	dialled []time.Time // on mu
	stuck   atomic.Bool // of the next link nothing is read
	tokens  tokens
	out     screenBuffer
	err     screenBuffer
	ended   chan ending
}

type ending struct {
	exit wire.Exit
	err  error
}

// screenBuffer is stdout or stderr; it may be told to take nothing for a while.
type screenBuffer struct {
	mu      sync.Mutex
	b       bytes.Buffer
	blocked chan struct{}
}

func (s *screenBuffer) Write(p []byte) (int, error) {
	if s.blocked != nil {
		<-s.blocked
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screenBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// tokens is a source that counts, and may be given another token.
type tokens struct {
	mu    sync.Mutex
	token string
	asked int
}

func (s *tokens) Token(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.token, nil
}

func (s *tokens) Renew(context.Context, string) (string, error) {
	s.set("renewed")
	return "renewed", nil
}

func (s *tokens) set(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// peer is the server's end of a link.
type peer struct {
	*wire.Conn
	t      *testing.T
	frames chan wire.Frame
	mute   atomic.Bool   // it answers no Ping of a stream
	pings  atomic.Int64  // of a stream, so far
	stream atomic.Uint32 // of the last Open
	frozen atomic.Pointer[chan struct{}]
}

// freeze makes the link half open: what is sent on it goes nowhere, until it thaws.
func (p *peer) freeze() (thaw func()) {
	gate := make(chan struct{})
	p.frozen.Store(&gate)
	return func() {
		close(gate)
		p.frozen.Store(nil)
	}
}

// lane is the stream of a link's first Open.
const lane = 1

func newPeer(t *testing.T, conn *wire.Conn, frames int) *peer {
	p := &peer{Conn: conn, t: t, frames: make(chan wire.Frame, frames)}
	p.stream.Store(lane)
	return p
}

// attached sets up a stage, with its first link open, and Run running.
func attached(t *testing.T, o wire.Open) (*stage, *peer) {
	s := &stage{t: t, peers: make(chan *peer, 1000), refuse: make(chan error, 1000), ended: make(chan ending, 1)}
	s.att = newAttachment(New(nil, &s.tokens), "box", o)
	s.att.dial = s.dial
	begun := make(chan error, 1)
	go func() { begun <- s.att.begin(t.Context()) }()
	p := <-s.peers
	p.open(0)
	if err := <-begun; err != nil {
		t.Fatal(err)
	}
	go func() {
		exit, err := s.att.Run(t.Context(), &s.out, &s.err)
		s.ended <- ending{exit, err}
	}()
	synctest.Wait()
	return s, p
}

func (s *stage) dial(context.Context) (*wire.Conn, error) {
	s.mu.Lock()
	s.dialled = append(s.dialled, time.Now())
	s.mu.Unlock()
	select {
	case err := <-s.refuse:
		return nil, err
	default:
	}
	near, far := wire.Pipe()
	p := newPeer(s.t, far, 10000)
	if !s.stuck.Load() {
		go p.read()
	}
	s.peers <- p
	return near, nil
}

// dials is when links were dialled so far.
func (s *stage) dials() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialled
}

func (p *peer) read() {
	defer close(p.frames)
	defer p.CloseNow()
	for {
		f, err := p.Read(p.t.Context())
		if err != nil {
			return
		}
		f.Payload = bytes.Clone(f.Payload)
		if gate := p.frozen.Load(); gate != nil {
			<-*gate
		}
		if f.Kind == wire.KindPing {
			p.pings.Add(1)
			if !p.mute.Load() {
				go func() {
					_ = p.Write(p.t.Context(), wire.Frame{Kind: wire.KindPong, Stream: f.Stream, Payload: f.Payload})
				}()
			}
			continue
		}
		p.frames <- f
	}
}

// expect is the next frame, which is of a kind.
func (p *peer) expect(kind wire.Kind) wire.Frame {
	p.t.Helper()
	f, ok := <-p.frames
	if !ok || f.Kind != kind {
		p.t.Fatalf("the client sent %v (%v), want %v", f.Kind, ok, kind)
	}
	return f
}

// open reads Open and answers that all input up to in is there.
func (p *peer) open(in uint64) wire.Open {
	p.t.Helper()
	var o wire.Open
	f := p.expect(wire.KindOpen)
	if err := wire.Decode(f.Payload, &o); err != nil {
		p.t.Fatal(err)
	}
	p.stream.Store(f.Stream)
	at := uint64(0)
	if o.OutputFrom != nil {
		at = *o.OutputFrom
	}
	p.send(wire.Frame{Kind: wire.KindOpened, Offset: at, Payload: wire.Encode(wire.Opened{Session: "s1", InputFrom: in, Window: 1 << 20})})
	return o
}

func (p *peer) send(fs ...wire.Frame) {
	p.t.Helper()
	for _, f := range fs {
		f.Stream = p.stream.Load()
		if err := p.Write(p.t.Context(), f); err != nil {
			p.t.Fatal(err)
		}
	}
	synctest.Wait()
}

func (p *peer) exit(at uint64, code int) {
	p.send(wire.Frame{Kind: wire.KindExit, Offset: at, Payload: wire.Encode(wire.Exit{Code: code})})
}

func out(at int, b string) wire.Frame {
	return wire.Frame{Kind: wire.KindOutput, Offset: uint64(at), Payload: []byte(b)}
}

func closing(why *wire.Error) wire.Frame {
	return wire.Frame{Kind: wire.KindClose, Payload: wire.Encode(why)}
}

// die puts a link in place of p's that answers Open and is dead from then on:
// what is written to it goes nowhere.
func (s *stage) die(p *peer) *peer {
	s.t.Helper()
	s.stuck.Store(true)
	p.CloseNow()
	dead := <-s.peers
	s.stuck.Store(false)
	if _, err := dead.Read(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	dead.send(wire.Frame{Kind: wire.KindOpened, Payload: wire.Encode(wire.Opened{Window: 1 << 20})})
	return dead
}

// end has the program exit, and Run with it.
func (s *stage) end(p *peer, at uint64) {
	s.t.Helper()
	p.exit(at, 7)
	if e := <-s.ended; e.err != nil || e.exit.Code != 7 {
		s.t.Fatalf("it ended with %v, %v", e.exit, e.err)
	}
}
