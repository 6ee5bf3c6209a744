//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// Of a flood that its reader does not read no more is on its way than the window:
// not what the kernels between would take besides, and Ctrl-C would wait for.
func TestPlainSocketThatIsNotRead(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	counter := filepath.Join(s.site.dir, "counter")
	c.text(fmt.Sprintf("i=0; while printf %%4096s; do i=$((i+1)); echo $i > %s.new; mv %s.new %s; done\r", counter, counter, counter))
	last, same := -1, 0
	err := until("the flood goes on", func() bool {
		n := 0
		if text, err := os.ReadFile(counter); err == nil {
			n, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		same++
		if n != last {
			last, same = n, 0
		}
		return n > 0 && same == 50
	})
	if printed := last << 12; err != nil || printed > 2*wire.DefaultWindow {
		t.Errorf("%d bytes were printed: %v", printed, err)
	}
	c.text("\x03")
	c.text("echo do''ne\r")
	c.see("done\r\n")
}

// Who types much and reads what comes of it is not left waiting for a pong that is
// behind all that.
func TestPlainSocketThatTypesMuch(t *testing.T) {
	s := newStage(t)
	for _, size := range []int{1000, wire.MaxPayload} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s := s.with(t)
			c := s.dial("")
			all := bytes.Repeat([]byte("0123456789abcdef"), 2<<20/16)
			c.raw(fmt.Sprintf("head -c %d", len(all)))
			go func() {
				for rest := all; len(rest) > 0; rest = rest[min(size, len(rest)):] {
					if c.ws.Write(t.Context(), websocket.MessageBinary, rest[:min(size, len(rest))]) != nil {
						return
					}
				}
			}()
			c.next(all)
		})
	}
}

// Keys that no program reads stay in the socket, and pongs behind them: output goes on.
func TestPlainSocketWhoseKeysNobodyReads(t *testing.T) {
	s := newStage(t)
	c := s.dial("")
	c.raw("sleep 2; head -c 3000000 /dev/zero; exec sleep 1000")
	go func() {
		for range 1 << 10 {
			if c.ws.Write(t.Context(), websocket.MessageBinary, make([]byte, 1000)) != nil {
				return
			}
		}
	}()
	c.next(make([]byte, 3000000))
}
