package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

const firefox = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// loginFrom signs in as some client.
func (w *world) loginFrom(email, agent string) account {
	w.t.Helper()
	var in wire.Signed
	w.do("POST", "/api/login", wire.Login{Email: email, Password: goodPassword}, agent).into(w.t, &in)
	return account{in.User.ID, email, in.Token, in.User.APIKey}
}

// logins is the list as one of them sees it, by id.
func (w *world) logins(token string, options ...string) (list []wire.LoginInfo) {
	w.t.Helper()
	var all wire.Logins
	w.do("GET", "/api/auth/logins", nil, append(options, bearer(token))...).into(w.t, &all)
	return all.Logins
}

func byID(list []wire.LoginInfo, id string) wire.LoginInfo {
	for _, l := range list {
		if l.ID == id {
			return l
		}
	}
	return wire.LoginInfo{}
}

// A user sees where they are signed in: from what, from where, since and until when,
// also after a restart of the server.
func TestLoginsTellFromWhere(t *testing.T) {
	w := newWorld(t)
	ann, eve := w.account("ann"), w.account("eve")
	began := w.now()
	shell, page := w.loginOf(ann.token), w.loginFrom(ann.email, firefox)
	w.pass(10 * time.Minute)
	vsay := "User-Agent: vsay/1.2.3 (linux/amd64; box)"
	list := w.logins(ann.token, vsay)
	if len(list) != 2 || list[0].ID != shell {
		t.Fatalf("%+v", list)
	}
	check := func(list []wire.LoginInfo, current bool) {
		t.Helper()
		want := wire.LoginInfo{
			ID: shell, Current: current, CreatedAt: began.UTC(), LastSeen: w.now().UTC(), ExpiresAt: began.Add(24 * time.Hour).UTC(),
			IPAddress: "127.0.0.1", Client: "vsay 1.2.3 on box",
		}
		if got := byID(list, shell); got != want {
			t.Errorf("%+v\nwant %+v", got, want)
		}
		want.ID, want.Current, want.LastSeen, want.Client = w.loginOf(page.token), !current, began.UTC(), "Firefox on Linux"
		if !current {
			want.LastSeen = w.now().UTC()
		}
		if got := byID(list, want.ID); got != want {
			t.Errorf("%+v\nwant %+v", got, want)
		}
	}
	check(list, true)
	check(w.logins(page.token, firefox), false)
	w.s.saveVisits(t.Context())
	w.start()
	check(w.logins(page.token, firefox), false)
	if list := w.logins(eve.token); len(list) != 1 || !list[0].Current {
		t.Errorf("somebody else's: %+v", list)
	}
}

// What has ended is not in the list; what was refreshed goes on to be.
func TestLoginsThatEndedAreNotListed(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	over, out := w.signIn(ann.email), w.signIn(ann.email)
	w.do("POST", "/api/auth/logout", nil, bearer(out.token))
	w.pass(23 * time.Hour)
	var fresh wire.Signed
	w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)).into(t, &fresh)
	list := w.logins(ann.token)
	if len(list) != 2 || byID(list, w.loginOf(over.token)).ID == "" {
		t.Fatalf("%+v", list)
	}
	if ends := byID(list, w.loginOf(ann.token)).ExpiresAt; !ends.Equal(w.now().Add(24 * time.Hour)) {
		t.Errorf("refreshed, it ends at %s", ends)
	}
	w.s.saveVisits(t.Context())
	w.pass(time.Hour + tokenLeeway)
	w.start()
	if list = w.logins(fresh.Token); len(list) != 1 || !list[0].Current {
		t.Errorf("%+v", list)
	}
}

// A login that is ended from somewhere else is over at once, with all that it has open.
func TestALoginIsEndedFromElsewhere(t *testing.T) {
	w, ann, b := ticketWorld(t)
	here, eve := w.signIn(ann.email), w.account("eve")
	there := "/api/auth/logins/" + w.loginOf(ann.token)
	ticket := w.ticket(ann, wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl})
	link := w.watch(relay.Who{UserID: ann.id, Login: w.loginOf(ann.token), AgentID: b.id})
	own := w.watch(relay.Who{UserID: ann.id, Login: w.loginOf(here.token), AgentID: b.id})

	w.do("DELETE", there, nil, bearer(eve.token)).refused(t, wire.ErrNotFound)
	if r := w.do("DELETE", there, nil, bearer(here.token)); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if why := link.cut(); !why.Is(wire.ErrUnauthed) {
		t.Errorf("its terminal ended with %v", why)
	}
	own.open()
	w.do("GET", "/api/machines", nil, bearer(ann.token)).refused(t, wire.ErrUnauthed)
	w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)).refused(t, wire.ErrUnauthed)
	if status, _, _ := w.dials(b.id, "", []string{wire.PlainProtocol, wire.TicketPrefix + ticket}); status != http.StatusUnauthorized {
		t.Errorf("its ticket gets %d", status)
	}
	w.do("DELETE", there, nil, bearer(here.token)).refused(t, wire.ErrNotFound) // it has ended

	if r := w.do("DELETE", "/api/auth/logins/"+w.loginOf(here.token), nil, bearer(here.token)); r.status != http.StatusOK {
		t.Errorf("one's own: %d %s", r.status, r.body)
	}
	w.do("GET", "/api/machines", nil, bearer(here.token)).refused(t, wire.ErrUnauthed)
	for _, event := range []string{`"event":"login ended"`, `"event":"logout"`, `"event":"access denied"`} {
		if !strings.Contains(w.log.String(), event) {
			t.Errorf("the audit has no %s", event)
		}
	}
}

// A login with a terminal open is seen now, however long it has asked for nothing.
func TestALoginWithATerminalIsSeenNow(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	other := w.signIn(ann.email)
	id := w.loginOf(ann.token)
	link := w.watch(relay.Who{UserID: ann.id, Login: id})
	w.pass(5 * time.Hour)
	if at := byID(w.logins(other.token), id).LastSeen; !at.Equal(w.now()) {
		t.Errorf("seen at %s, and it is %s", at, w.now())
	}
	link.open() // and ends it
}

// Requests are gathered: many of them are one row to write, and none when they say
// nothing new.
func TestVisitsAreGathered(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	me, err := w.s.identify(t.Context(), ann.token, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	_ = w.s.visits.take()
	r, err := http.NewRequestWithContext(t.Context(), "GET", w.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		w.s.visited(r, me)
	}
	if n := len(w.s.visits.take()); n != 1 {
		t.Errorf("%d rows for 1000 requests", n)
	}
	w.pass(visitEvery - time.Second)
	if w.s.visited(r, me); len(w.s.visits.take()) != 0 {
		t.Error("the same again was written")
	}
	w.pass(time.Second)
	if w.s.visited(r, me); len(w.s.visits.take()) != 1 {
		t.Error("a minute later nothing was written")
	}
	me.IP = "192.0.2.2"
	if w.s.visited(r, me); len(w.s.visits.take()) != 1 {
		t.Error("another address was not written")
	}
}

func TestClientOf(t *testing.T) {
	const webkit = "Mozilla/5.0 (%) AppleWebKit/537.36 (KHTML, like Gecko) "
	in := func(system, rest string) string { return strings.Replace(webkit, "%", system, 1) + rest }
	for agent, want := range map[string]string{
		"": "",
		in("X11; Linux x86_64", "Chrome/156.0.0.0 Safari/537.36"):                              "Chrome on Linux",
		in("Windows NT 10.0; Win64; x64", "Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"):      "Edge on Windows",
		in("Linux; Android 10; K", "Chrome/156.0.0.0 Mobile Safari/537.36"):                    "Chrome on Android",
		in("iPhone; CPU iPhone OS 19_0 like Mac OS X", "Version/19.0 Mobile Safari/604.1"):     "Safari on iPhone",
		in("iPhone; CPU iPhone OS 19_0 like Mac OS X", "CriOS/156.0.1 Mobile Safari/604.1"):    "Chrome on iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on macOS",
		"vsay/1.2.3 (linux/amd64; box)":                                                        "vsay 1.2.3 on box",
		"vsay/dev":                                                                             "vsay dev",
		"curl/8.5.0":                                                                           "curl 8.5.0",
		"Go-http-client/1.1":                                                                   "Go-http-client 1.1",
		"vsay/1 (x; b\u202eo\u009bx\x1b[2J)":                                                   "vsay 1 on box[2J",
		"\u202e\u009b\xff":                                                                     "",
	} {
		if got := clientOf(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
	if got := clientOf("vsay/1 (x; " + strings.Repeat("ü", 300) + ")"); len(got) > maxClient {
		t.Errorf("%d bytes", len(got))
	}
}
