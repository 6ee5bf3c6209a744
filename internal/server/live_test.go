package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// page is one that has the list of machines open. Each event is sent on news, each
// comment on idle, and both are closed when the stream ends.
type page struct {
	t      *testing.T
	status int
	header http.Header
	news   chan wire.Machines
	idle   chan struct{}
}

const soon = 5 * time.Second // for what happens at once, on a busy computer

func openPage(t *testing.T, url, token string) *page {
	t.Helper()
	return openPageBy(t, url, bearer(token))
}

// openPageBy is openPage for any credential, as "Name: value" of a header.
func openPageBy(t *testing.T, url, credential string) *page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/api/machines", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	name, value, _ := strings.Cut(credential, ": ")
	req.Header.Set(name, value)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t, resp.StatusCode, resp.Header, make(chan wire.Machines, 1000), make(chan struct{}, 1000)}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return p
	}
	go p.read(resp.Body)
	return p
}

func (p *page) read(body io.ReadCloser) {
	defer body.Close()
	defer close(p.news)
	defer close(p.idle)
	lines, event := bufio.NewReader(body), ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSuffix(line, "\n")
		switch name, value, _ := strings.Cut(line, ": "); {
		case name == "event":
			event = value
		case name == "data" && event == "machines":
			var list wire.Machines
			if err := wire.Decode([]byte(value), &list); err != nil {
				p.t.Error(err)
			}
			p.news <- list
		case line == ":":
			p.idle <- struct{}{}
		}
	}
}

// next is the next list.
func (p *page) next() (list wire.Machines) {
	p.t.Helper()
	select {
	case list, ok := <-p.news:
		if !ok {
			p.t.Fatal("the stream has ended")
		}
		return list
	case <-time.After(soon):
		p.t.Fatal("nobody told of it")
	}
	return list
}

// until waits for a list of one machine that is as it should be.
func (p *page) until(what string, good func(wire.Machine) bool) {
	p.t.Helper()
	for {
		if list := p.next(); len(list.Machines) == 1 && good(list.Machines[0]) {
			return
		}
		p.t.Logf("not yet %s", what)
	}
}

// ends waits for the end of the stream, and tells how long it took.
func (p *page) ends() time.Duration {
	p.t.Helper()
	began := time.Now()
	for {
		select {
		case _, ok := <-p.news:
			if !ok {
				return time.Since(began)
			}
		case <-time.After(soon):
			p.t.Error("the stream goes on")
			return soon
		}
	}
}

// quickWorld is one whose lists are made anew without a wait.
func quickWorld(t *testing.T, change ...func(*Config)) *world {
	w := newWorld(t, change...)
	w.s.live.pace = time.Millisecond
	return w
}

// A page that has the list open is told of whatever changes in it.
func TestAPageIsToldOfItsMachines(t *testing.T) {
	w := quickWorld(t, func(c *Config) { c.ApproveMachines = true })
	ann, bob := w.account("ann"), w.account("bob")
	p, other := openPage(t, w.url, ann.token), openPage(t, w.url, bob.token)
	if kind, wait := p.header.Get("Content-Type"), p.header.Get("X-Accel-Buffering"); p.status != 200 || kind != "text/event-stream" || wait != "no" {
		t.Fatalf("%d %q %q", p.status, kind, wait)
	}
	if list := p.next(); list.Machines == nil || len(list.Machines) != 0 {
		t.Fatalf("at first: %+v", list)
	}
	other.next()
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	p.until("enrolled", func(m wire.Machine) bool { return m.Name == "box" && m.Status == wire.StatusPending })
	w.do("POST", "/api/machines/"+b.id+"/approve", nil, bearer(ann.token))
	p.until("let in", func(m wire.Machine) bool { return m.Status == wire.StatusOffline })
	b.online()
	p.until("online", func(m wire.Machine) bool { return m.Status == wire.StatusOnline })

	x := store.Session{
		ID: randomID(), Kind: wire.KindShell, AgentID: b.id, UserID: ann.id, Username: "ann", MachineName: "box",
		StartedAt: w.now(), LastActive: w.now(),
	}
	if err := w.s.store.CreateSession(t.Context(), &x); err != nil {
		t.Fatal(err)
	}
	w.s.live.stir(ann.id) // as who creates one does: TestLiveMachines in cmd/vsay has a real one
	p.until("in use", func(m wire.Machine) bool { return m.Sessions == 1 })
	if err := w.s.lost(t.Context(), x, false, wire.ErrGone); err != nil {
		t.Log(err)
	}
	p.until("idle", func(m wire.Machine) bool { return m.Sessions == 0 })

	w.do("DELETE", "/api/machines/"+b.id, nil, bearer(ann.token))
	for list := p.next(); len(list.Machines) > 0; list = p.next() {
		t.Log("not yet deleted")
	}
	select {
	case list := <-other.news:
		t.Errorf("somebody else was told: %+v", list)
	default:
	}
}

// What machines say of themselves is shown once it is on disk, and what says nothing
// new is not shown again.
func TestAPageIsToldWhatMachinesSay(t *testing.T) {
	w := quickWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	w.do("PATCH", "/api/machines/"+b.id, `{"labels":{"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6"}}`, bearer(ann.token)) // of which the order says nothing
	p := openPage(t, w.url, ann.token)
	p.next()
	w.s.seen.note(b.id, wire.Facts{CPUPercent: 42}, w.now())
	w.s.live.beaten(ann.id)
	w.s.live.saved() // nothing is on disk yet
	made := w.editions(2)
	w.s.live.beaten(ann.id)
	w.s.saveSightings(t.Context())
	w.s.live.saved()
	if list := p.next(); list.Machines[0].CPUPercent != 42 {
		t.Errorf("%+v", list)
	}
	w.editions(made + 1)
	w.s.live.saved() // nobody has said anything since
	w.s.live.stir(ann.id)
	w.editions(made + 2)
	select {
	case list := <-p.news:
		t.Errorf("the same again: %+v", list)
	default:
	}
}

// editions waits until so many were made, and no more.
func (w *world) editions(want uint64) uint64 {
	w.t.Helper()
	for began := time.Now(); w.s.live.editions.Load() < want; {
		if time.Since(began) > soon {
			w.t.Fatalf("%d editions, want %d", w.s.live.editions.Load(), want)
		}
		<-time.After(time.Millisecond)
	}
	if n := w.s.live.editions.Load(); n != want {
		w.t.Errorf("%d editions, want %d", n, want)
	}
	return want
}

// The list is open for as long as the login lasts, and not a second longer.
func TestAPageEndsWithItsLogin(t *testing.T) {
	w := newWorld(t)
	root, ann := w.account("root"), w.account("ann")
	for what, end := range map[string]func(account){
		"logged out":       func(a account) { w.do("POST", "/api/auth/logout", nil, bearer(a.token)) },
		"ended by another": func(a account) { w.do("DELETE", "/api/auth/logins/"+w.loginOf(a.token), nil, bearer(ann.token)) },
	} {
		a := w.signIn(ann.email)
		p, stays := openPage(t, w.url, a.token), openPage(t, w.url, ann.token)
		p.next()
		stays.next()
		end(a)
		if took := p.ends(); took > time.Second {
			t.Errorf("%s, it ends after %s", what, took)
		}
		if p := openPage(t, w.url, a.token); p.status != http.StatusUnauthorized {
			t.Errorf("%s, it comes back: %d", what, p.status)
		}
		select {
		case _, ok := <-stays.news:
			t.Errorf("%s, another login's goes on: %v", what, ok)
		default:
		}
	}
	p := openPage(t, w.url, ann.token)
	p.next()
	w.do("POST", "/api/admin/users/"+ann.id+"/disable", nil, bearer(root.token))
	p.ends()
}

// A token that ends takes the list along. The page comes back with another one.
func TestAPageEndsWithItsToken(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	w.pass(24*time.Hour - time.Second)
	p := openPage(t, w.url, ann.token)
	p.next()
	if took := p.ends(); took > 2*time.Second {
		t.Errorf("it ends after %s", took)
	}
}

// A page that only listens would keep its cookie until that ends. So the list ends in
// time, and the page comes back and gets another.
func TestAPageThatListensKeepsItsCookie(t *testing.T) {
	w := newWorld(t)
	b := w.browse(w.account("ann").email)
	w.pass(12*time.Hour - time.Second)
	p := openPageBy(t, w.url, b.header())
	p.next()
	if p.ends(); p.header.Get("Set-Cookie") != "" {
		t.Error("the cookie is renewed before half of its life is over")
	}
	w.pass(2 * time.Second)
	p = openPageBy(t, w.url, b.header())
	p.next()
	if p.header.Get("Set-Cookie") == "" {
		t.Error("the cookie is not renewed")
	}
	me, err := w.s.identifyPage(t.Context(), b.cookie.Value, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if lasts := w.s.listens(me); lasts != 12*time.Hour-time.Second {
		t.Errorf("with an old cookie, which cannot be renewed, a list lasts %s", lasts)
	}
}

// Who does not read is dropped.
func TestAPageThatDoesNotReadIsDropped(t *testing.T) {
	w := quickWorld(t)
	w.s.live.patience = 100 * time.Millisecond
	ann := w.account("ann")
	w.crowded(ann)
	conn := deaf(t, w.url, ann.token)
	defer conn.Close()
	b := newBox(w)
	b.enroll(ann.apiKey, "box") // a change, of which there are more until no buffer takes them
	for began, n := time.Now(), 0; w.s.live.open() > 0; n++ {
		if time.Since(began) > 2*soon {
			t.Fatal("it is still there")
		}
		b.enroll(ann.apiKey, fmt.Sprintf("box%d", n))
	}
}

// In the middle of an event that nobody reads, too, the list ends with its login, and
// with the server.
func TestAStuckPageIsCut(t *testing.T) {
	for what, end := range map[string]func(*world, account){
		"logout":   func(w *world, a account) { w.do("POST", "/api/auth/logout", nil, bearer(a.token)) },
		"shutdown": func(w *world, _ account) { w.s.relay.Shutdown(context.Background()) },
	} {
		w := newWorld(t)
		w.s.live.patience = time.Hour
		ann := w.account("ann")
		me, err := w.s.identify(t.Context(), ann.token, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- w.s.liveMachines(me, w.s.newStream(narrow{near, http.Header{}}, r, me)) }()
		if _, err := far.Read(make([]byte, 1)); err != nil { // the rest of it waits
			t.Fatal(err)
		}
		end(w, ann)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(soon):
			t.Errorf("%s: it is still there", what)
		}
	}
}

// narrow is an answer over a connection that holds nothing.
type narrow struct {
	net.Conn
	header http.Header
}

func (n narrow) Header() http.Header { return n.header }
func (n narrow) WriteHeader(int)     {}
func (n narrow) FlushError() error   { return nil }

// crowded gives a user so many machines that a list of them is no small thing.
func (w *world) crowded(a account) {
	labels := map[string]string{}
	for i := range 32 {
		labels[fmt.Sprintf("%d%s", i, strings.Repeat("k", 60))] = strings.Repeat("v", 256)
	}
	for i := range 60 {
		b := newBox(w)
		ask := b.enrollment(a.apiKey, fmt.Sprintf("crowd%d", i))
		ask.Hello.Labels = labels
		if r := w.do("POST", "/api/agent/enroll", ask); r.status != http.StatusOK {
			w.t.Fatalf("%d %s", r.status, r.body)
		}
	}
}

// deaf opens the list over a connection that nobody reads from.
func deaf(t *testing.T, url, token string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET /api/machines HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\n\r\n", token); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil { // so it is open
		t.Fatal(err)
	}
	return conn
}

// What bounds other answers does not end this one.
func TestAPageStaysLongerThanAnAnswerMayTake(t *testing.T) {
	w := newWorld(t)
	w.s.live.beat = 50 * time.Millisecond
	token := w.account("ann").token
	srv := w.s.httpServer()
	srv.ReadTimeout, srv.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	p := openPage(t, "http://"+ln.Addr().String(), token)
	for range 12 {
		if _, ok := <-p.idle; !ok {
			t.Fatal("it ended")
		}
	}
}

// A server that leaves sends the pages away at once.
func TestPagesLeaveWithTheServer(t *testing.T) {
	r := run(t, Config{})
	w := &world{t: t, s: r.s, url: "http://" + r.addr}
	token := w.account("ann").token
	pages := []*page{openPage(t, w.url, token), openPage(t, w.url, token)}
	for _, p := range pages {
		p.next()
	}
	began := time.Now()
	r.stop()
	for _, p := range pages {
		p.ends()
	}
	if err := <-r.done; err != nil || time.Since(began) > time.Second {
		t.Errorf("it left after %s: %v", time.Since(began), err)
	}
}

// One that comes while the server leaves is told to come back, as events tell it: to any
// other answer than 200 a page does not.
func TestAPageThatComesToAServerThatLeaves(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	close(w.s.leave)
	if p := openPage(t, w.url, ann.token); p.status != http.StatusOK || p.ends() > time.Second {
		t.Errorf("%d", p.status)
	}
}

// Two hundred lists cost one edition where something changes, and none where nothing does.
func TestTwoHundredPages(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.StreamsPerUser = 200 })
	w.s.live.beat = 100 * time.Millisecond
	ann := w.account("ann")
	pages := make([]*page, 200)
	var opened sync.WaitGroup
	for i := range pages {
		opened.Go(func() {
			pages[i] = openPage(t, w.url, ann.token)
			pages[i].next()
		})
	}
	opened.Wait()
	if p := openPage(t, w.url, ann.token); p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") == "" {
		t.Errorf("one more gets %d %v", p.status, p.header)
	}
	for _, p := range pages {
		<-p.idle
		<-p.idle // two hundred times nothing
	}
	w.editions(1)
	newBox(w).enroll(ann.apiKey, "box")
	for _, p := range pages {
		if list := p.next(); len(list.Machines) != 1 {
			t.Errorf("%+v", list)
		}
	}
	w.editions(2)
	if n := w.s.live.open(); n != 200 {
		t.Errorf("%d are open", n)
	}
	w.do("POST", "/api/auth/logout", nil, bearer(ann.token))
	for _, p := range pages {
		p.ends()
	}
	for began := time.Now(); w.s.live.open() > 0; <-time.After(time.Millisecond) {
		if time.Since(began) > soon {
			t.Fatalf("%d were left behind", w.s.live.open())
		}
	}
	if len(w.s.live.of) != 0 {
		t.Errorf("left behind: %v", w.s.live.of)
	}
}

// Lists that change all the time are sent once in a while.
func TestAPageIsToldOnceInAWhile(t *testing.T) {
	w := newWorld(t)
	w.s.live.pace = 300 * time.Millisecond
	ann := w.account("ann")
	p := openPage(t, w.url, ann.token)
	began, told := time.Now(), 0
	p.next()
	for n := 0; time.Since(began) < time.Second; n++ {
		newBox(w).enroll(ann.apiKey, "box")
		select {
		case <-p.news:
			told++
		default:
		}
	}
	if told < 1 || told > 4 {
		t.Errorf("told %d times in a second", told)
	}
}
