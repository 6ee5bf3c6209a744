package store

import (
	"errors"
	"testing"
	"time"

	"vsay/internal/wire"
)

// A page that opens several terminals asks for their tickets at once, and whose is made first may be
// kept last.
func TestTicketsAskedForAtOnceAreAllGood(t *testing.T) {
	s := newStore(t)
	ann := withUser(t, s, "ann")
	box, err := s.EnrollMachine(t.Context(), machine(ann, "box"))
	must(t, err)
	must(t, s.CreateLogin(t.Context(), Login{ID: "sid", UserID: ann.ID, AuthTime: midday}, 1))
	keep := func(hash string, ends, now time.Time) {
		t.Helper()
		ticket := ViewerTicket{UserID: ann.ID, Login: "sid", Epoch: ann.Epoch, AgentID: box.AgentID, TokenEnds: ends, Ends: ends}
		must(t, s.CreateViewerTicket(t.Context(), []byte(hash), ticket, now))
	}
	ends := midday.Add(30 * time.Second)
	keep("ended", midday, midday.Add(-time.Second))
	keep("younger", ends.Add(time.Millisecond), midday)
	keep("elder", ends, midday)
	for _, hash := range []string{"younger", "elder"} {
		if _, err := s.RedeemViewerTicket(t.Context(), []byte(hash), midday, ends.Add(time.Second)); err != nil {
			t.Errorf("the %s: %v", hash, err)
		}
	}
	if _, err := s.RedeemViewerTicket(t.Context(), []byte("ended"), midday.Add(-time.Second), ends); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("one that has ended is kept: %v", err)
	}
}
