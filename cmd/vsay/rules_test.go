//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// What only watches and does more is closed with 1008, and written down. Nobody
// else notices.
func TestWhoOnlyWatchesAndDoesMore(t *testing.T) {
	s := newStage(t)
	typist := s.view(wire.Open{New: true, Name: "watched", Cols: 80, Rows: 24})
	typist.types([]byte("PS1='% '; echo rea''dy\r"))
	typist.must("ready\r\n")
	for name, f := range map[string]wire.Frame{
		"input":              {Kind: wire.KindInput, Payload: []byte("echo ty''ped\r")},
		"the end of input":   {Kind: wire.KindInputEnd},
		"resize":             wire.ResizeFrame(1, 11, 12),
		"signal":             {Kind: wire.KindSignal, Payload: []byte("KILL")},
		"an Ack too far":     wire.AckFrame(1, math.MaxUint64, 1<<20),
		"an Ack a bit off":   wire.AckFrame(1, 1<<30, 1<<20),
		"a resize to no one": wire.ResizeFrame(1, 0, 0),
	} {
		watcher := s.with(t).view(wire.Open{Session: typist.opened.Session, ReadOnly: true, Cols: 80, Rows: 24})
		watcher.sends(f)
		err := watcher.sees([]byte("never"))
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation {
			t.Errorf("%s: %v", name, err)
		}
	}
	typist.types([]byte("stty size; echo still th''ere\r"))
	typist.must("24 80\r\nstill there\r\n")
	if bytes.Contains(typist.shown, []byte("typed")) {
		t.Error("it typed")
	}
	plain := s.dial("&read_only=true&session_id=" + typist.opened.Session)
	plain.text(`{"type":"resize","cols":11,"rows":12}`)
	if got := plain.closes(); got.Code != websocket.StatusPolicyViolation {
		t.Errorf("a plain resize is closed with %d", got.Code)
	}
	s.server.end(os.Interrupt)
	if n := bytes.Count(s.server.log.Bytes(), []byte("viewer refused")); n != 8 {
		t.Errorf("%d of 8 were written down", n)
	}
}

// In vsay.v1 a resize is a frame, and text that looks like the plain one's is text.
func TestBytesOfFrames(t *testing.T) {
	s := newStage(t)
	v := s.view(wire.Open{New: true, Cols: 80, Rows: 24})
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	resize := []byte(`{"type":"resize","cols":1,"rows":1}`)
	text := append(append(all, resize...), "\xf0\x9f"...)
	v.types(fmt.Appendf(nil, "stty raw -echo; printf go%%s -; head -c %d; stty sane; stty size\r", len(text)+2))
	v.must("go-")
	v.types(text)
	v.types([]byte("\x99\x82")) // the other half of a character
	v.must(string(text) + "\x99\x82")
	v.must("24 80\r\n")
	for name, f := range map[string]wire.Frame{
		"0 by 0":      wire.ResizeFrame(1, 0, 0),
		"no height":   wire.ResizeFrame(1, 80, 0),
		"half a size": {Kind: wire.KindResize, Payload: []byte{0, 80}},
		"no size":     {Kind: wire.KindResize},
		"1e9":         {Kind: wire.KindResize, Payload: []byte{0x3b, 0x9a, 0xca, 0, 0x3b, 0x9a, 0xca, 0}},
	} {
		wrong := s.with(t).view(wire.Open{Session: v.opened.Session, Cols: 80, Rows: 24})
		wrong.sends(f)
		if err := wrong.sees([]byte("never")); !errors.Is(err, wire.ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v.types([]byte("stty size\r"))
	v.must("24 80\r\n")
	v.sends(wire.ResizeFrame(1, 65535, 65535))
	v.types([]byte("stty size\r"))
	v.must("65535 65535\r\n")
}
