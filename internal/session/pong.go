//go:build unix

package session

import (
	"bytes"
	"context"
	"sync"

	"vsay/internal/wire"
)

// pongs are the answers on their way to viewers that ask whether the way here is
// whole. The reader must not hang on a link that cannot be written, so each has a
// goroutine, and there are few of them at a time: the viewer asks again.
type pongs struct {
	live *sync.WaitGroup
	room chan struct{}
}

func (p pongs) pong(ctx context.Context, conn *wire.Conn, ping wire.Frame) {
	select {
	case p.room <- struct{}{}:
	default:
		return
	}
	f := wire.Frame{Kind: wire.KindPong, Stream: ping.Stream, Payload: bytes.Clone(ping.Payload)}
	p.live.Go(func() {
		_ = conn.Write(ctx, f) // the reader notices a dead link
		<-p.room
	})
}
