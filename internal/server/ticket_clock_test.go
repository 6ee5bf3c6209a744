package server

import (
	"testing"
	"time"

	"vsay/internal/wire"
)

// A ticket lives its thirty seconds and no longer, however the clock is set.
func TestATicketDoesNotLookAtTheClock(t *testing.T) {
	w, ann, b := ticketWorld(t)
	give := func() string { return w.ticket(ann, wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl}) }
	opens := func(what, ticket string, want int) {
		t.Helper()
		if status, _, _ := w.dials(b.id, "", framesWith(ticket)); status != want {
			t.Errorf("%s: %d and not %d", what, status, want)
		}
	}
	late := give()
	young := give()
	w.pass(-time.Minute)
	w.pass(viewerTicketLife - time.Second)
	opens("29 seconds old, the clock set back", young, 101)
	w.pass(time.Second)
	opens("30 seconds old, the clock set back", late, 401)
}

// Over a restart nobody knows how long a clock that was set back had gone. What it
// gave out in the future that was undone is dead, also when that comes.
func TestATicketOfTheFutureIsForgotten(t *testing.T) {
	w, ann, b := ticketWorld(t)
	w.pass(10 * time.Hour)
	ticket := w.ticket(ann, wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl})
	w.start() // by the clock of this machine, which is ten hours behind
	if status, _, _ := w.dials(b.id, "", framesWith(ticket)); status != 401 {
		t.Errorf("a ticket of the future is answered %d", status)
	}
}
