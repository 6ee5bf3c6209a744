package wire

import (
	"crypto/rand"
	"math"
)

// ScreenAcks is the Version of an Open whose viewer acknowledges a Screen once it
// is whole, as it does output. The holder draws the next picture for it then, and
// does not draw for older ones, which it could not wait for.
const ScreenAcks = 2

// DefaultWindow is the output a viewer grants before it knows how fast it draws.
const DefaultWindow = 512 << 10

// Progress is the viewer's end of a session, without a network or a clock: which
// byte comes next, what was typed and is not acknowledged, what may be sent.
// The client has one for each attachment, the server one for each plain
// WebSocket. It is not safe for concurrent use.
type Progress struct {
	Attachment string // its name; the holder counts this viewer's input by it

	asked  int    // how often an Open was made
	opened bool   // once at least
	placed bool   // and output up to out was drawn, or shown as a screen
	out    uint64 // the next byte of output to draw
	acked  uint64 // the last Ack sent
	shown  bool   // a Screen since then
	window uint32

	in     uint64 // offset of kept[0]
	kept   []byte // typed, not acknowledged
	sent   int    // of kept, since the last Opened
	limit  uint64 // input may be sent up to here
	ended  bool   // no more will be typed
	endOut bool   // and that was sent
}

// NewProgress has a random name and has seen nothing.
func NewProgress() *Progress { return &Progress{Attachment: rand.Text(), window: DefaultWindow} }

// Ask fills in what an Open says of where this viewer is. Each is for one link.
func (p *Progress) Ask(o Open) Open {
	p.asked++
	o.Version, o.Attachment, o.Generation, o.Window = Version, p.Attachment, p.asked, p.window
	if p.placed {
		from := p.out
		o.OutputFrom = &from
	}
	return o
}

// Opened takes the holder's answer: output goes on at offset; what was kept is
// sent again from where the holder stands. Where it goes on further than asked,
// a screen comes first: until Jump this viewer stays where it was, or a link
// that broke in between would leave a hole that nobody was told of. One that is new
// may get earlier output before the screen; until Jump it stays new, and a link that
// broke in between means to begin once more, with an empty terminal.
func (p *Progress) Opened(o Opened, offset uint64) error {
	if p.placed && offset < p.out {
		return ErrProtocol.With("the session went back in time")
	}
	if o.InputFrom < p.in || o.InputFrom > p.in+uint64(len(p.kept)) {
		return ErrProtocol.With("the session counts input that was never typed")
	}
	p.opened = true
	switch {
	case p.placed:
	case offset < o.Missed: // earlier output, and then the screen
		p.out = offset
	default:
		p.out, p.placed = 0, offset == 0
	}
	p.acked, p.shown = p.out, false
	p.forget(o.InputFrom)
	p.sent, p.endOut = 0, false
	p.limit = add(o.InputFrom, o.Window)
	return nil
}

// Output gives what of a frame is new, for Drawn to be told of: nothing of one
// that came twice. A hole is an error, never silent.
func (p *Progress) Output(f Frame) ([]byte, error) {
	if f.Offset > p.out {
		return nil, ErrProtocol.With("output is missing")
	}
	known := p.out - f.Offset
	if known >= uint64(len(f.Payload)) {
		return nil, nil
	}
	return f.Payload[known:], nil
}

// Drawn says that n more bytes of Output are on the screen.
func (p *Progress) Drawn(n int) { p.out += uint64(n) }

// Jump moves on over output that was drawn otherwise: the Screen that ends at
// to is complete. An Ack is due then, soon if not at once: a terminal of another
// size than the session's gets its next picture only after it.
func (p *Progress) Jump(to uint64) {
	p.placed, p.shown = true, true
	if to > p.out {
		p.out, p.acked = to, to
	}
}

// Position is the next byte of output this viewer draws.
func (p *Progress) Position() uint64 { return p.out }

// Ack is due when a quarter of the window was drawn since the last, or if now is
// true when there is anything to acknowledge: output, or a Screen.
func (p *Progress) Ack(stream uint32, now bool) (Frame, bool) {
	fresh := p.out - p.acked
	if fresh == 0 && !p.shown || !now && fresh < max(1, uint64(p.window/4)) {
		return Frame{}, false
	}
	p.acked, p.shown = p.out, false
	return AckFrame(stream, p.out, p.window), true
}

// SetWindow changes what the next Acks grant.
func (p *Progress) SetWindow(bytes uint32) { p.window = bytes }

// Type keeps what was typed until the holder has it.
func (p *Progress) Type(keys []byte) { p.kept = append(p.kept, keys...) }

// End says that no more will be typed.
func (p *Progress) End() { p.ended = true }

// Kept is how many bytes are typed and not acknowledged.
func (p *Progress) Kept() int { return len(p.kept) }

// Next is the next frame of input that may be sent. Its payload is never
// written to again.
func (p *Progress) Next(stream uint32) (Frame, bool) {
	if !p.opened {
		return Frame{}, false
	}
	at := p.in + uint64(p.sent)
	n := min(len(p.kept)-p.sent, MaxPayload)
	if room := p.limit - at; at >= p.limit {
		n = 0
	} else if uint64(n) > room {
		n = int(room)
	}
	if n > 0 {
		p.sent += n
		return Frame{KindInput, stream, at, p.kept[p.sent-n : p.sent]}, true
	}
	if p.ended && !p.endOut && p.sent == len(p.kept) {
		p.endOut = true
		return Frame{Kind: KindInputEnd, Stream: stream, Offset: at}, true
	}
	return Frame{}, false
}

// Acked takes the holder's Ack of input: those bytes reached the program.
func (p *Progress) Acked(f Frame) error {
	if f.Offset > p.in+uint64(p.sent) {
		return ErrProtocol.With("the session acknowledged input that was never sent")
	}
	p.limit = max(p.limit, add(f.Offset, f.Window()))
	p.forget(f.Offset)
	return nil
}

func (p *Progress) forget(before uint64) {
	if before <= p.in {
		return
	}
	n := int(before - p.in)
	p.kept = p.kept[n:]
	if len(p.kept) == 0 {
		p.kept = nil
	}
	p.in, p.sent = before, max(0, p.sent-n)
}

// add is offset+n without wrapping around.
func add(offset uint64, n uint32) uint64 {
	if offset > math.MaxUint64-uint64(n) {
		return math.MaxUint64
	}
	return offset + uint64(n)
}
