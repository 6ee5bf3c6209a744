//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"
)

// What the tests of the pages rely on: whatever a page does that it must not do
// is noticed.
func TestBrowserNoticesFaults(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	for _, c := range []struct{ name, body, fault string }{
		{"an inline script", `<script>document.title = "ran"</script>`, `^issue: CSP: script-src`},
		{"an inline script, told by the page", `<script>document.title = "ran"</script>`, `^console: CSP: script-src`},
		{"an inline style", `<p style="color:red">`, `^issue: CSP: style-src`},
		{"a style element without nonce", `<style>p {}</style>`, `^console: CSP: style-src`},
		{"an image from elsewhere", `<img src="http://127.0.0.2/i.png">`, `^issue: CSP: img-src`},
		{"an exception", `<script src="/throw.js"></script>`, `^uncaught: Error: thrown`},
		{"a promise nobody waited for", `<script src="/reject.js"></script>`, `^uncaught: Error: rejected`},
		{"an error on the console", `<script src="/error.js"></script>`, `^console: it is wrong`},
		{"a file that is not there", `<script src="/none.js"></script>`, `^answer: 404 to GET .*/none.js`},
		{"a request to another origin", `<script src="/elsewhere.js"></script>`, `^elsewhere: http://127.0.0.1:1/`},
		{"a socket to another origin", `<script src="/socket.js"></script>`, `^elsewhere: http://127.0.0.1:1/s`},
		{"a token that is stored", `<script src="/store.js"></script>`, `^secret: .*eyJhbGciOi`},
		{"a token in the address", `<script src="/address.js"></script>`, `^secret: http.*[?]token=x`},
		{"a ticket in a cookie", `<script src="/cookie.js"></script>`, `^secret: a ticket in t=t1cket`},
		{"a navigation elsewhere", `<script src="/leave.js"></script>`, `^elsewhere: http://127.0.0.1:1/left`},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := httptest.NewServer(faulty(c.body))
			t.Cleanup(site.Close)
			p := b.with(t).person(site.URL)
			p.goTo("/")
			re := regexp.MustCompile(c.fault)
			p.until("nobody noticed", func() bool {
				p.looksForSecrets()
				return slices.ContainsFunc(p.faults(), re.MatchString)
			})
			p.allow("")
		})
	}
	t.Run("nothing", func(t *testing.T) {
		site := httptest.NewServer(faulty(`<p>all is well`))
		t.Cleanup(site.Close)
		p := b.with(t).person(site.URL)
		p.goTo("/")
		p.says("all is well") // and its end finds nothing
	})
}

// faulty is a page under a policy like that of vsay, and the scripts it names.
func faulty(body string) http.Handler {
	scripts := map[string]string{
		"/throw.js":     `setTimeout(() => { throw new Error("thrown") })`,
		"/reject.js":    `Promise.reject(new Error("rejected"))`,
		"/error.js":     `console.error("it is wrong")`,
		"/elsewhere.js": `fetch("http://127.0.0.1:1/").catch(() => {})`,
		"/socket.js":    `new WebSocket("ws://127.0.0.1:1/s")`,
		"/store.js":     `sessionStorage.setItem("t", "eyJhbGciOiJIUzI1NiIs.e30.c2ln")`,
		"/address.js":   `history.replaceState(null, "", "?token=x")`,
		"/cookie.js":    `new WebSocket("ws://" + location.host, ["vsay.t.t1cket"]); document.cookie = "t=t1cket"`,
		"/leave.js":     `setTimeout(() => { location = "http://127.0.0.1:1/left" }, 50)`,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if script, ok := scripts[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, script)
			return
		}
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-n'; img-src 'self' data:; connect-src *")
		fmt.Fprintf(w, "<!doctype html><title>a page</title><link rel=icon href=data:,><body>%s</body>", body)
	})
}
