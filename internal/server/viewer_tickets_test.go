package server

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vsay/internal/wire"
)

// online has the machine's agent dial, and answer whatever it is asked with no.
func (b *box) online() {
	b.w.t.Helper()
	b.counter++
	header := http.Header{"Authorization": {b.credential(b.nonce(), b.counter)}}
	u, err := wire.ParseHost(b.w.url, false)
	if err != nil {
		b.w.t.Fatal(err)
	}
	server, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		b.w.t.Fatal(err)
	}
	link, err := server.Dial(b.w.t.Context(), "/api/agent/ws", wire.AgentProtocol, header)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.w.t.Cleanup(link.CloseNow)
	hello := wire.Hello{Name: "box", OS: "linux", Arch: "amd64", Sessions: []string{}}
	if err := link.Write(b.w.t.Context(), wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(hello)}); err != nil {
		b.w.t.Fatal(err)
	}
	go func() {
		for {
			f, err := link.Read(context.Background())
			if err != nil {
				return
			}
			f.Kind, f.Payload = wire.KindReply, wire.Encode(wire.Reply{Error: wire.ErrGone})
			_ = link.Write(context.Background(), f)
		}
	}()
	for !b.w.s.relay.AwaitAgent(b.w.t.Context(), b.id) {
		b.w.t.Fatal("the machine does not come online")
	}
}

// ticketWorld is somebody with a machine that is online.
func ticketWorld(t *testing.T) (*world, account, *box) {
	t.Helper()
	w := newWorld(t, func(c *Config) { c.Origins = []string{"https://shell.example.com:8443"} })
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	b.online()
	return w, ann, b
}

func (w *world) ticket(a account, ask wire.AskTicket, options ...string) string {
	w.t.Helper()
	var given wire.Ticket
	r := w.do("POST", "/api/terminal/tickets", ask, append(options, bearer(a.token))...)
	if r.status != http.StatusOK {
		w.t.Fatalf("no ticket: %d %s", r.status, r.body)
	}
	r.into(w.t, &given)
	if left := given.ExpiresAt.Sub(w.now()); left != viewerTicketLife || len(given.Ticket) < 43 {
		w.t.Errorf("a ticket of %d characters ends in %s", len(given.Ticket), left)
	}
	return given.Ticket
}

// dials opens a terminal and tells the status, and the subprotocol of an open one.
func (w *world) dials(agentID, query string, protocols []string, options ...string) (status int, spoken string, ws *websocket.Conn) {
	w.t.Helper()
	header := http.Header{}
	for _, o := range options {
		name, value, _ := strings.Cut(o, ": ")
		header.Add(name, value)
	}
	ws, resp, err := websocket.Dial(w.t.Context(), w.url+"/api/terminal/"+agentID+"/ws"+query,
		&websocket.DialOptions{Subprotocols: protocols, HTTPHeader: header})
	if resp == nil {
		w.t.Errorf("no answer: %v", err)
		return 0, "", nil
	}
	if err != nil {
		return resp.StatusCode, "", nil
	}
	w.t.Cleanup(func() { _ = ws.CloseNow() })
	return resp.StatusCode, resp.Header.Get("Sec-WebSocket-Protocol"), ws
}

func framesWith(ticket string) []string {
	return []string{wire.ViewerProtocol, wire.TicketPrefix + ticket}
}

func TestATicketOpensOneTerminal(t *testing.T) {
	w, ann, b := ticketWorld(t)
	ticket := w.ticket(ann, wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl})
	var mu sync.Mutex
	got := map[int]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			status, spoken, _ := w.dials(b.id, "", framesWith(ticket))
			if status == 101 && spoken != wire.ViewerProtocol {
				t.Errorf("the server speaks %q", spoken)
			}
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	wg.Wait()
	if got[101] != 1 || got[401] != 49 {
		t.Errorf("50 came with one ticket: %v", got)
	}
}

func TestWhereATicketIsRefused(t *testing.T) {
	w, ann, b := ticketWorld(t)
	eve := w.account("eve")
	other := newBox(w)
	other.enroll(ann.apiKey, "other")
	other.online()
	ask := wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl}
	page := "Origin: https://shell.example.com:8443"
	refused := func(name string, want int, dial func(ticket string) (int, string, *websocket.Conn), options ...string) {
		t.Helper()
		ticket := w.ticket(ann, ask, options...)
		if status, _, _ := dial(ticket); status != want {
			t.Errorf("%s: %d, want %d", name, status, want)
		}
	}
	for name, c := range map[string]struct {
		agent, query string
		want         int
		options      []string
	}{
		"good":                   {b.id, "", 101, []string{page}},
		"another machine":        {other.id, "", 401, []string{page}},
		"another session":        {b.id, "?session_id=another", 401, []string{page}},
		"another page":           {b.id, "", 401, []string{"Origin: " + w.url}},
		"no page":                {b.id, "", 401, nil},
		"a page from elsewhere":  {b.id, "", 403, []string{"Origin: https://evil.example"}},
		"with a token":           {b.id, "", 400, []string{page, bearer(ann.token)}},
		"with somebody's token":  {b.id, "", 400, []string{page, bearer(eve.token)}},
		"with one in the URL":    {b.id, "?token=" + ann.token, 400, []string{page}},
		"a machine of nobody":    {"nobody", "", 401, []string{page}},
		"and a good one, again":  {b.id, "", 101, []string{page}},
		"its session, not bound": {b.id, "?session_id=", 101, []string{page}},
	} {
		refused(name, c.want, func(ticket string) (int, string, *websocket.Conn) {
			return w.dials(c.agent, c.query, framesWith(ticket), c.options...)
		}, page)
	}
	refused("with a second ticket", 400, func(ticket string) (int, string, *websocket.Conn) {
		return w.dials(b.id, "", append(framesWith(ticket), wire.TicketPrefix+"another"))
	})
	refused("used", 401, func(ticket string) (int, string, *websocket.Conn) {
		w.dials(b.id, "", framesWith(ticket))
		return w.dials(b.id, "", framesWith(ticket))
	})
	refused("used elsewhere before", 401, func(ticket string) (int, string, *websocket.Conn) {
		w.dials(other.id, "", framesWith(ticket))
		return w.dials(b.id, "", framesWith(ticket))
	})
	refused("as a token", 401, func(ticket string) (int, string, *websocket.Conn) {
		w.do("GET", "/api/profile", nil, bearer(ticket)).refused(t, wire.ErrUnauthed)
		return w.dials(b.id, "?token="+ticket, []string{wire.ViewerProtocol})
	})
	refused("a token as one", 401, func(string) (int, string, *websocket.Conn) {
		return w.dials(b.id, "", framesWith(ann.token))
	})
	refused("29 s old", 101, func(ticket string) (int, string, *websocket.Conn) {
		w.pass(29 * time.Second)
		return w.dials(b.id, "", framesWith(ticket))
	})
	refused("31 s old", 401, func(ticket string) (int, string, *websocket.Conn) {
		w.pass(31 * time.Second)
		return w.dials(b.id, "", framesWith(ticket))
	})
	files, err := os.ReadFile(w.dir + "/vsay.db-wal")
	if err != nil {
		t.Fatal(err)
	}
	if ticket := w.ticket(ann, ask); strings.Contains(string(files), ticket) || strings.Contains(w.log.String(), ticket) {
		t.Error("the ticket itself is kept")
	}
}

func TestATicketGoesWithItsLogin(t *testing.T) {
	for name, revoke := range map[string]func(*world, account){
		"logout": func(w *world, a account) { w.do("POST", "/api/auth/logout", nil, bearer(a.token)) },
		"password": func(w *world, a account) {
			w.do("POST", "/api/profile/reset-password", wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: "another one"},
				bearer(w.signIn(a.email).token))
		},
		"disabled": func(w *world, a account) { disable(w.t, w, a.email) },
		"machine deleted": func(w *world, a account) {
			var list wire.Machines
			w.do("GET", "/api/machines", nil, bearer(a.token)).into(w.t, &list)
			w.do("DELETE", "/api/machines/"+list.Machines[0].AgentID, nil, bearer(a.token))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, ann, b := ticketWorld(t)
			ticket := w.ticket(ann, wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl})
			revoke(w, ann)
			if status, _, _ := w.dials(b.id, "", framesWith(ticket)); status != 401 {
				t.Errorf("%d", status)
			}
		})
	}
}

// A page reads in the answer why it gets no ticket.
func TestWhoGetsATicket(t *testing.T) {
	w, ann, b := ticketWorld(t)
	eve := w.account("eve")
	away := newBox(w)
	away.enroll(ann.apiKey, "away")
	good := wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl}
	for name, c := range map[string]struct {
		ask  wire.AskTicket
		as   account
		from string
		want *wire.Error
	}{
		"no mode":           {wire.AskTicket{AgentID: b.id}, ann, "", wire.ErrBadRequest},
		"another mode":      {wire.AskTicket{AgentID: b.id, Mode: "root"}, ann, "", wire.ErrBadRequest},
		"a stranger":        {good, eve, "", wire.ErrNotFound},
		"no machine":        {wire.AskTicket{Mode: wire.ModeControl}, ann, "", wire.ErrNotFound},
		"no session":        {wire.AskTicket{AgentID: b.id, SessionID: "none", Mode: wire.ModeControl}, ann, "", wire.ErrNotFound},
		"a machine offline": {wire.AskTicket{AgentID: away.id, Mode: wire.ModeControl}, ann, "", wire.ErrOffline},
		"another site":      {good, ann, "https://evil.example", wire.ErrForbidden},
		"a page of none":    {good, ann, "null", wire.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			options := []string{bearer(c.as.token)}
			if c.from != "" {
				options = append(options, "Origin: "+c.from)
			}
			w.do("POST", "/api/terminal/tickets", c.ask, options...).refused(t, c.want)
		})
	}
}

func TestTicketsAreBoundedForEachUser(t *testing.T) {
	w, ann, b := ticketWorld(t)
	eve := w.account("eve")
	ask := wire.AskTicket{AgentID: b.id, Mode: wire.ModeReadOnly}
	for range 30 {
		w.ticket(ann, ask)
	}
	r := w.do("POST", "/api/terminal/tickets", ask, bearer(w.signIn(ann.email).token))
	r.refused(t, wire.ErrSlowDown)
	if r.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	if r := w.do("POST", "/api/terminal/tickets", ask, bearer(eve.token)); r.status != http.StatusNotFound {
		t.Errorf("somebody else: %d %s", r.status, r.body)
	}
	w.pass(2 * time.Second)
	w.ticket(ann, ask)
}

func TestATicketNarrowsWhatIsOpened(t *testing.T) {
	watch, bound := bounds{readOnly: true}, bounds{session: "a"}
	for name, c := range map[string]struct {
		only bounds
		ask  wire.Open
		ok   bool
	}{
		"no ticket":              {bounds{}, wire.Open{Session: "b"}, true},
		"control, bound":         {bound, wire.Open{Session: "a"}, true},
		"bound, and says so not": {bound, wire.Open{}, true},
		"bound to another":       {bound, wire.Open{Session: "b"}, false},
		"bound, by name":         {bound, wire.Open{Name: "b"}, false},
		"bound, a new one":       {bound, wire.Open{New: true}, false},
		"watches":                {watch, wire.Open{ReadOnly: true}, true},
		"watches, and types":     {watch, wire.Open{}, false},
	} {
		o, err := c.only.narrow(c.ask)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, wire.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && c.only.session != "" && o.Session != c.only.session {
			t.Errorf("%s opens %q", name, o.Session)
		}
	}
}

func TestSubprotocolsOfAPlainTerminal(t *testing.T) {
	w, ann, b := ticketWorld(t)
	ticket := w.ticket(ann, wire.AskTicket{AgentID: b.id, Mode: wire.ModeControl})
	// The agent of this test starts no session: that it was asked shows that the ticket did.
	if status, _, _ := w.dials(b.id, "", []string{wire.PlainProtocol, wire.TicketPrefix + ticket}); status != 404 {
		t.Errorf("%d", status)
	}
}
