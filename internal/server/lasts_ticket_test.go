package server

import (
	"errors"
	"testing"
	"time"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

// ticketUntil is one as a page gets it, by a cookie that ends then.
func (b browser) ticketUntil(ends time.Time, box *box, origin string) string {
	b.w.t.Helper()
	me, err := b.w.s.identifyPage(b.w.t.Context(), b.cookie.Value, "192.0.2.1")
	if err != nil {
		b.w.t.Fatal(err)
	}
	me.Expires = ends
	given := b.w.s.newViewerTicket() // not by the route, which would renew the cookie
	ask := wire.AskTicket{AgentID: box.id, Mode: wire.ModeControl}
	if err := b.w.s.keepViewerTicket(b.w.t.Context(), given, me, ask, origin); err != nil {
		b.w.t.Fatal(err)
	}
	return given.Ticket
}

// page is a terminal of a page whose cookie has a second left.
func (b browser) page(box *box) *wire.Conn {
	b.w.t.Helper()
	ticket := b.ticketUntil(b.w.now().Add(time.Second), box, b.origin)
	status, _, ws := b.w.dials(box.id, "", framesWith(ticket), "Origin: "+b.origin)
	if status != 101 {
		b.w.t.Fatalf("the terminal is not opened: %d", status)
	}
	return wire.NewConn(ws)
}

// hand hands a token in over a link.
func hand(t *testing.T, link *wire.Conn, credential string) {
	t.Helper()
	if err := link.Write(t.Context(), wire.Frame{Kind: wire.KindToken, Payload: []byte(credential)}); err != nil {
		t.Fatal(err)
	}
}

// A page has no token to hand in over its link. It does so by tickets: of its own login,
// for that machine, and given to the page that opened the link.
func TestATerminalLastsByTickets(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.TokenGrace = 300 * time.Millisecond })
	ann, eve := w.account("ann"), w.account("eve")
	mine, another := newBox(w), newBox(w)
	mine.enroll(ann.apiKey, "box")
	another.enroll(ann.apiKey, "another")
	mine.online()
	b := w.browse(ann.email)
	w.pass(13 * time.Hour) // its cookie is old enough to be renewed with the ticket
	kept := b.page(mine)
	stays := ends(kept)
	hand(t, kept, theTicket(t, b, wire.AskTicket{AgentID: mine.id, Mode: wire.ModeReadOnly}))

	tomorrow := w.now().Add(24 * time.Hour)
	for name, credential := range map[string]string{
		"nothing":                   "",
		"one that is made up":       b.ticketUntil(tomorrow, mine, b.origin) + "A",
		"one for another machine":   b.ticketUntil(tomorrow, another, b.origin),
		"one of another login":      w.browse(ann.email).ticketUntil(tomorrow, mine, b.origin),
		"a stranger's":              w.browse(eve.email).ticketUntil(tomorrow, mine, b.origin),
		"one given to another page": b.ticketUntil(tomorrow, mine, "https://shell.example.com:443"),
		"what is in the cookie":     b.cookie.Value,
		"the name of a subprotocol": wire.TicketPrefix + b.ticketUntil(tomorrow, mine, b.origin),
	} {
		link := b.page(mine)
		ended := ends(link)
		if credential != "" {
			hand(t, link, credential)
		}
		select {
		case err := <-ended:
			if !errors.Is(err, wire.ErrUnauthed) {
				t.Errorf("with %s it ended with %v", name, err)
			}
		case err := <-stays:
			t.Fatalf("with a fresh ticket it ended with %v", err)
		case <-time.After(20 * time.Second):
			t.Fatalf("with %s it stays open", name)
		}
	}
	w.s.relay.Cut(wire.ErrStolen, func(who relay.Who) bool { return who.Login != "" })
	if err := <-stays; !errors.Is(err, wire.ErrStolen) {
		t.Errorf("with a fresh ticket it ended with %v", err)
	}
}

// Of two terminals that are handed the same ticket one goes on.
func TestATicketProlongsOneTerminal(t *testing.T) {
	w, ann, box := ticketWorld(t)
	b := w.browse(ann.email)
	ticket := theTicket(t, b, wire.AskTicket{AgentID: box.id, Mode: wire.ModeControl})
	one, other := b.page(box), b.page(box)
	first, second := ends(one), ends(other)
	hand(t, one, ticket)
	hand(t, other, ticket)
	select {
	case err := <-first:
		first = second
		if !errors.Is(err, wire.ErrUnauthed) {
			t.Error(err)
		}
	case err := <-second:
		if !errors.Is(err, wire.ErrUnauthed) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("both go on")
	}
	w.s.relay.Cut(wire.ErrStolen, func(who relay.Who) bool { return who.Login != "" })
	if err := <-first; !errors.Is(err, wire.ErrStolen) {
		t.Errorf("the other one ended with %v", err)
	}
}

// What prolongs a terminal goes with its login like any other ticket.
func TestATicketOfAnEndedLoginProlongsNothing(t *testing.T) {
	w, ann, box := ticketWorld(t)
	b := w.browse(ann.email)
	link := &viewerLink{s: w.s, machine: store.Machine{AgentID: box.id}, page: b.origin}
	ask := wire.AskTicket{AgentID: box.id, Mode: wire.ModeControl}
	if me, err := link.identify(t.Context(), theTicket(t, b, ask)); err != nil || me.User.ID != ann.id {
		t.Fatalf("a good one: %+v, %v", me.User, err)
	}
	ticket := theTicket(t, b, ask)
	b.do("POST", "/api/auth/logout", nil)
	if _, err := link.identify(t.Context(), ticket); !errors.Is(err, wire.ErrUnauthed) {
		t.Errorf("after its login ended: %v", err)
	}
}
