package server

import (
	"context"

	"golang.org/x/time/rate"

	"vsay/internal/wire"
)

// flow bounds what one client may send. Over it the client's socket is not read for
// a while: TCP slows the client then, and nothing is lost or closed.
type flow struct {
	bytes, frames *rate.Limiter
}

// bigFrame is input that does not count as a frame, in bytes: of a terminal it is
// bounded by its bytes, of a command's stdin by the window. A terminal gives its
// client what is pasted in pieces of up to 4095.
const bigFrame = 1 << 10

func (l Limits) flow(burst int) flow {
	return flow{
		rate.NewLimiter(rate.Limit(l.InputPerSecond), burst),
		rate.NewLimiter(rate.Limit(l.FramesPerSecond), l.FramesBurst),
	}
}

// typed waits until so many bytes more may be typed into a terminal.
func (f flow) typed(ctx context.Context, n int) error {
	return f.bytes.WaitN(ctx, min(n, f.bytes.Burst()))
}

// frame waits until a client may send one more.
func (f flow) frame(ctx context.Context, kind wire.Kind, n int) error {
	if kind == wire.KindInput && n >= bigFrame {
		return nil
	}
	return f.frames.Wait(ctx)
}
