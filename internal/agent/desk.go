//go:build unix

package agent

import (
	"context"

	"vsay/internal/wire"
)

// desk is where one kind of order waits for its turn. A server may send any number
// of them; what they cost this machine at a time is bounded.
type desk struct {
	places chan struct{} // those that wait, and those at work
	turns  chan struct{} // those at work
}

func newDesk(turns, waiting int) desk {
	return desk{make(chan struct{}, turns+waiting), make(chan struct{}, turns)}
}

// openDesks gives each kind of order its own, so that none waits for another kind.
func openDesks() map[wire.Kind]desk {
	return map[wire.Kind]desk{
		wire.KindStart: newDesk(16, 256),
		wire.KindCall:  newDesk(16, 256),
		wire.KindEnd:   newDesk(16, 256),
		wire.KindLook:  newDesk(1, 8), // each is many questions at once
	}
}

var errBusy = wire.ErrSlowDown.With("the machine has too much to do at once: try again")

// take does something when its turn has come. It says no when too many wait.
func (d desk) take(ctx context.Context, do func()) bool {
	select {
	case d.places <- struct{}{}:
	default:
		return false
	}
	go func() {
		defer func() { <-d.places }()
		select {
		case d.turns <- struct{}{}:
		case <-ctx.Done():
			return
		}
		defer func() { <-d.turns }()
		do()
	}()
	return true
}

// shaped says that a word of the server is one of letters, digits, - and _, of most
// bytes: it goes into files and headers.
func shaped(word string, most int) bool {
	for _, c := range []byte(word) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		if !letter {
			return false
		}
	}
	return word != "" && len(word) <= most
}
