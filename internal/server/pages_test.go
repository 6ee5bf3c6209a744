package server

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"vsay/internal/wire"
	"vsay/web"
)

// builtWorld is a server with pages, as a build leaves them.
func builtWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	site, err := web.New(fstest.MapFS{
		"index.html":        {Data: []byte(`<!doctype html><meta property="csp-nonce" nonce="NONCE"><meta name="came-from" content="HERE">`)},
		"favicon.svg":       {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"assets/main.js":    {Data: []byte("let vsay")},
		"assets/main.js.br": {Data: []byte("brotli")},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.s.site = site
	return w
}

// pagesOf are the addresses of pages, and an address of each.
func pagesOf(s *Server) (paths []string) {
	for _, r := range s.table() {
		if r.who == forPages && !strings.Contains(r.pattern, "{name") {
			_, path := ids{machine: "box"}.fill(r.pattern)
			paths = append(paths, path)
		}
	}
	return paths
}

var aNonce = regexp.MustCompile(`nonce="([A-Z2-7]{26,})"`)

func TestPages(t *testing.T) {
	built, bare := builtWorld(t), newWorld(t)
	seen := map[string]bool{}
	paths := pagesOf(built.s)
	if len(paths) < 12 {
		t.Errorf("there are only the pages %v", paths)
	}
	for _, path := range paths {
		for _, w := range []*world{built, bare} {
			r := w.do("GET", path, nil, "Accept: text/html,application/xhtml+xml,*/*;q=0.8")
			nonce := aNonce.FindStringSubmatch(r.body)
			if r.status != http.StatusOK || nonce == nil || seen[nonce[1]] {
				t.Fatalf("%s: %d %s", path, r.status, r.body)
			}
			seen[nonce[1]] = true
			policy := "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'nonce-" + nonce[1] +
				"'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; " +
				"form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
			checkHeadersBut(t, r, policy)
			for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Vary": "Accept"} {
				if got := r.header.Get(name); got != want {
					t.Errorf("%s: %s is %q", path, name, got)
				}
			}
			if !strings.Contains(r.header.Get("Permissions-Policy"), "camera=()") {
				t.Errorf("%s may ask for all: %q", path, r.header.Get("Permissions-Policy"))
			}
		}
	}
	if r := built.do("HEAD", "/terminal/box", nil); r.status != 200 || r.body != "" || r.header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %d %v", r.status, r.header)
	}
	if r := built.do("GET", "/login", nil); r.status != 200 {
		t.Errorf("without Accept: %d", r.status)
	}
	for _, accept := range []string{"application/json", "application/json, text/plain", "text/event-stream"} {
		built.do("GET", "/login", nil, "Accept: "+accept).refused(t, wire.ErrNotFound)
	}
	built.do("GET", "/login?token=x", nil).refused(t, wire.ErrUnauthed)
	built.do("POST", "/login", nil).refused(t, wire.ErrMethod)
	built.do("GET", "/login/", nil).refused(t, wire.ErrNotFound)
	built.do("GET", "/terminal/box/ws", nil).refused(t, wire.ErrNotFound)
}

// A page that another site leads to is told so: it opens no terminal by itself.
func TestPageKnowsWhoLedToIt(t *testing.T) {
	w := builtWorld(t)
	for site, want := range map[string]string{"cross-site": "ELSEWHERE", "same-site": "ELSEWHERE", "same-origin": "HERE", "none": "HERE", "": "HERE"} {
		r := w.do("GET", "/terminal/box", nil, "Accept: text/html", "Sec-Fetch-Site: "+site)
		if !strings.Contains(r.body, `content="`+want+`"`) {
			t.Errorf("%q: %s", site, r.body)
		}
	}
}

func TestFilesOfPages(t *testing.T) {
	w := builtWorld(t)
	for _, c := range []struct{ path, accept, body, coding, kind string }{
		{"/assets/main.js", "br, gzip", "brotli", "br", "text/javascript; charset=utf-8"},
		{"/assets/main.js", "identity", "let vsay", "", "text/javascript; charset=utf-8"},
		{"/favicon.svg", "br", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "", "image/svg+xml"},
	} {
		r := w.do("GET", c.path, nil, "Accept-Encoding: "+c.accept)
		if r.status != 200 || r.body != c.body || r.header.Get("Content-Encoding") != c.coding || r.header.Get("Content-Type") != c.kind {
			t.Errorf("%s (%s): %d %q %v", c.path, c.accept, r.status, r.body, r.header)
		}
		checkHeaders(t, r) // a file that is opened by itself runs nothing
	}
	for _, path := range []string{
		"/assets/", "/assets", "/assets/none.js", "/assets/main.js.br", "/index.html", "/.gitkeep", "/assets/../favicon.svg",
		"/assets/%2e%2e/favicon.svg", "/assets/..%2ffavicon.svg", "/assets//main.js", "/assets/favicon.svg", "/main.js", "/none",
	} {
		r := w.do("GET", path, nil)
		r.refused(t, wire.ErrNotFound)
		checkHeaders(t, r)
		if got := r.header.Get("Cache-Control"); got != "no-store" { // it may be there after the next upgrade
			t.Errorf("%s: that it is not there is kept: %q", path, got)
		}
	}
	w.do("GET", "/assets/main.js?token=x", nil).refused(t, wire.ErrUnauthed)
}

// TestLostPeople get a page that says so, and programs the error.
func TestLostPeople(t *testing.T) {
	w := builtWorld(t)
	const browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for _, path := range []string{"/nowhere", "/nowhere/at/all", "/login/", "//login"} {
		r := w.do("GET", path, nil, browser)
		nonce := aNonce.FindStringSubmatch(r.body)
		if r.status != http.StatusNotFound || nonce == nil {
			t.Fatalf("%s: %d %s", path, r.status, r.body)
		}
		checkHeadersBut(t, r, pagePolicy(nonce[1]))
	}
	for what, r := range map[string]reply{
		"a program":        w.do("GET", "/nowhere", nil, "Accept: */*"),
		"no such API":      w.do("GET", "/api/nowhere", nil, browser),
		"a missing script": w.do("GET", "/assets/none.js", nil, "Accept: */*"),
	} {
		t.Run(what, func(t *testing.T) { r.refused(t, wire.ErrNotFound) })
	}
}

// TestHeadersOfEveryRoute asks all there is, and what there is not, as nobody.
func TestHeadersOfEveryRoute(t *testing.T) {
	w := builtWorld(t)
	check := func(r reply, page bool) {
		t.Helper()
		policy := noPage
		if nonce := aNonce.FindStringSubmatch(r.body); page && nonce != nil {
			policy = pagePolicy(nonce[1])
		}
		checkHeadersBut(t, r, policy)
	}
	for _, r := range w.s.table() {
		method, path := ids{machine: "box", session: "session", victim: "user"}.fill(r.pattern)
		check(w.do(method, path, nil), r.who == forPages)
		check(w.do("DELETE", path+"x", nil), false)
		check(w.do("OPTIONS", path, nil, "Origin: https://evil.example", "Access-Control-Request-Method: POST"), false)
	}
	check(w.do("GET", "/nowhere/at/all", nil), false)
	broken := w.s.guard(w.s.try(func(http.ResponseWriter, *http.Request) error { panic("broken") }))
	rec := httptest.NewRecorder()
	broken.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	check(reply{rec.Code, rec.Header(), rec.Body.String()}, false)
	if rec.Code != http.StatusInternalServerError {
		t.Errorf("a panic is %d", rec.Code)
	}
}
