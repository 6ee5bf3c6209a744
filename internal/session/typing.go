//go:build unix

package session

import (
	"context"
	"sync"
	"time"
)

// ackWithin is the longest that typing waits to be acknowledged once the program
// has it: mostly the echo comes before, and takes the Ack along.
const ackWithin = 5 * time.Millisecond

// ackAtOnce is for more than fingers type, in bytes: somebody waits for room.
const ackAtOnce = 1 << 10

// typing is how keys get to the program.
type typing struct {
	mu   sync.Mutex    // one at a time takes from Core.Keys, or keys would cross
	rest keys          // what the program did not take at once
	wake chan struct{} // there are keys to write
	ack  *time.Timer   // an Ack is due
}

func newTyping(due chan struct{}) *typing {
	t := &typing{wake: make(chan struct{}, 1), ack: time.AfterFunc(time.Hour, func() { nudge(due) })}
	t.ack.Stop()
	return t
}

// typeNow gives the program what it takes without waiting: the link's reader has
// no time, and to wake somebody else for each key takes longer than to write it.
func (h *holder) typeNow() {
	if !h.typing.mu.TryLock() {
		nudge(h.typing.wake) // whoever types looks again
		return
	}
	defer h.typing.mu.Unlock()
	for {
		k, ok := h.nextKeys()
		if !ok {
			return
		}
		n := h.proc.typeSome(k.p)
		h.typed(k, n)
		if n < len(k.p) {
			nudge(h.typing.wake)
			return
		}
	}
}

// typeKeys gives the program the rest, which may take its time.
func (h *holder) typeKeys(ctx context.Context) {
	defer h.typing.ack.Stop()
	for {
		select {
		case <-h.typing.wake:
			h.typeAll()
		case <-ctx.Done():
			return
		}
	}
}

func (h *holder) typeAll() {
	h.typing.mu.Lock()
	defer h.typing.mu.Unlock()
	for {
		k, ok := h.nextKeys()
		if !ok {
			return
		}
		_, _ = h.proc.stdin.Write(k.p) // a program that reads no more takes its input all the same
		h.typed(k, len(k.p))
	}
}

// nextKeys are the next to write. The end of the input is done here.
func (h *holder) nextKeys() (keys, bool) {
	if len(h.typing.rest.p) > 0 {
		return h.typing.rest, true
	}
	for {
		h.mu.Lock()
		k, ok := h.core.Keys()
		h.mu.Unlock()
		if !ok || !k.end {
			return k, ok
		}
		h.proc.endInput()
	}
}

// typed says that the program has the first n bytes of k.
func (h *holder) typed(k keys, n int) {
	h.typing.rest = keys{by: k.by, p: k.p[n:]}
	if n == 0 {
		return
	}
	h.moved.now()
	h.mu.Lock()
	h.core.Typed(keys{by: k.by, p: k.p[:n]})
	h.mu.Unlock()
	if n < ackAtOnce {
		h.typing.ack.Reset(ackWithin)
	} else {
		nudge(h.due)
	}
}
