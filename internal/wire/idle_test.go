package wire

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// drain reads a link until it ends.
func drain(ctx context.Context, c *Conn) {
	for {
		if _, err := c.Read(ctx); err != nil {
			return
		}
	}
}

func TestPlainTerminalThatOnlyWatchesIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		browser, end := Pipe()
		end.plain = true
		defer browser.CloseNow()
		defer end.CloseNow()
		go drain(t.Context(), browser) // which answers pings below our sight
		go drain(t.Context(), end)
		done := make(chan error, 1)
		go func() { done <- end.KeepAlive(t.Context()) }()
		select {
		case err := <-done:
			t.Fatalf("who typed nothing for a while was cut off: %v", err)
		case <-time.After(10 * DeadAfter):
		}
	})
}

func TestPlainTerminalThatIsDeadIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		browser, end := Pipe() // which answers nothing
		end.plain = true
		defer browser.CloseNow()
		go drain(t.Context(), end)
		began := time.Now()
		if err := end.KeepAlive(t.Context()); !errors.Is(err, ErrLinkLost) || time.Since(began) > DeadAfter+PingEvery {
			t.Errorf("it was given up after %v: %v", time.Since(began), err)
		}
	})
}

func TestIdleLinkHoldsNoBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := Pipe()
		defer near.CloseNow()
		defer far.CloseNow()
		go drain(t.Context(), far)
		if err := near.Write(t.Context(), Frame{Kind: KindOutput, Payload: make([]byte, MaxPayload)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if far.rbuf != nil {
			t.Error("a link that waits holds a buffer")
		}
	})
}

func TestFrameThatIsTooLargeIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := Pipe()
		defer near.CloseNow()
		defer far.CloseNow()
		if err := near.Write(t.Context(), Frame{Payload: make([]byte, MaxPayload+1)}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("it was refused with %v", err)
		}
		go func() { _ = near.Write(t.Context(), Frame{Kind: KindOutput, Payload: []byte("x")}) }()
		if f, err := far.Read(t.Context()); err != nil || !bytes.Equal(f.Payload, []byte("x")) {
			t.Errorf("the link brought %q, %v", f.Payload, err)
		}
	})
}

func TestWriterThatGivesUpLeavesTheLinkAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := Pipe()
		defer near.CloseNow()
		defer far.CloseNow()
		first := make(chan error, 1)
		go func() { first <- near.Write(t.Context(), Frame{Kind: KindOutput, Payload: []byte("x")}) }()
		synctest.Wait() // it waits for a reader
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := near.Write(ctx, Frame{Kind: KindOutput}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second writer ended with %v", err)
		}
		if f, err := far.Read(t.Context()); err != nil || string(f.Payload) != "x" {
			t.Errorf("the link brought %q, %v", f.Payload, err)
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

func TestProbe(t *testing.T) {
	for name, alive := range map[string]bool{"a link that is alive": true, "one that is dead": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := Pipe()
				defer near.CloseNow()
				defer far.CloseNow()
				go drain(t.Context(), near)
				if alive {
					go drain(t.Context(), far)
				}
				<-time.After(time.Second)
				if err := near.Probe(t.Context(), time.Second); (err == nil) != alive {
					t.Errorf("the probe said %v", err)
				}
			})
		})
	}
}
