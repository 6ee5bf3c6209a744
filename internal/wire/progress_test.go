package wire

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

// placed is a progress whose session has answered.
func placed(t *testing.T, o Opened) *Progress {
	t.Helper()
	p := NewProgress()
	if err := p.Opened(o, 0); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHoldersThatMakeNoSense(t *testing.T) {
	for name, do := range map[string]func(*Progress) error{
		"output with a hole":      func(p *Progress) error { _, err := p.Output(Frame{Offset: 11}); return err },
		"output at the very end":  func(p *Progress) error { _, err := p.Output(Frame{Offset: math.MaxUint64}); return err },
		"back in time":            func(p *Progress) error { return p.Opened(Opened{}, 9) },
		"input never typed":       func(p *Progress) error { return p.Opened(Opened{InputFrom: 4}, 10) },
		"input from the very end": func(p *Progress) error { return p.Opened(Opened{InputFrom: math.MaxUint64}, 10) },
		"ack of what was not":     func(p *Progress) error { return p.Acked(AckFrame(1, 4, 0)) },
		"ack of everything":       func(p *Progress) error { return p.Acked(AckFrame(1, math.MaxUint64, math.MaxUint32)) },
	} {
		t.Run(name, func(t *testing.T) {
			p := placed(t, Opened{Window: 100})
			p.Drawn(10)
			p.Type([]byte("abc"))
			p.Next(1)
			if err := do(p); !errors.Is(err, ErrProtocol) {
				t.Errorf("it was taken: %v", err)
			}
			if p.Position() != 10 || p.Kept() != 3 {
				t.Errorf("at %d with %d kept: it left a mark", p.Position(), p.Kept())
			}
		})
	}
}

func TestInputStaysInTheWindow(t *testing.T) {
	p := placed(t, Opened{Window: 5})
	p.Type([]byte("abcdefgh"))
	p.End()
	if f, ok := p.Next(1); !ok || string(f.Payload) != "abcde" {
		t.Fatalf("sent %q", f.Payload)
	}
	if f, ok := p.Next(1); ok {
		t.Fatalf("and %v beyond the window", f)
	}
	if err := p.Acked(AckFrame(1, 3, 4)); err != nil {
		t.Fatal(err)
	}
	if f, ok := p.Next(1); !ok || string(f.Payload) != "fg" || f.Offset != 5 {
		t.Fatalf("after an Ack sent %q at %d", f.Payload, f.Offset)
	}
	if err := p.Acked(AckFrame(1, 7, 4)); err != nil {
		t.Fatal(err)
	}
	p.Next(1)
	if f, ok := p.Next(1); !ok || f.Kind != KindInputEnd || f.Offset != 8 {
		t.Fatalf("ended with %v, %v", f, ok)
	}
	if f, ok := p.Next(1); ok {
		t.Fatalf("and with %v again", f)
	}
}

func TestEachOpenIsNewer(t *testing.T) {
	p := NewProgress()
	if a, b := p.Ask(Open{}), p.Ask(Open{}); a.Generation >= b.Generation || a.Attachment != b.Attachment {
		t.Errorf("asked with %+v, then %+v", a, b)
	}
}

// TestScreensAreAcknowledged: once, whether or not they moved the viewer on.
func TestScreensAreAcknowledged(t *testing.T) {
	p := placed(t, Opened{})
	for _, to := range []uint64{0, 0, 10} {
		p.Jump(to)
		if f, ok := p.Ack(1, false); ok {
			t.Errorf("%v was due before its time", f)
		}
		if f, ok := p.Ack(1, true); !ok || f.Offset != to {
			t.Errorf("a screen up to %d was acknowledged with %v, %v", to, f, ok)
		}
		if f, ok := p.Ack(1, true); ok {
			t.Errorf("and with %v again", f)
		}
	}
	if o := p.Ask(Open{}); o.Version < ScreenAcks {
		t.Errorf("nobody is told: version %d", o.Version)
	}
	p.Jump(20)
	if err := p.Opened(Opened{}, 20); err != nil {
		t.Fatal(err)
	}
	if f, ok := p.Ack(1, true); ok {
		t.Errorf("a new link begins with %v", f)
	}
}

// Who is new, and gets earlier output before the screen, has not moved on until the
// screen is whole: over a broken link it begins once more.
func TestHistoryIsNoPlaceToGoOnFrom(t *testing.T) {
	p := NewProgress()
	for _, from := range []uint64{0, 40, 30} {
		if o := p.Ask(Open{History: 100}); o.OutputFrom != nil {
			t.Fatalf("it asks for what comes after %d", *o.OutputFrom)
		}
		if err := p.Opened(Opened{Missed: 50}, from); err != nil {
			t.Fatal(err)
		}
		fresh, err := p.Output(Frame{Kind: KindOutput, Offset: from, Payload: []byte("abcde")})
		if err != nil || string(fresh) != "abcde" {
			t.Fatalf("of the history from %d it draws %q, %v", from, fresh, err)
		}
		p.Drawn(len(fresh))
		if f, ok := p.Ack(1, true); !ok || f.Offset != from+5 {
			t.Errorf("it acknowledges %d", f.Offset)
		}
	}
	p.Drawn(15)
	p.Jump(50)
	if o := p.Ask(Open{}); o.OutputFrom == nil || *o.OutputFrom != 50 {
		t.Errorf("with the screen it goes on from %v", o.OutputFrom)
	}
	p = NewProgress()
	if err := p.Opened(Opened{}, 50); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Output(Frame{Kind: KindOutput, Offset: 50}); !errors.Is(err, ErrProtocol) {
		t.Errorf("output before the screen, and no history: %v", err)
	}
}

// FuzzProgress lets a hostile holder say whatever it likes.
func FuzzProgress(f *testing.F) {
	add := func(frames ...Frame) {
		var script []byte
		for _, fr := range frames {
			b := AppendFrame(nil, fr)
			script = append(append(script, byte(len(b))), b...)
		}
		f.Add(script)
	}
	add(Frame{Kind: KindOpened, Payload: Encode(Opened{Window: 3})}, AckFrame(1, 3, math.MaxUint32), Frame{Kind: KindOutput, Payload: []byte("abc")})
	add(Frame{Kind: KindOpened, Offset: math.MaxUint64, Payload: Encode(Opened{})}, Frame{Kind: KindScreen, Offset: math.MaxUint64})
	f.Fuzz(func(t *testing.T, script []byte) {
		p := NewProgress()
		typed := []byte("0123456789")
		p.Type(typed)
		p.End()
		for len(script) > 0 {
			n := min(int(script[0]), len(script)-1)
			fr, err := ParseFrame(script[1 : 1+n])
			script = script[1+n:]
			if err != nil {
				continue
			}
			was, new := p.Position(), !p.placed
			hear(p, fr)
			if p.Position() < was && !new || p.Kept() > len(typed) {
				t.Fatalf("at %d after %d, %d kept", p.Position(), was, p.Kept())
			}
			for f, ok := p.Next(1); ok; f, ok = p.Next(1) {
				if at := f.Offset; at+uint64(len(f.Payload)) > uint64(len(typed)) || !bytes.HasPrefix(typed[at:], f.Payload) {
					t.Fatalf("typed %q at %d", f.Payload, at)
				}
			}
			p.Ack(1, true)
			p.Ask(Open{})
		}
	})
}

// hear is what a client does with a frame.
func hear(p *Progress, f Frame) {
	switch f.Kind {
	case KindOpened:
		var o Opened
		if Decode(f.Payload, &o) == nil {
			_ = p.Opened(o, f.Offset)
		}
	case KindOutput, KindStderr:
		if fresh, err := p.Output(f); err == nil {
			p.Drawn(len(fresh))
		}
	case KindScreen:
		p.Jump(f.Offset)
	case KindAck:
		_ = p.Acked(f)
	}
}
