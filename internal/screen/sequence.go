package screen

import "github.com/charmbracelet/x/ansi/parser"

const (
	maxParams = 64
	maxParam  = 1_000_000_000 // so large a number is as good as any larger one
	missing   = -1
)

// param is a number of a control sequence.
type param struct {
	value int32
	more  bool // a colon follows: the next one belongs to it
}

// or is the number, or another one where it was left out.
func (p param) or(other int) int {
	if p.value == missing {
		return other
	}
	return int(p.value)
}

// control is an ESC or CSI sequence being read.
type control struct {
	state  parser.State
	cmd    int // its final byte; a prefix in the second byte, an intermediate in the third
	n      int
	over   bool // there were more parameters than are kept
	params [maxParams]param
}

func (c *control) begin() {
	c.state, c.cmd, c.n, c.over = parser.EscapeState, 0, 0, false
}

// param takes a byte of the parameters.
func (c *control) param(b byte) {
	if c.n == 0 {
		c.params[0], c.n = param{value: missing}, 1
	}
	last := &c.params[c.n-1]
	switch {
	case b >= '0' && b <= '9':
		if !c.over {
			last.value = int32(min(max(int(last.value), 0)*10+int(b-'0'), maxParam))
		}
	case c.n == maxParams:
		c.over = true
	default:
		last.more = b == ':'
		c.params[c.n] = param{value: missing}
		c.n++
	}
}

// advance reads a byte of a sequence, past what the table takes for something
// else than terminals do.
func (s *Screen) advance(b byte) {
	c := &s.seq
	switch {
	case c.state == parser.EscapeState && b == ']':
		s.state, s.osc, s.over = oscString, s.osc[:0], false
		return
	case c.state == parser.EscapeState && (b == 'P' || b == 'X' || b == '^' || b == '_'):
		s.state = skipString
		return
	case c.state == parser.EscapeIntermediateState && b < '0':
		s.state = skipESC
		return
	case c.state == parser.CsiParamState && b >= '<' && b <= '?', c.state == parser.CsiIntermediateState && b < '@':
		s.state = skipCSI
		return
	}
	next, action := parser.Table.Transition(c.state, b)
	switch action {
	case parser.PrefixAction:
		c.cmd |= int(b) << 8
	case parser.CollectAction:
		c.cmd |= int(b) << 16
	case parser.ParamAction:
		c.param(b)
	case parser.DispatchAction:
		s.state = ground
		s.dispatch(c.state, c.cmd|int(b))
	}
	c.state = next
	if next == parser.GroundState {
		s.state = ground
	}
}

func (s *Screen) dispatch(state parser.State, cmd int) {
	if state == parser.EscapeState || state == parser.EscapeIntermediateState {
		s.escape(cmd)
		return
	}
	s.csi(cmd, s.seq.params[:s.seq.n])
}
