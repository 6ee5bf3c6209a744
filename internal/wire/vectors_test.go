package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What both ends have to agree on is in testdata/vectors, for this test and for those of
// web/src/wire: neither can change alone.

func vectors(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// frameVector is a message and what it says. Where Times is given, that often comes
// the payload. Refused is what nobody reads; Page "refuses" what a page does not.
type frameVector struct {
	Name, Header, Payload string
	Times                 int
	Kind                  Kind
	Stream                uint32
	Offset                uint64 `json:",string"`
	Window                *uint32
	Cols, Rows            uint16
	Refused               bool
	Page                  string
}

func (v frameVector) bytes(t *testing.T) (message, payload []byte) {
	t.Helper()
	header, err := hex.DecodeString(v.Header)
	payload, payloadErr := hex.DecodeString(v.Payload)
	if err != nil || payloadErr != nil {
		t.Fatal(err, payloadErr)
	}
	payload = bytes.Repeat(payload, max(1, v.Times))
	return append(header, payload...), payload
}

func TestFrameVectors(t *testing.T) {
	var all []frameVector
	vectors(t, "frames", &all)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			message, payload := v.bytes(t)
			f, err := ParseFrame(message)
			if v.Refused {
				if err == nil {
					t.Errorf("it was read as %+v", f)
				}
				return
			}
			if err != nil || f.Kind != v.Kind || f.Stream != v.Stream || f.Offset != v.Offset || !bytes.Equal(f.Payload, payload) {
				t.Fatalf("read as %#x on %d at %d, %v", f.Kind, f.Stream, f.Offset, err)
			}
			if got := AppendFrame(nil, Frame{v.Kind, v.Stream, v.Offset, payload}); !bytes.Equal(got, message) {
				t.Errorf("written as %x", got)
			}
			v.inside(t, f)
		})
	}
}

// inside looks at what some payloads say.
func (v frameVector) inside(t *testing.T, f Frame) {
	if v.Window != nil && f.Window() != *v.Window {
		t.Errorf("it grants %d", f.Window())
	}
	if v.Window != nil && len(f.Payload) > 0 && !bytes.Equal(AckFrame(v.Stream, v.Offset, *v.Window).Payload, f.Payload) {
		t.Error("the Ack is written otherwise")
	}
	if v.Cols == 0 {
		return
	}
	if cols, rows, err := f.Size(); err != nil || cols != v.Cols || rows != v.Rows {
		t.Errorf("the size is %d by %d, %v", cols, rows, err)
	}
	if !bytes.Equal(ResizeFrame(v.Stream, v.Cols, v.Rows).Payload, f.Payload) {
		t.Error("the size is written otherwise")
	}
}

func TestErrorVectors(t *testing.T) {
	var all []struct {
		Code  string
		Close int
	}
	vectors(t, "errors", &all)
	if len(all) != len(known) {
		t.Errorf("%d of %d errors are listed", len(all), len(known))
	}
	for _, v := range all {
		if e := OfClose(v.Close, v.Code); e.Code != v.Code || e.Close != v.Close {
			t.Errorf("%d %s is %+v", v.Close, v.Code, e)
		}
	}
}

// step is what happens to a Progress, or what is expected of it.
type step struct {
	Do         string
	Offset     uint64
	Bytes      string
	Fresh      *string // of output, what is drawn
	Error      bool
	InputFrom  uint64 `json:"input_from"`
	Missed     uint64
	Window     uint32
	Generation int
	From       *uint64
	Now, None  bool
	Frames     []struct {
		Offset uint64
		Bytes  string
	}
	Position uint64
	Kept     int
}

func TestProgressVectors(t *testing.T) {
	var all []struct {
		Name  string
		Steps []step
	}
	vectors(t, "progress", &all)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			p := NewProgress()
			for i, s := range v.Steps {
				if err := s.play(p); err != nil {
					t.Fatalf("step %d, %s: %v", i+1, s.Do, err)
				}
			}
		})
	}
}

func (s step) play(p *Progress) error {
	switch s.Do {
	case "asks":
		return s.asks(p)
	case "opened":
		return s.fails(p.Opened(Opened{InputFrom: s.InputFrom, Window: s.Window, Missed: s.Missed}, s.Offset))
	case "output":
		return s.output(p)
	case "screen":
		p.Jump(s.Offset)
	case "grants":
		p.SetWindow(s.Window)
	case "types":
		p.Type([]byte(s.Bytes))
	case "sends":
		return s.sends(p)
	case "acked":
		return s.fails(p.Acked(AckFrame(1, s.Offset, s.Window)))
	case "acks":
		return s.acks(p)
	case "is":
		if p.Position() != s.Position || p.Kept() != s.Kept {
			return fmt.Errorf("at %d with %d kept", p.Position(), p.Kept())
		}
	default:
		return errors.New("no such step")
	}
	return nil
}

func (s step) fails(err error) error {
	if s.Error && errors.Is(err, ErrProtocol) {
		return nil
	}
	if s.Error {
		return fmt.Errorf("it was taken: %w", err)
	}
	return err
}

func (s step) asks(p *Progress) error {
	o := p.Ask(Open{})
	same := o.OutputFrom == nil && s.From == nil || o.OutputFrom != nil && s.From != nil && *o.OutputFrom == *s.From
	if !same || o.Generation != s.Generation || o.Window != s.Window || o.Version != Version {
		return fmt.Errorf("it asks %s", Encode(o))
	}
	return nil
}

func (s step) output(p *Progress) error {
	fresh, err := p.Output(Frame{Kind: KindOutput, Stream: 1, Offset: s.Offset, Payload: []byte(s.Bytes)})
	p.Drawn(len(fresh))
	if err == nil && (s.Fresh == nil || string(fresh) != *s.Fresh) {
		return fmt.Errorf("it draws %q", fresh)
	}
	return s.fails(err)
}

func (s step) sends(p *Progress) error {
	for _, want := range s.Frames {
		if f, ok := p.Next(1); !ok || f.Kind != KindInput || f.Offset != want.Offset || string(f.Payload) != want.Bytes {
			return fmt.Errorf("it sends %q at %d", f.Payload, f.Offset)
		}
	}
	if f, ok := p.Next(1); ok {
		return fmt.Errorf("it sends %q at %d, too", f.Payload, f.Offset)
	}
	return nil
}

func (s step) acks(p *Progress) error {
	f, ok := p.Ack(1, s.Now)
	if ok == s.None || ok && (f.Offset != s.Offset || f.Window() != s.Window) {
		return fmt.Errorf("it acknowledges %d and grants %d: %t", f.Offset, f.Window(), ok)
	}
	return nil
}
