package server

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vsay/internal/wire"
)

func TestEveryFailureIsJSON(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	const form = "Content-Type: application/x-www-form-urlencoded"
	tests := map[string]struct {
		reply reply
		want  *wire.Error
	}{
		"no such address":     {w.do("GET", "/nowhere", nil), wire.ErrNotFound},
		"no such API":         {w.do("GET", "/api/nowhere", nil), wire.ErrNotFound},
		"a trailing slash":    {w.do("GET", "/api/machines/", nil, bearer(ann.token)), wire.ErrNotFound},
		"climbing":            {w.do("GET", "/api/machines/../profile", nil, bearer(ann.token)), wire.ErrNotFound},
		"climbing, escaped":   {w.do("GET", "/api/machines/%2e%2e/profile", nil, bearer(ann.token)), wire.ErrNotFound},
		"climbing in an id":   {w.do("GET", "/api/machines/..%2f..%2fetc%2fpasswd", nil, bearer(ann.token)), wire.ErrNotFound},
		"two slashes":         {w.do("GET", "//api/machines", nil, bearer(ann.token)), wire.ErrNotFound},
		"NUL":                 {w.do("GET", "/api/machines/%00", nil, bearer(ann.token)), wire.ErrBadRequest},
		"a wrong method":      {w.do("PUT", "/api/machines", nil, bearer(ann.token)), wire.ErrMethod},
		"a method of its own": {w.do("FROB", "/api/login", nil), wire.ErrMethod},
		"no token":            {w.do("GET", "/api/machines", nil), wire.ErrUnauthed},
		"text":                {w.do("POST", "/api/login", "hello", "Content-Type: ", "Content-Type: text/plain"), wire.ErrNotJSON},
		"a form":              {w.do("POST", "/api/login", "a=b", "Content-Type: ", form), wire.ErrNotJSON},
		"no content type":     {w.do("POST", "/api/login", "{}", "Content-Type: "), wire.ErrNotJSON},
		"zipped":              {w.do("POST", "/api/login", zipped(t, "{}"), "Content-Encoding: gzip"), wire.ErrNotJSON},
		"another site":        {w.do("POST", "/api/login", "{}", "Sec-Fetch-Site: cross-site"), wire.ErrForbidden},
		"another origin":      {w.do("POST", "/api/login", "{}", "Origin: https://evil.example"), wire.ErrForbidden},
		"no origin":           {w.do("POST", "/api/login", "{}", "Origin: null"), wire.ErrForbidden},
		"not running yet":     {w.do("GET", "/ready", nil), wire.ErrUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.reply.refused(t, tt.want)
			checkHeaders(t, tt.reply)
			if tt.want == wire.ErrMethod && tt.reply.header.Get("Allow") == "" {
				t.Error("no Allow")
			}
			if tt.want == wire.ErrUnavailable && tt.reply.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
	}
	for name, r := range map[string]reply{
		"JSON in a charset": w.do("POST", "/api/login", wire.Login{Email: ann.email, Password: goodPassword}, "Content-Type: ", "Content-Type: application/json; charset=utf-8"),
		"its own site":      w.do("POST", "/api/login", wire.Login{Email: ann.email, Password: goodPassword}, "Origin: "+w.url),
		"health":            w.do("GET", "/health", nil),
	} {
		if r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
		checkHeaders(t, r)
	}
}

func zipped(t *testing.T, s string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func checkHeaders(t *testing.T, r reply) {
	t.Helper()
	checkHeadersBut(t, r, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
}

// checkHeadersBut is checkHeaders for an answer with a policy of its own.
func checkHeadersBut(t *testing.T, r reply, policy string) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy":      policy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another origin may read it")
	}
}

func TestAPIAnswersAreNotKept(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api/machines", "/api/nowhere"} {
		if got := w.do("GET", path, nil).header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

func TestForeignIsUnknown(t *testing.T) {
	w := newWorld(t)
	ann, eve := w.account("ann"), w.account("eve")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	for _, method := range []string{"GET", "DELETE"} {
		foreign := w.do(method, "/api/machines/"+b.id, nil, bearer(eve.token))
		unknown := w.do(method, "/api/machines/"+randomID(), nil, bearer(eve.token))
		foreign.refused(t, wire.ErrNotFound)
		if foreign.body != unknown.body || len(foreign.header) != len(unknown.header) {
			t.Errorf("%s: %s against %s", method, foreign.body, unknown.body)
		}
	}
	if r := w.do("GET", "/api/machines", nil, bearer(eve.token)); r.body != `{"machines":[]}`+"\n" {
		t.Errorf("eve sees %s", r.body)
	}
}

func TestAPanicTellsNothing(t *testing.T) {
	w := newWorld(t)
	h := w.s.guard(w.s.open("GET /api/x", func(http.ResponseWriter, *http.Request) error {
		panic("SELECT secret FROM vault")
	}).handler)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/api/x", nil))
	reply{rec.Code, rec.Header(), rec.Body.String()}.refused(t, wire.ErrInternal)
	if strings.Contains(rec.Body.String(), "vault") || !strings.Contains(w.log.String(), "vault") {
		t.Errorf("said %s", rec.Body)
	}
}

func TestDashboard(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	newBox(w).enroll(ann.apiKey, "box")
	r := w.do("GET", "/api/dashboard/stats", nil, bearer(ann.token))
	if want := `{"online_count":0,"offline_count":1,"avg_cpu":0,"avg_memory":0,"avg_disk":0}` + "\n"; r.body != want {
		t.Errorf("%s", r.body)
	}
}

func TestMachineAsTheContractHasIt(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	r := w.do("GET", "/api/machines/"+b.id, nil, bearer(ann.token))
	want := `{"machine":{"agent_id":"` + b.id + `","name":"box","description":"","os":"linux","arch":"amd64","ip_address":"127.0.0.1",` +
		`"status":"offline","cpu_percent":0,"memory_percent":0,"disk_percent":0,"uptime":0,"last_active":null,"agent_version":"",` +
		`"owner":"ann","labels":{},"sessions":0}}` + "\n"
	if r.body != want {
		t.Errorf("%s\nwant %s", r.body, want)
	}
	w.s.seen.note(b.id, wire.Facts{CPUPercent: 250, MemoryPercent: -1, Uptime: 60}, w.now())
	w.s.saveSightings(t.Context())
	var one wire.OneMachine
	w.do("GET", "/api/machines/"+b.id, nil, bearer(ann.token)).into(t, &one)
	if m := one.Machine; m.CPUPercent != 100 || m.MemoryPercent != 0 || m.Uptime != 60 || m.LastActive == nil || !m.LastActive.Equal(w.now()) {
		t.Errorf("%+v", m)
	}
}

func TestOrigin(t *testing.T) {
	public := func(c *Config) { c.PublicURL = "https://vsay.example.com" }
	own, behind := newWorld(t), newWorld(t, public)
	tests := []struct {
		origin string
		own    bool // for http://vsay.example.com:8080
		behind bool // for the same behind a proxy that is https://vsay.example.com
	}{
		{"", true, true},
		{"http://vsay.example.com:8080", true, false},
		{"http://VSAY.example.com:8080", true, false},
		{"https://vsay.example.com", false, true},
		{"https://vsay.example.com:443", false, true},
		{"http://vsay.example.com", false, false},
		{"https://vsay.example.com:8080", false, false},
		{"https://vsay.example.com.evil.example", false, false},
		{"https://xvsay.example.com", false, false},
		{"https://evil.example", false, false},
		{"https://evil.example/https://vsay.example.com", false, false},
		{"https://vsay.example.com@evil.example", false, false},
		{"null", false, false},
		{"//vsay.example.com", false, false},
		{"vsay.example.com", false, false},
		{"file://", false, false},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "http://vsay.example.com:8080/api/terminal/x/ws", nil)
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		if got := own.s.checkOrigin(r) == nil; got != tt.own {
			t.Errorf("%q on its own: %v", tt.origin, got)
		}
		if got := behind.s.checkOrigin(r) == nil; got != tt.behind {
			t.Errorf("%q behind a proxy: %v", tt.origin, got)
		}
	}
	two := httptest.NewRequest("GET", "http://vsay.example.com/api/terminal/x/ws", nil)
	two.Header["Origin"] = []string{"http://vsay.example.com", "https://evil.example"}
	if own.s.checkOrigin(two) == nil {
		t.Error("two origins passed")
	}
}
