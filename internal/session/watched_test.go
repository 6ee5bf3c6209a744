package session

import (
	"errors"
	"testing"

	"vsay/internal/wire"
)

// Where the machine lets people only watch, a server that says that somebody may type
// changes nothing.
func TestNobodyTypesWhereTheMachineForbidsIt(t *testing.T) {
	c := NewCore("s", "1", false, 80, 24)
	c.readOnly = true
	seat(c, 1, wire.Open{Window: 1000, Cols: 100, Rows: 40})
	for name, f := range map[string]wire.Frame{
		"a signal":        {Kind: wire.KindSignal, Stream: 1, Payload: []byte("INT")},
		"a size":          wire.ResizeFrame(1, 90, 30),
		"an end of input": {Kind: wire.KindInputEnd, Stream: 1},
	} {
		if act := c.Take(f); act != (Act{}) {
			t.Errorf("%s does %+v", name, act)
		}
	}
	if cols, rows := c.Size(); cols != 0 || rows != 0 {
		t.Errorf("the program's terminal gets %d by %d", cols, rows)
	}
	if why := closedFor(all(c), 1); why != nil {
		t.Fatalf("who only watches is closed: %v", why)
	}
	act := c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("x")})
	if why := closedFor(all(c), 1); !errors.Is(why, wire.ErrForbidden) || act != (Act{}) {
		t.Errorf("who types is told %v, and does %+v", why, act)
	}
	if k, ok := c.Keys(); ok {
		t.Errorf("%q gets to the program", k.p)
	}
}

// A command without a terminal may be told that its input ends, and waits for its
// reader as ever.
func TestACommandThatIsOnlyWatched(t *testing.T) {
	c := NewCore("s", "1", true, 0, 0)
	c.readOnly = true
	seat(c, 1, wire.Open{New: true, Window: 1000})
	if room := c.Room(); room > ringLimit {
		t.Errorf("there is room for %d bytes, whatever its reader does", room)
	}
	if act := c.Take(wire.Frame{Kind: wire.KindInputEnd, Stream: 1}); !act.Keys {
		t.Error("its input does not end")
	}
	if k, ok := c.Keys(); !ok || !k.end || len(k.p) > 0 {
		t.Errorf("%+v gets to the command", k)
	}
	c.Take(wire.Frame{Kind: wire.KindInput, Stream: 1, Payload: []byte("x")})
	if why := closedFor(all(c), 1); !errors.Is(why, wire.ErrForbidden) {
		t.Errorf("who types is told %v", why)
	}
}
