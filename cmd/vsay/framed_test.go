//go:build unix

package main

import (
	"testing"

	"vsay/internal/wire"
)

// A viewer that closes its stream before the session has answered has left: it
// must not stay a viewer for as long as its link.
func TestClosedBeforeItWasOpen(t *testing.T) {
	s := newStage(t)
	link, err := s.link(s.token)
	if err != nil {
		t.Fatal(err)
	}
	defer link.CloseNow()
	open := wire.NewProgress().Ask(wire.Open{New: true, Name: "early", Spec: wire.Spec{Kind: wire.KindShell, TTY: true}})
	for _, f := range []wire.Frame{{Kind: wire.KindOpen, Stream: 1, Payload: wire.Encode(open)}, {Kind: wire.KindClose, Stream: 1}} {
		if err := link.Write(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	err = until("the session is not detached", func() bool {
		var list wire.Sessions
		s.get("/api/terminal/sessions", s.token, &list)
		return len(list.Sessions) == 1 && list.Sessions[0].Status == wire.StatusDetached
	})
	if err != nil {
		t.Error(err)
	}
}
