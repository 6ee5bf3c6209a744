package server

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

// browser is where somebody signed in on a page: what it sends with each request.
type browser struct {
	w      *world
	cookie *http.Cookie
	origin string
}

// browse signs somebody in as a page does.
func (w *world) browse(email string, options ...string) browser {
	w.t.Helper()
	b := browser{w: w, origin: w.url}
	r := w.do("POST", "/api/auth/cookie", wire.Login{Email: email, Password: goodPassword}, options...)
	if r.status != http.StatusOK {
		w.t.Fatalf("no cookie: %d %s", r.status, r.body)
	}
	b.cookie = theCookie(w.t, r)
	return b
}

// theCookie is the one that an answer sets.
func theCookie(t *testing.T, r reply) *http.Cookie {
	t.Helper()
	set := r.header.Values("Set-Cookie")
	if len(set) != 1 {
		t.Fatalf("%d cookies with %d %s", len(set), r.status, r.body)
	}
	c, err := http.ParseSetCookie(set[0])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b browser) header() string { return "Cookie: " + b.cookie.Name + "=" + b.cookie.Value }

// do is a request of a page of the server's own.
func (b browser) do(method, path string, body any, options ...string) reply {
	b.w.t.Helper()
	return b.w.do(method, path, body, append(options, b.header(), "Origin: "+b.origin)...)
}

func TestCookieOfAPage(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	r := w.do("POST", "/api/auth/cookie", wire.Login{Email: ann.email, Password: goodPassword})
	c := theCookie(t, r)
	if want := `{"user":{"id":"` + ann.id + `","username":"ann","email":"ann@example.com","admin":true}}` + "\n"; r.status != 200 || r.body != want {
		t.Errorf("%d %s", r.status, r.body)
	}
	if c.Name != "vsay" || c.Path != "/" || c.Domain != "" || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteStrictMode || c.MaxAge != 86400 {
		t.Errorf("the cookie is %s", c)
	}
	b := browser{w, c, w.url}
	if r := b.do("GET", "/api/machines", nil); r.status != 200 || r.header.Get("Set-Cookie") != "" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
	for name, r := range map[string]reply{
		"the cookie's token in a header":  w.do("GET", "/api/machines", nil, bearer(c.Value)),
		"another's in the cookie":         w.do("GET", "/api/machines", nil, "Cookie: vsay="+ann.token),
		"the name that https has":         w.do("GET", "/api/machines", nil, "Cookie: __Host-vsay="+c.Value),
		"two of them":                     w.do("GET", "/api/machines", nil, b.header(), b.header()),
		"nothing in it":                   w.do("GET", "/api/machines", nil, "Cookie: vsay="),
		"cut short":                       w.do("GET", "/api/machines", nil, "Cookie: vsay="+c.Value[:len(c.Value)-3]),
		"beside a token that is none":     b.do("GET", "/api/machines", nil, bearer("x")),
		"beside a header of another kind": b.do("GET", "/api/machines", nil, "Authorization: Basic x"),
		"on the terminal, as a token":     w.do("GET", "/api/terminal/x/ws?token="+c.Value, nil),
	} {
		if r.refused(t, wire.ErrUnauthed); t.Failed() {
			t.Fatal(name)
		}
	}
	w.do("POST", "/api/auth/cookie", wire.Login{Email: ann.email, Password: "wrong"}).refused(t, wire.ErrUnauthed)
}

// Over https the name itself has browsers keep a cookie to this host alone.
func TestCookieOverTLS(t *testing.T) {
	trusted := func(c *Config) { c.Proxies = Proxies{netip.MustParsePrefix("127.0.0.1/32")} }
	public := func(c *Config) { c.PublicURL = "https://vsay.example.com" }
	for name, c := range map[string]struct {
		change  func(*Config)
		options []string
		secure  bool
	}{
		"a proxy that is trusted":   {trusted, []string{"X-Forwarded-Proto: https"}, true},
		"one that is not":           {func(*Config) {}, []string{"X-Forwarded-Proto: https"}, false},
		"the public URL":            {public, []string{"Host: vsay.example.com"}, true},
		"on loopback, past that":    {public, nil, false},
		"a proxy without TLS as is": {trusted, []string{"X-Forwarded-Proto: http"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.change)
			ann := w.account("ann")
			b := w.browse(ann.email, c.options...)
			want := "vsay"
			if c.secure {
				want = "__Host-vsay"
			}
			if b.cookie.Name != want || b.cookie.Secure != c.secure {
				t.Errorf("the cookie is %s", b.cookie)
			}
			if r := w.do("GET", "/api/machines", nil, append(c.options, b.header())...); r.status != 200 {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

// TestCookieFromElsewhere is for what a browser sends along although somebody else made
// it ask.
func TestCookieFromElsewhere(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Origins = []string{"https://shell.example.com"} })
	ann := w.account("ann")
	b := w.browse(ann.email)
	own := strings.TrimPrefix(w.url, "http://")
	for name, c := range map[string]struct {
		method  string
		options []string
		want    int
	}{
		"a page of ours":                 {"POST", []string{"Origin: " + w.url}, 200},
		"and it says so":                 {"POST", []string{"Sec-Fetch-Site: same-origin"}, 200},
		"no page":                        {"POST", nil, 403},
		"a page elsewhere":               {"POST", []string{"Origin: https://evil.example"}, 403},
		"of none":                        {"POST", []string{"Origin: null"}, 403},
		"over https":                     {"POST", []string{"Origin: https://" + own}, 403},
		"one that may open terminals":    {"POST", []string{"Origin: https://shell.example.com"}, 403},
		"another of the same site":       {"POST", []string{"Sec-Fetch-Site: same-site"}, 403},
		"another site":                   {"POST", []string{"Sec-Fetch-Site: cross-site"}, 403},
		"a form, which knows no JSON":    {"POST", []string{"Origin: " + w.url, "Content-Type: ", "Content-Type: text/plain"}, 415},
		"reading":                        {"GET", nil, 200},
		"reading, in the address bar":    {"GET", []string{"Sec-Fetch-Site: none"}, 200},
		"reading, from the same site":    {"GET", []string{"Sec-Fetch-Site: same-site"}, 403},
		"reading, from another":          {"GET", []string{"Sec-Fetch-Site: cross-site"}, 403},
		"reading what is not to be kept": {"HEAD", []string{"Sec-Fetch-Site: cross-site"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			path, body := "/api/profile", any(nil)
			if c.method == "POST" {
				path, body = "/api/profile/regenerate-api-key", `{"keep_machines":true}`
			}
			if r := w.do(c.method, path, body, append(c.options, b.header())...); r.status != c.want {
				t.Errorf("%d %s, want %d", r.status, r.body, c.want)
			} else if c.want == 403 && c.method != "HEAD" {
				r.refused(t, wire.ErrForbidden)
			}
		})
	}
	// Who is signed in by another page would work in that page's account, and not notice.
	for header, want := range map[string]int{
		"":                                  200,
		"Origin: " + w.url:                  200,
		"Sec-Fetch-Site: same-origin":       200,
		"Sec-Fetch-Site: same-site":         403,
		"Origin: https://evil.example":      403,
		"Origin: https://" + own:            403,
		"Origin: https://shell.example.com": 403,
		"Origin: " + w.url + "/x":           403,
	} {
		r := w.do("POST", "/api/auth/cookie", wire.Login{Email: ann.email, Password: "correct horse"}, header)
		if r.status != want || (r.header.Get("Set-Cookie") != "") != (want == 200) {
			t.Errorf("signed in by a page with %q: %d %s", header, r.status, r.body)
		}
	}
	if !strings.Contains(w.log.String(), `"event":"origin refused"`) {
		t.Error("the audit log does not know of it")
	}
}

// TestMatrixByCookie asks every route of users with a cookie instead of a token: that
// makes no difference, but from elsewhere.
func TestMatrixByCookie(t *testing.T) {
	for _, r := range new(Server).table() {
		if r.who != forUsers && r.who != forAdmins && r.who != forViewer {
			continue
		}
		t.Run(r.pattern, func(t *testing.T) {
			t.Parallel()
			m := newMatrixWorld(t)
			browsers := map[string]browser{"stranger": m.browse(m.stranger.email), "admin": m.browse(m.admin.email), "owner": m.browse(m.owner.email)}
			want := strings.Fields(matrix[r.pattern])
			method, path := m.ids.fill(r.pattern)
			if b := browsers["owner"]; method != "GET" {
				got := m.do(method, path, m.body(r.pattern, "elsewhere", m.ids), b.header(), "Origin: https://evil.example")
				got.refused(t, wire.ErrForbidden)
				got = m.do(method, path, m.body(r.pattern, "nowhere", m.ids), b.header())
				got.refused(t, wire.ErrForbidden)
			}
			if strings.HasSuffix(path, "/wait") {
				if _, err := m.s.store.EndSession(t.Context(), m.ids.session, m.now(), nil); err != nil {
					t.Fatal(err)
				}
			}
			for i, who := range columns {
				b, ok := browsers[who]
				if !ok {
					continue
				}
				got := b.do(method, path, m.body(r.pattern, who, m.ids))
				if strconv.Itoa(got.status) != want[i] {
					t.Errorf("%s gets %d, want %s: %s", who, got.status, want[i], got.body)
				}
				if strings.Contains(got.body, b.cookie.Value) {
					t.Errorf("the cookie is in a body: %s", got.body)
				}
				if strings.Contains(got.body, `"token"`) {
					t.Errorf("a script gets a token: %s", got.body)
				}
			}
			if log := m.log.String(); strings.Contains(log, browsers["owner"].cookie.Value) || strings.Contains(log, browsers["admin"].cookie.Value) {
				t.Error("the cookie is in the log")
			}
		})
	}
}

// TestACookieGoesWithItsLogin is for all that ends one.
func TestACookieGoesWithItsLogin(t *testing.T) {
	for name, end := range map[string]func(*world, browser){
		"signed out": func(w *world, b browser) {
			r := b.do("POST", "/api/auth/logout", nil)
			if c := theCookie(w.t, r); r.status != 200 || c.Name != "vsay" || c.Value != "" || c.MaxAge >= 0 || c.Path != "/" {
				w.t.Errorf("%d, and the cookie is %s", r.status, c)
			}
		},
		"the password changed elsewhere": func(w *world, _ browser) {
			w.do("POST", "/api/profile/reset-password", wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: "another one"},
				bearer(w.signIn("ann@example.com").token))
		},
		"disabled": func(w *world, _ browser) { disable(w.t, w, "ann@example.com") },
		"deleted": func(w *world, _ browser) {
			root := w.signIn("root@example.com")
			w.do("DELETE", "/api/admin/users/"+w.signIn("ann@example.com").id, nil, bearer(root.token))
		},
		"a day without a page": func(w *world, _ browser) { w.pass(24*time.Hour + tokenLeeway + time.Second) },
		"the server restarted, and signed out before": func(w *world, b browser) {
			b.do("POST", "/api/auth/logout", nil)
			w.start()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("root")
			w.account("ann")
			b := w.browse("ann@example.com")
			if r := b.do("GET", "/api/machines", nil); r.status != 200 {
				t.Fatalf("%d %s", r.status, r.body)
			}
			end(w, b)
			r := b.do("GET", "/api/machines", nil)
			if r.refused(t, wire.ErrUnauthed); !strings.Contains(r.body, "sign in again") {
				t.Errorf("it says %s", r.body)
			}
		})
	}
}

// Whoever changes the password on a page stays there.
func TestPasswordChangedOnAPage(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b, other := w.browse(ann.email), w.browse(ann.email)
	change := wire.ResetPassword{CurrentPassword: goodPassword, NewPassword: "another one"}
	if r := b.do("POST", "/api/profile/reset-password", change); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := b.do("GET", "/api/machines", nil); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	other.do("GET", "/api/machines", nil).refused(t, wire.ErrUnauthed)
	w.do("GET", "/api/machines", nil, bearer(ann.token)).refused(t, wire.ErrUnauthed)
}

func TestCookieIsRenewed(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := w.browse(ann.email)
	w.pass(11*time.Hour + 59*time.Minute)
	if r := b.do("GET", "/api/machines", nil); r.header.Get("Set-Cookie") != "" {
		t.Error("it is renewed with more than half of its life left")
	}
	w.pass(2 * time.Minute)
	r := b.do("GET", "/api/machines/none", nil) // a refusal keeps people signed in as well
	fresh := theCookie(t, r)
	if r.status != 404 || fresh.MaxAge != 86400 || !fresh.HttpOnly || fresh.Value == b.cookie.Value {
		t.Errorf("%d %s", r.status, fresh)
	}
	r = b.do("GET", "/api/machines", nil, bearer(w.signIn(ann.email).token))
	if r.status != 200 || r.header.Get("Set-Cookie") != "" {
		t.Errorf("beside a token: %d %v", r.status, r.header)
	}
	w.pass(13 * time.Hour)
	b.do("GET", "/api/machines", nil).refused(t, wire.ErrUnauthed)
	b.cookie = fresh
	r = b.do("POST", "/api/auth/refresh", nil)
	if c := theCookie(t, r); r.status != 200 || c.MaxAge != 86400 || strings.Contains(r.body, "token") {
		t.Errorf("%d %s, and the cookie is %s", r.status, r.body, c)
	}
	if r := b.do("POST", "/api/auth/logout", nil); r.status != 200 || theCookie(t, r).MaxAge >= 0 {
		t.Errorf("signed out with an old one: %d", r.status)
	}
}

// A cookie is renewed for as long as a token is refreshed, and then says so.
func TestCookieEndsWithTheLoginsCap(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	began := w.now()
	b := w.browse(ann.email)
	renewed := 0
	for w.now().Sub(began) < 30*24*time.Hour-13*time.Hour {
		w.pass(13 * time.Hour)
		if r := b.do("GET", "/api/machines", nil); r.header.Get("Set-Cookie") != "" {
			b.cookie = theCookie(t, r)
			renewed++
		}
	}
	if renewed < 50 {
		t.Errorf("renewed %d times", renewed)
	}
	if left := began.Add(30 * 24 * time.Hour).Sub(w.now()); b.cookie.MaxAge > int((left + 13*time.Hour).Seconds()) {
		t.Errorf("%s before the cap it is kept for %d s", left, b.cookie.MaxAge)
	}
	w.pass(began.Add(30*24*time.Hour - time.Minute).Sub(w.now()))
	if r := b.do("GET", "/api/machines", nil); r.status != 200 || r.header.Get("Set-Cookie") != "" {
		t.Errorf("a minute before the cap: %d %v", r.status, r.header)
	}
	for _, after := range []time.Duration{time.Minute, time.Hour} {
		w.pass(after)
		r := b.do("GET", "/api/machines", nil)
		if r.refused(t, wire.ErrReauth); !strings.Contains(r.body, "sign in again") {
			t.Errorf("it says %s", r.body)
		}
	}
}

// By a cookie alone a terminal opens for a page of ours, and by nothing that does not
// say which page it is.
func TestTerminalByCookie(t *testing.T) {
	w, ann, box := ticketWorld(t)
	b, eve := w.browse(ann.email), w.account("eve")
	for name, c := range map[string]struct {
		options []string
		want    int
	}{
		"a page of ours":              {[]string{"Origin: " + w.url}, 101},
		"one that may":                {[]string{"Origin: https://shell.example.com:8443"}, 101},
		"no page":                     {nil, 403},
		"of none":                     {[]string{"Origin: null"}, 403},
		"a page elsewhere":            {[]string{"Origin: https://evil.example"}, 403},
		"elsewhere, and a good token": {[]string{"Origin: https://evil.example", bearer(ann.token)}, 403},
		"no page, and a good token":   {[]string{bearer(ann.token)}, 101},
		"a stranger's token beside":   {[]string{"Origin: " + w.url, bearer(eve.token)}, 404},
	} {
		if status, _, _ := w.dials(box.id, "", []string{wire.ViewerProtocol}, append(c.options, b.header())...); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	ticket := theTicket(t, b, wire.AskTicket{AgentID: box.id, Mode: wire.ModeControl})
	if status, _, _ := w.dials(box.id, "", framesWith(ticket), b.header(), "Origin: "+w.url); status != 101 {
		t.Errorf("a ticket that was asked for by cookie, with the cookie beside: %d", status)
	}
	if status, _, _ := w.dials(box.id, "", framesWith("none"), b.header(), "Origin: "+w.url); status != 401 {
		t.Errorf("a bad ticket, with the cookie beside: %d", status)
	}
}

// theTicket is one that a page gets for a terminal.
func theTicket(t *testing.T, b browser, ask wire.AskTicket) string {
	t.Helper()
	var given wire.Ticket
	r := b.do("POST", "/api/terminal/tickets", ask)
	if r.status != http.StatusOK {
		t.Fatalf("no ticket: %d %s", r.status, r.body)
	}
	r.into(t, &given)
	return given.Ticket
}

// The cookie's way in is as narrow as login's: they count each other's failures.
func TestCookieLoginIsThrottled(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	wrong := wire.Login{Email: ann.email, Password: "wrong"}
	for n := range 5 {
		path := []string{"/api/login", "/api/auth/cookie"}[n%2]
		w.do("POST", path, wrong).refused(t, wire.ErrUnauthed)
	}
	right := wire.Login{Email: ann.email, Password: goodPassword}
	for _, path := range []string{"/api/login", "/api/auth/cookie"} {
		r := w.do("POST", path, right)
		if r.refused(t, wire.ErrSlowDown); r.header.Get("Retry-After") == "" || r.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, r.header)
		}
	}
	w.pass(2 * time.Second)
	w.browse(ann.email)
	for _, line := range []string{`"event":"login"`, `"event":"login failed"`, `"event":"login throttled"`} {
		if !strings.Contains(w.log.String(), line) {
			t.Errorf("the audit log has no %s", line)
		}
	}
}
