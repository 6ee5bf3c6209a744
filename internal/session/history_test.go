package session

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vsay/internal/screen"
	"vsay/internal/wire"
)

// newcomer is an empty terminal that joined a session, and what it was sent.
type newcomer struct {
	opened  wire.Opened
	from    uint64 // Opened's offset
	history []byte // output before the screen
	at      uint64 // the next byte of output
	screen  *screen.Screen
}

// joins has somebody new join, and all that is due drawn.
func joins(t *testing.T, c *Core, o wire.Open) *newcomer {
	t.Helper()
	o.Version, o.Attachment = wire.Version, "new"
	n := &newcomer{screen: screen.New(int(o.Cols), int(o.Rows))}
	whole := false
	for i, f := range seat(c, 77, o) {
		switch {
		case i == 0 && f.Kind == wire.KindOpened:
			if err := wire.Decode(f.Payload, &n.opened); err != nil {
				t.Fatal(err)
			}
			n.from, n.at = f.Offset, f.Offset
		case f.Kind == wire.KindOutput && f.Offset == n.at && !whole:
			n.history = append(n.history, f.Payload...)
			n.draw(f)
		case f.Kind == wire.KindScreen && f.Offset == c.out.end && f.Offset == n.at && !whole:
			_, _ = n.screen.Write(f.Payload)
			whole = len(f.Payload) == 0
		default:
			t.Fatalf("frame %d is %v at %d, and output goes on at %d", i, f.Kind, f.Offset, n.at)
		}
	}
	if !whole {
		t.Fatal("the screen did not come")
	}
	return n
}

func (n *newcomer) draw(f wire.Frame) {
	_, _ = n.screen.Write(f.Payload)
	n.at += uint64(len(f.Payload))
}

// shows compares a terminal with what the program's shows, above the screen as well.
func (n *newcomer) shows(want *screen.Screen) error {
	if got, want := n.screen.Redraw(), want.Redraw(); !bytes.Equal(got, want) {
		return fmt.Errorf("the screen is\n%q\nand not\n%q", got, want)
	}
	if got, want := n.screen.Above(), want.Above(); !slices.Equal(got, want) {
		return fmt.Errorf("%d lines above the screen:\n%s\nand not %d:\n%s", len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
	}
	return nil
}

// past is a session whose program has put out a lot, and what its terminal shows.
type past struct {
	*rand.Rand
	core *Core
	base uint64
	out  []byte
	want *screen.Screen
}

func newPast(seed uint64) *past {
	p := &past{Rand: rand.New(rand.NewPCG(seed, 2)), core: NewCore("s", "1", false, 80, 24), want: screen.New(80, 24)}
	p.core.out.limit = 2048 << p.IntN(7)
	p.core.seen = true // somebody started it, and left
	if p.IntN(4) == 0 {
		p.base = 1 << 63
		p.core.out.start, p.core.out.end, p.core.screen.fed = p.base, p.base, p.base
	}
	return p
}

func (p *past) print(text string) {
	p.core.Output([]byte(text), false)
	p.out = append(p.out, text...)
	_, _ = p.want.Write([]byte(text))
}

func (p *past) resize(cols, rows uint16) {
	p.core.Resized(cols, rows)
	p.want.Resize(int(cols), int(rows))
}

// go on has the program do what programs do.
func (p *past) goOn() {
	for range p.IntN(300) {
		switch p.IntN(12) {
		case 0:
			s := sizes[p.IntN(len(sizes)-1)] // the last is none
			if p.IntN(30) == 0 {
				p.resize(s[0], s[1])
			}
		case 1, 2, 3:
			token := tokens[p.IntN(len(tokens))]
			if strings.Contains(token, "%d") {
				token = fmt.Sprintf(token, 1+p.IntN(30), 1+p.IntN(100))
			}
			if p.IntN(10) == 0 {
				p.print(token)
			}
		case 4:
			if p.IntN(10) == 0 {
				p.print("\x1b[?1049h\x1b[H" + strings.Repeat("~\r\n", p.IntN(500)) + strings.Repeat("\x1b[?1049l", p.IntN(2)))
			}
		default:
			p.print(fmt.Sprintf("line %d: %s\r\n", p.IntN(1000), strings.Repeat("x", p.IntN(150))))
		}
	}
}

// Whoever joins has the screen, and above it the lines that belong there, whatever
// was printed before, for whatever size, and wherever the ring begins.
func TestWhoJoinsHasTheHistoryOfTheSession(t *testing.T) {
	used := 0
	for seed := range uint64(600) {
		p := newPast(seed)
		p.goOn()
		if len(p.out) == 0 {
			continue
		}
		o := wire.Open{Window: uint32(1000 + p.IntN(100000)), History: uint32(p.IntN(100000)), Cols: p.core.cols, Rows: p.core.rows, ReadOnly: p.IntN(3) == 0}
		if !o.ReadOnly && p.IntN(4) == 0 {
			s := sizes[p.IntN(len(sizes)-1)]
			o.Cols, o.Rows = s[0], s[1]
			p.want.Resize(int(o.Cols), int(o.Rows))
		}
		n := joins(t, p.core, o)
		if err := p.right(n, o); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if len(n.history) > 0 {
			used++
		}
	}
	if used < 200 {
		t.Errorf("only %d of them got output", used)
	}
}

func (p *past) right(n *newcomer, o wire.Open) error {
	began := n.from - p.base
	end := uint64(len(p.out))
	switch {
	case len(n.history) > int(min(o.History, o.Window)):
		return fmt.Errorf("%d bytes of history, asked for %d in a window of %d", len(n.history), o.History, o.Window)
	case !bytes.Equal(n.history, p.out[began:]):
		return fmt.Errorf("the history is not what was put out")
	case len(n.history) > 0 && (n.opened.Missed != n.at || began > 0 && p.out[began-1] != '\n'):
		return fmt.Errorf("the history from %d to %d begins after %q, missed is %d", n.from, n.at, p.out[max(began, 1)-1], n.opened.Missed)
	case len(n.history) == 0 && n.opened.Missed != 0:
		return fmt.Errorf("nothing was missed, and yet %d", n.opened.Missed)
	}
	if err := n.shows(p.want); err != nil {
		return err
	}
	p.core.Take(wire.AckFrame(77, n.at, 1<<20))
	p.print("and \x1b[7mmore\r\n\x1b[m")
	for _, f := range all(p.core) {
		n.draw(f)
	}
	if n.at != p.base+uint64(len(p.out)) || p.base+end > n.at {
		return fmt.Errorf("it is at %d of %d", n.at, p.base+uint64(len(p.out)))
	}
	return n.shows(p.want)
}
