package wire

import (
	"context"
	"encoding/binary"
	"time"
)

// A link is tested this often, and given up after so long without a frame. That
// is looked at every checkEvery: whoever is cut off knows it within 30 s.
const (
	PingEvery  = 10 * time.Second
	DeadAfter  = 24 * time.Second
	checkEvery = 5 * time.Second
)

// BeatEvery is how often a machine says how it is.
const BeatEvery = 15 * time.Second

// KeepAlive pings until ctx ends or the link is dead, and then closes it. Time
// in which nobody reads is no silence: a terminal that was stopped with Ctrl-S
// is alive.
func (c *Conn) KeepAlive(ctx context.Context) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		switch {
		case n%int(PingEvery/checkEvery) != 0:
		case c.plain:
			c.pingPlain(ctx)
		default:
			c.Ping(ctx, 0)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		since := c.idle.Load()
		if since == over {
			return ErrLinkLost
		}
		if since != 0 && time.Since(c.born)-time.Duration(since) > DeadAfter {
			c.ws.CloseNow()
			return ErrLinkLost
		}
	}
}

// Probe makes a round trip, and gives the link up when that takes longer than d.
// What comes by itself is no proof: a link may be dead in one direction only.
func (c *Conn) Probe(ctx context.Context, d time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if _, err := c.Trip(limited); err == nil || ctx.Err() != nil {
		return nil
	}
	c.ws.CloseNow()
	return ErrLinkLost
}

// answer sends a Ping or Pong without waiting, one at a time: the reader must
// not hang on a link that cannot be written.
func (c *Conn) answer(ctx context.Context, f Frame) {
	busy := &c.ping
	if f.Stream != 0 {
		busy = &c.ask
	}
	if !busy.CompareAndSwap(false, true) {
		return
	}
	ctx = context.WithoutCancel(ctx) // it is the reader's, and may end before this is sent
	go func() {
		defer busy.Store(false)
		_ = c.Write(ctx, f) // the reader notices a dead link
	}()
}

// pingPlain is a ping of the WebSocket's own, one at a time. Its pong is not
// seen by Read, and counts as a sign of life all the same.
func (c *Conn) pingPlain(ctx context.Context) {
	if !c.ping.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer c.ping.Store(false)
		_, _ = c.tripPlain(ctx)
	}()
}

func (c *Conn) tripPlain(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	if err := c.ws.Ping(ctx); err != nil {
		return 0, err
	}
	took := time.Since(began)
	if least := c.rtt.Load(); least == 0 || int64(took) < least {
		c.rtt.Store(int64(took))
	}
	if since := c.idle.Load(); since > 0 {
		c.idle.CompareAndSwap(since, c.now())
	}
	return took, nil
}

// RTT is the last round trip to the other end of this link, 0 before the first.
func (c *Conn) RTT() time.Duration { return time.Duration(c.rtt.Load()) }

func (c *Conn) ponged(f Frame) {
	took, ok := c.Took(f)
	if !ok {
		return
	}
	c.rtt.Store(int64(took))
	if waiting := c.trip.Swap(nil); waiting != nil {
		*waiting <- took
	}
}

// Ping asks whoever is at the end of a stream to answer, without waiting: stream
// 0 is the other end of this link, any other one goes end to end. One is dropped
// while the last one of its sort is on its way out still.
func (c *Conn) Ping(ctx context.Context, stream uint32) {
	now := uint64(time.Since(c.born))
	c.answer(ctx, Frame{Kind: KindPing, Stream: stream, Payload: binary.BigEndian.AppendUint64(nil, now)})
}

// Took is the round trip that the Pong to a Ping of ours ends.
func (c *Conn) Took(pong Frame) (time.Duration, bool) {
	if len(pong.Payload) != 8 {
		return 0, false
	}
	sent := time.Duration(binary.BigEndian.Uint64(pong.Payload))
	now := time.Since(c.born)
	return now - sent, sent >= 0 && sent <= now
}

// Trip is a round trip to the other end of this link, made now.
func (c *Conn) Trip(ctx context.Context) (time.Duration, error) {
	came := make(chan time.Duration, 1)
	c.trip.Store(&came)
	c.Ping(ctx, 0)
	select {
	case took := <-came:
		return took, nil
	case <-ctx.Done():
		return 0, ErrLinkLost
	}
}
