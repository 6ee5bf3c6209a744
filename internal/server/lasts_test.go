package server

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

// link is a terminal of vsay.v1 on which no session was opened yet.
func (w *world) link(agentID, token string) *wire.Conn {
	w.t.Helper()
	u, err := wire.ParseHost(w.url, false)
	if err != nil {
		w.t.Fatal(err)
	}
	server, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		w.t.Fatal(err)
	}
	link, err := server.Dial(w.t.Context(), "/api/terminal/"+agentID+"/ws", wire.ViewerProtocol, http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(link.CloseNow)
	return link
}

// ends reads a link to its end.
func ends(link *wire.Conn) chan error {
	ended := make(chan error, 1)
	go func() {
		_, err := link.Read(context.Background())
		ended <- err
	}()
	return ended
}

// A token that ends takes its terminal along, unless a fresh one of the same
// login came over the link.
func TestATerminalLastsAsLongAsItsTokens(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.TokenGrace = 300 * time.Millisecond })
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	b.online()
	w.pass(24*time.Hour - time.Second)
	var fresh wire.Signed
	w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)).into(t, &fresh)
	kept, lost, other := w.link(b.id, ann.token), w.link(b.id, ann.token), w.link(b.id, ann.token)
	if err := kept.Write(t.Context(), wire.Frame{Kind: wire.KindToken, Payload: []byte(fresh.Token)}); err != nil {
		t.Fatal(err)
	}
	foreign := wire.Frame{Kind: wire.KindToken, Payload: []byte(w.signIn(ann.email).token)}
	if err := other.Write(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	stays := ends(kept)
	for name, ended := range map[string]chan error{"nothing": ends(lost), "a token of another login": ends(other)} {
		select {
		case err := <-ended:
			if !errors.Is(err, wire.ErrUnauthed) {
				t.Errorf("with %s it ended with %v", name, err)
			}
		case err := <-stays:
			t.Fatalf("refreshed, it ended with %v", err)
		case <-time.After(20 * time.Second):
			t.Fatalf("with %s it stays open", name)
		}
	}
	w.s.relay.Cut(wire.ErrStolen, func(who relay.Who) bool { return who.Login != "" })
	if err := <-stays; !errors.Is(err, wire.ErrStolen) {
		t.Errorf("refreshed, it ended with %v", err)
	}
}

// A link that carries no session yet ends with its login as well.
func TestAnEmptyTerminalEndsWithItsLogin(t *testing.T) {
	w, ann, b := ticketWorld(t)
	ended := ends(w.link(b.id, ann.token))
	w.do("POST", "/api/auth/logout", nil, bearer(ann.token))
	select {
	case err := <-ended:
		if !errors.Is(err, wire.ErrUnauthed) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it stays open")
	}
}
