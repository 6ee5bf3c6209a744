package server

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// holder is a session that runs, and the link of its holder.
func (b *box) holder(owner account, id string) *wire.Conn {
	b.w.t.Helper()
	x := store.Session{
		ID: id, Name: "1", Kind: wire.KindShell, AgentID: b.id, MachineName: "box", UserID: owner.id, Username: "ann",
		StartedAt: time.Now(), LastActive: time.Now(),
	}
	if err := b.w.s.store.CreateSession(b.w.t.Context(), &x); err != nil {
		b.w.t.Fatal(err)
	}
	u, err := wire.ParseHost(b.w.url, false)
	if err != nil {
		b.w.t.Fatal(err)
	}
	server, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		b.w.t.Fatal(err)
	}
	link, err := server.Dial(b.w.t.Context(), "/api/hold/ws", wire.HoldProtocol, http.Header{
		"Authorization":   {"Vsay-Ticket " + id + "." + b.w.s.tickets.issue(id)},
		wire.SecretHeader: {hex.EncodeToString(make([]byte, 32))},
	})
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.w.t.Cleanup(link.CloseNow)
	return link
}

// A session ends once, whatever its machine says afterwards and how often.
func TestASessionEndsOnceInTheAudit(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	id := strings.Repeat("a", 26)
	link := b.holder(ann, id)
	for code := range 5 {
		if err := link.Write(t.Context(), wire.Frame{Kind: wire.KindEnded, Payload: wire.Encode(wire.Exit{Code: code})}); err != nil {
			t.Fatal(err)
		}
	}
	for heard := 0; heard < 5; {
		f, err := link.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Kind == wire.KindAck {
			heard++
		}
	}
	x, err := w.s.store.SessionByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.s.lost(t.Context(), x, false, wire.ErrGone) // somebody joins it, and its machine knows it no more
	w.settle()
	var said []string
	for _, r := range w.trail(ann.token, "") {
		if r.SessionID == id {
			said = append(said, r.Event+" "+r.Detail["exit_code"])
		}
	}
	if len(said) != 1 || said[0] != "session ended 0" {
		t.Errorf("the end is written down as %q", said)
	}
}

// What is written down each time, and costs nothing, nobody does without end.
func TestJoinsAndChangesArePaced(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.JoinsPerMinute, c.Limits.ChangesPerMinute = 2, 2 })
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	b.online()
	id := strings.Repeat("a", 26)
	b.holder(ann, id)
	link := w.link(b.id, ann.token)
	for stream := range uint32(3) {
		ask := wire.Open{Version: wire.Version, Session: id, Attachment: "a" + string('0'+rune(stream)), Generation: 1, Window: 1000}
		if err := link.Write(t.Context(), wire.Frame{Kind: wire.KindOpen, Stream: stream + 1, Payload: wire.Encode(ask)}); err != nil {
			t.Fatal(err)
		}
	}
	if why := closed(t, link); why.Code != wire.ErrSlowDown.Code {
		t.Errorf("the third one to join hears %v", why)
	}
	for i, status := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		got := w.do("PATCH", "/api/terminal/sessions/"+id, wire.RenameSession{Name: "n" + string('0'+rune(i))}, bearer(ann.token))
		if got.status != status {
			t.Errorf("change %d: %d %s", i+1, got.status, got.body)
		}
	}
	w.do("POST", "/api/profile/regenerate-api-key", nil, bearer(ann.token)).refused(t, wire.ErrSlowDown)
	w.pass(time.Minute)
	if got := w.do("POST", "/api/profile/regenerate-api-key", nil, bearer(ann.token)); got.status != http.StatusOK {
		t.Errorf("a minute later: %d %s", got.status, got.body)
	}
}

// Many logins do not make many more refreshes.
func TestRefreshesOfAUserArePaced(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.RefreshesPerMinute = 2 })
	ann, bob := w.account("ann"), w.account("bob")
	for i, token := range []string{ann.token, w.signIn(ann.email).token, w.signIn(ann.email).token, bob.token} {
		got := w.do("POST", "/api/auth/refresh", nil, bearer(token))
		if refused := got.status == http.StatusTooManyRequests; refused != (i == 2) || refused && got.header.Get("Retry-After") == "" {
			t.Errorf("refresh %d: %d %s", i+1, got.status, got.body)
		}
	}
}

// closed is the reason for which the first stream of a link is closed.
func closed(t *testing.T, link *wire.Conn) *wire.Error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		f, err := link.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if f.Kind == wire.KindClose {
			why := &wire.Error{}
			if err := wire.Decode(f.Payload, why); err != nil {
				t.Fatal(err)
			}
			return why
		}
	}
}

// A session whose agent is away is told to end over its own link. One that does not
// heed that is cut off, and is void from then on.
func TestASessionIsToldToEndByItsOwnLink(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	heeds, deaf := strings.Repeat("a", 26), strings.Repeat("b", 26)
	kill := func(ctx context.Context, id string) (int, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodDelete, w.url+"/api/terminal/sessions/"+id, nil)
		if err != nil {
			return 0, err
		}
		r.Header.Set("Authorization", "Bearer "+ann.token)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		return a.StatusCode, a.Body.Close()
	}
	for _, id := range []string{heeds, deaf} {
		b := newBox(w)
		b.enroll(ann.apiKey, "box")
		link := b.holder(ann, id)
		w.s.relay.AwaitMachine(t.Context(), b.id)
		ctx, leaves := context.WithCancel(t.Context())
		defer leaves()
		type said struct {
			status int
			err    error
		}
		answered := make(chan said, 1)
		go func() {
			status, err := kill(ctx, id)
			answered <- said{status, err}
		}()
		if f, err := link.Read(t.Context()); err != nil || f.Kind != wire.KindEnd || f.Stream != 0 {
			t.Fatalf("the holder is told %v, %v", f, err)
		}
		if id == heeds {
			if err := link.Write(t.Context(), wire.Frame{Kind: wire.KindEnded, Payload: wire.Encode(wire.Exit{Code: 7})}); err != nil {
				t.Fatal(err)
			}
			if a := <-answered; a.status != http.StatusOK || a.err != nil {
				t.Errorf("its end is answered with %v", a)
			}
			continue
		}
		leaves() // as the time that it has for it would
		if f, err := link.Read(t.Context()); !errors.Is(err, wire.ErrGone) {
			t.Errorf("a link that does not heed it: %v, %v", f, err)
		}
		<-answered
	}
	for id, want := range map[string]struct {
		code int
		void bool
	}{heeds: {7, false}, deaf: {hungUp, true}} {
		x, err := w.s.store.SessionByID(t.Context(), id)
		if err != nil || x.ExitCode == nil || *x.ExitCode != want.code || x.Void != want.void {
			t.Errorf("%s is %+v, %v", id, x, err)
		}
	}
}
