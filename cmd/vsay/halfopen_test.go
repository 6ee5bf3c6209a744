//go:build unix

package main

import (
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hop is a stretch of the way to the server that can lose its connections without
// telling either end.
type hop struct {
	ln     net.Listener
	target string
	dials  atomic.Int64
	mu     sync.Mutex
	dead   *atomic.Bool // of the connections of now
	ends   []net.Conn
	shut   bool // nobody gets through
}

// newHop starts one to a server.
func newHop(t *testing.T, url string) *hop {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hop{ln: ln, target: strings.TrimPrefix(url, "http://"), dead: &atomic.Bool{}}
	var live sync.WaitGroup
	t.Cleanup(func() {
		ln.Close()
		h.mu.Lock()
		for _, c := range h.ends {
			c.Close()
		}
		h.mu.Unlock()
		live.Wait()
	})
	live.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			h.dials.Add(1)
			h.mu.Lock()
			dead := h.dead
			h.mu.Unlock()
			live.Go(func() { h.carry(near, dead) })
		}
	})
	return h
}

func (h *hop) carry(near net.Conn, dead *atomic.Bool) {
	defer near.Close()
	far, err := net.Dial("tcp", h.target)
	if err != nil {
		return
	}
	defer far.Close()
	h.mu.Lock()
	h.ends = append(h.ends, near, far)
	if h.shut {
		near.Close()
	}
	h.mu.Unlock()
	var ways sync.WaitGroup
	pump := func(dst, src net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := src.Read(buf)
			if !dead.Load() {
				_, _ = dst.Write(buf[:n])
			}
			if err != nil {
				if !dead.Load() {
					dst.Close()
				}
				return
			}
		}
	}
	ways.Go(func() { pump(far, near) })
	ways.Go(func() { pump(near, far) })
	ways.Wait()
}

// halfOpen has every connection of now drop what comes, and the news of its end.
func (h *hop) halfOpen() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead.Store(true)
	h.dead = &atomic.Bool{}
}

// sever breaks every connection, and lets nobody through until it is told to.
func (h *hop) sever() (mend func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shut = true
	for _, c := range h.ends {
		c.Close()
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.shut = false
	}
}

// attachVia opens a terminal on the machine, by way of a hop.
func (s *stage) attachVia(h *hop, args ...string) (keys func(string), see func(string)) {
	s.t.Helper()
	cmd := s.site.command("vsay", append([]string{"attach"}, args...)...)
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "VSAY_TOKEN="+s.token, "VSAY_HOST=http://"+h.ln.Addr().String())
	term, err := openTerminal(cmd)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(term.close)
	keys = func(text string) { _, _ = term.keys.WriteString(text) }
	see = func(text string) {
		s.t.Helper()
		if err := term.see(regexp.MustCompile(text)); err != nil {
			s.t.Fatal(err)
		}
	}
	see(`[#$] $`)
	return keys, see
}

// Packets are dropped and nobody says so. Who types is told after three seconds,
// and goes on over a second link: what was typed arrives, once.
func TestHalfOpenLinkUnderTyping(t *testing.T) {
	s := newStage(t)
	h := newHop(t, s.url)
	keys, see := s.attachVia(h, "box")
	keys("n=0; PS1='% '\r")
	see(`% $`)
	for range 2 {
		h.halfOpen()
		began := time.Now()
		keys("n=$((n+1)); echo typed-$n\r")
		see(`reconnecting, [3-5] s; typed keys are kept: 26`)
		see(`typed-\d`)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it went on after %v", took)
		}
	}
	keys("echo in-all-$n\r")
	see(`in-all-2\r`)
}

// A program that does not read what is typed is no broken link.
func TestProgramThatDoesNotRead(t *testing.T) {
	s := newStage(t)
	h := newHop(t, s.url)
	keys, see := s.attachVia(h, "box")
	keys("PS1='% '; stty raw -echo; echo g''o; sleep 6; stty sane; echo still th''ere\r")
	see(`go`)
	before := h.dials.Load()
	keys(strings.Repeat("x", 200<<10)) // much more than a terminal keeps for its program
	see(`still there`)
	if n := h.dials.Load() - before; n > 0 {
		t.Errorf("%d more links were dialled", n)
	}
}
