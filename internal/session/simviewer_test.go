package session

import (
	"slices"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

func (v *simViewer) onlyTypist() bool {
	for _, o := range v.w.viewers {
		if o != v && !o.readOnly {
			return false
		}
	}
	return !v.readOnly
}

func (v *simViewer) dial() {
	v.w.stream++
	l := &simLink{v: v, stream: v.w.stream}
	v.w.streams[l.stream] = l
	o := v.progress.Ask(wire.Open{ReadOnly: v.readOnly, Cols: v.cols, Rows: v.rows, History: v.history})
	l.fresh = o.OutputFrom == nil
	l.up = append(l.up, wire.Frame{Kind: wire.KindOpen, Stream: l.stream, Payload: wire.Encode(o)})
	v.link = l
}

// redial is what a client does when it has no link.
func (v *simViewer) redial() {
	if v.link == nil && !v.left && v.exits == 0 {
		v.dial()
	}
}

// dialTwice opens a second link while the first still lives.
func (v *simViewer) dialTwice() {
	if v.link == nil || v.left || v.exits > 0 {
		return
	}
	v.older = v.link
	v.older.dead, v.gap = true, nil
	v.dial()
}

// breakLink loses what was on its way down, and the link.
func (v *simViewer) breakLink() {
	v.link.dead, v.link.down = true, nil
	v.link, v.gap = nil, nil
}

// breakOff loses a part of what was on its way. The server says so to the
// holder, or the holder's link broke at the same time and nobody did.
func (v *simViewer) breakOff(told bool) {
	if v.link == nil || v.left || v.exits > 0 {
		return
	}
	l := v.link
	v.breakLink()
	arrives := v.w.IntN(len(l.up) + 1)
	l.up = l.up[:arrives]
	if told {
		l.up = append(l.up, wire.Frame{Kind: wire.KindClose, Stream: l.stream, Payload: wire.Encode(wire.ErrLinkLost)})
	}
	v.older = l // what arrives may do so late
}

// leave is a viewer that goes by itself, once it is in.
func (v *simViewer) leave() {
	if v.link == nil || !v.came || v.left || v.exits > 0 || len(v.w.viewers) == 1 {
		return
	}
	v.left = true
	v.link.up = append(v.link.up, wire.Frame{Kind: wire.KindClose, Stream: v.link.stream})
}

func (v *simViewer) typeSome() {
	if v.readOnly || v.left || v.closing || v.w.calm || v.exits > 0 {
		return
	}
	p := make([]byte, 1+v.w.IntN(30))
	for i := range p {
		p[i] = byte('a' + v.w.IntN(26))
	}
	v.typed = append(v.typed, p...)
	v.progress.Type(p)
}

// finish has a viewer type no more.
func (v *simViewer) finish() {
	if v.closing {
		v.progress.End()
	}
}

func (v *simViewer) flush() {
	if v.link == nil || !v.link.answered || v.readOnly || v.left {
		return
	}
	if v.closing {
		v.progress.End()
	}
	for {
		f, ok := v.progress.Next(v.link.stream)
		if !ok {
			return
		}
		f.Payload = slices.Clone(f.Payload)
		v.link.up = append(v.link.up, f)
	}
}

func (v *simViewer) ack(now bool) {
	if v.link == nil || !v.link.answered || v.left || v.slow && !v.w.calm && v.w.IntN(10) > 0 {
		return
	}
	if f, ok := v.progress.Ack(v.link.stream, now); ok {
		v.link.up = append(v.link.up, f)
	}
}

// receive is a viewer reading a frame.
func (v *simViewer) receive(l *simLink, f wire.Frame) {
	if l != v.link || v.exits > 0 {
		return
	}
	var err error
	switch f.Kind {
	case wire.KindOpened:
		var o wire.Opened
		if err = wire.Decode(f.Payload, &o); err == nil {
			err = v.progress.Opened(o, f.Offset)
			l.answered = true
			v.empty(l, f.Offset < o.Missed)
		}
	case wire.KindGap:
		v.gap = new(wire.Gap)
		if err = wire.Decode(f.Payload, v.gap); v.gap.From != v.progress.Position() {
			v.w.fail("%s was told of a gap from %d, and is at %d", v.name, v.gap.From, v.progress.Position())
		}
	case wire.KindScreen:
		v.show(f.Payload)
		if len(f.Payload) == 0 {
			v.jump(f.Offset)
		}
	case wire.KindOutput, wire.KindStderr:
		v.draw(f)
	case wire.KindAck:
		err = v.progress.Acked(f)
	case wire.KindExit:
		v.exit(f)
	case wire.KindClose:
		v.w.fail("%s was thrown out: %s", v.name, f.Payload)
	}
	if err != nil {
		v.w.fail("%s: %v", v.name, err)
	}
	if f.Kind == wire.KindScreen || v.w.IntN(2) == 0 {
		v.ack(v.w.IntN(2) == 0)
	}
}

// empty is what a new viewer does with its terminal when earlier output comes: it may
// have got some over a link that broke.
func (v *simViewer) empty(l *simLink, history bool) {
	if !l.fresh || !history {
		return
	}
	v.w.histories++
	v.drawn, v.wanted = [2][]byte{}, [2][]byte{}
	if v.screen != nil {
		v.screen = screen.New(int(v.cols), int(v.rows))
	}
}

// jump moves on over what a screen stands for. Only a new viewer, and one that
// was shown the screen in a box, may do so without having been told of a gap.
func (v *simViewer) jump(to uint64) {
	v.pictured = true
	from := v.progress.Position()
	known := !v.link.fresh
	v.link.fresh = false
	switch {
	case v.gap != nil && v.gap.To != to:
		v.w.fail("%s was told of a gap to %d, and output goes on at %d", v.name, v.gap.To, to)
	case v.gap == nil && known && to != from && !(v.odd && from <= v.oddTo):
		v.w.fail("%s skips %d bytes that nobody told it of", v.name, to-from)
	}
	if v.gap != nil {
		v.lost += to - max(from, v.w.base)
		v.gap = nil
	}
	if v.odd {
		v.oddTo = max(v.oddTo, to) // it may be shown that once more
	}
	v.progress.Jump(to)
}

func (v *simViewer) draw(f wire.Frame) {
	fresh, err := v.progress.Output(f)
	if err != nil {
		v.w.fail("%s: %v", v.name, err)
		return
	}
	at := v.progress.Position() - v.w.base
	for i, b := range fresh {
		n := int(at) + i
		v.drawn[side(f.Kind == wire.KindStderr)] = append(v.drawn[side(f.Kind == wire.KindStderr)], b)
		v.wanted[side(v.w.stderr[n])] = append(v.wanted[side(v.w.stderr[n])], v.w.out[n])
	}
	v.progress.Drawn(len(fresh))
	v.show(fresh)
}

func side(stderr bool) int {
	if stderr {
		return 1
	}
	return 0
}

func (v *simViewer) exit(f wire.Frame) {
	v.exits++
	if end := v.w.base + uint64(len(v.w.out)); f.Offset != end || v.progress.Position() != end {
		v.w.fail("%s saw the end at %d of %d", v.name, v.progress.Position(), end)
	}
	v.link.up = append(v.link.up, wire.Frame{Kind: wire.KindClose, Stream: v.link.stream})
}
