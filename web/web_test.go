package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func site(t *testing.T) *Site {
	t.Helper()
	s, err := New(fstest.MapFS{
		"index.html":              {Data: []byte(`<meta property="csp-nonce" nonce="NONCE"><script src="/assets/main-1.js">`)},
		".gitkeep":                {},
		"favicon.svg":             {Data: []byte("<svg/>")},
		"assets/main-1.js":        {Data: []byte("plain script")},
		"assets/main-1.js.br":     {Data: []byte("br")},
		"assets/main-1.js.gz":     {Data: []byte("gzip")},
		"assets/decode-2.wasm":    {Data: []byte("\x00asm")},
		"assets/decode-2.wasm.gz": {Data: []byte("gzipped")},
		"assets/one-3.css":        {Data: []byte("a{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(s *Site, method, name, encodings string) (*httptest.ResponseRecorder, bool) {
	r := httptest.NewRequest(method, "/"+name, nil)
	if encodings != "" {
		r.Header.Set("Accept-Encoding", encodings)
	}
	w := httptest.NewRecorder()
	return w, s.File(w, r, name)
}

func TestFileIsAsSmallAsItCanBe(t *testing.T) {
	s := site(t)
	const script, forever = "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"
	for _, c := range []struct{ name, encodings, body, coding, kind, cache string }{
		{"assets/main-1.js", "", "plain script", "", script, forever},
		{"assets/main-1.js", "gzip, deflate, br, zstd", "br", "br", script, forever},
		{"assets/main-1.js", "gzip, deflate", "gzip", "gzip", script, forever},
		{"assets/main-1.js", "BR;q=0.1", "br", "br", script, forever},
		{"assets/main-1.js", "br;q=0, gzip; q=0.5", "gzip", "gzip", script, forever},
		{"assets/main-1.js", "br;q=0.000", "plain script", "", script, forever},
		{"assets/main-1.js", "brotli", "plain script", "", script, forever},
		{"assets/decode-2.wasm", "br, gzip", "gzipped", "gzip", "application/wasm", forever},
		{"assets/one-3.css", "br, gzip", "a{}", "", "text/css; charset=utf-8", forever},
		{"favicon.svg", "br", "<svg/>", "", "image/svg+xml", "public, max-age=3600"},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w, ok := ask(s, method, c.name, c.encodings)
			h := w.Header()
			if want := map[string]string{"GET": c.body}[method]; !ok || w.Body.String() != want {
				t.Errorf("%s %s (%s): %t %q", method, c.name, c.encodings, ok, w.Body)
			}
			if h.Get("Content-Encoding") != c.coding || h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.cache || h.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s %s (%s): %v", method, c.name, c.encodings, h)
			}
			if want := strconv.Itoa(len(c.body)); h.Get("Content-Length") != want {
				t.Errorf("%s %s: %s bytes, has %s", method, c.name, h.Get("Content-Length"), want)
			}
		}
	}
}

func TestFileByExactNameAlone(t *testing.T) {
	s := site(t)
	for _, name := range []string{
		"", ".", "assets", "assets/", "assets/main-2.js", "assets/main-1.js.br", "assets/main-1.js.gz", ".gitkeep", "index.html",
		"assets/../favicon.svg", "/favicon.svg", "../web.go", "assets//main-1.js", "assets/MAIN-1.js", "FAVICON.SVG",
	} {
		if w, ok := ask(s, "GET", name, "br"); ok || w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%q gives %q %v", name, w.Body, w.Header())
		}
	}
}

func TestPageHasTheNonceOfItsAnswer(t *testing.T) {
	empty, err := New(fstest.MapFS{".gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		site *Site
		want string
	}{
		"built":     {site(t), `<meta property="csp-nonce" nonce="abc">`},
		"not built": {empty, `<style nonce="abc">`},
	} {
		for range 2 { // the page itself stays as it is
			w := httptest.NewRecorder()
			if err := c.site.Page(w, http.StatusOK, "abc", false); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "NONCE") || w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("%s: %v", name, h)
			}
		}
	}
}

// What the server puts in has its place in what the build begins with, and the policy
// allows nothing that is written into the page itself.
func TestIndexFitsItsPolicy(t *testing.T) {
	page, err := os.ReadFile("index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), `<meta property="csp-nonce" `+hole+`>`) {
		t.Errorf("index.html has no place for the nonce: <meta property=\"csp-nonce\" %s>", hole)
	}
	for _, refused := range []string{" style=", " onclick=", " onload=", "<script>", "<style>", "javascript:", "http://", "https://"} {
		if strings.Contains(string(page), refused) {
			t.Errorf("index.html has %q, which browsers will refuse", refused)
		}
	}
}

func TestBuilt(t *testing.T) {
	s, err := Built()
	if err != nil {
		t.Fatal(err)
	}
	_, missing := fs.Stat(dist, "dist/index.html")
	if got := string(s.page) != string(unbuilt); got != (missing == nil) {
		t.Errorf("dist/index.html: %v, and the built page is given out: %t", missing, got)
	}
	if _, err := New(fstest.MapFS{"assets/a.exe": {}}); err == nil {
		t.Error("a file of an unknown kind is given out")
	}
}
