package server

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"vsay/internal/wire"
)

// noPage is the policy of all that is no page: a browser that is shown it runs and
// loads nothing.
const noPage = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"

// pagePolicy is what the pages may do. All of it is from here; styles may also be made by
// the page itself, which knows the nonce, as xterm.js does. WebAssembly is what decodes images.
func pagePolicy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"img-src 'self' data: blob:",
		"font-src 'self'",
		"connect-src 'self'",
		"manifest-src 'self'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'", // no string becomes HTML or a script: nothing here makes any
		"trusted-types 'none'",
	}, "; ")
}

// unwanted are what a browser need not let the pages ask for: whoever gets a script into
// one finds them closed.
const unwanted = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), " +
	"microphone=(), midi=(), payment=(), usb=()"

// page is an address that people see. They all get the same page, which looks at the
// address itself.
func (s *Server) page(pattern string) route {
	return route{pattern, forPages, s.tokenless(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Vary", "Accept")
		if !wantsPage(r) {
			return wire.ErrNotFound
		}
		return s.show(w, r, http.StatusOK)
	})}
}

// astray is for people at an address that is none: the page says so, and has the way back.
func (s *Server) astray(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Vary", "Accept")
	if r.Method != http.MethodGet || strings.HasPrefix(r.URL.Path, "/api/") || !accepts(r, "text/html") {
		return wire.ErrNotFound
	}
	return s.show(w, r, http.StatusNotFound)
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, status int) error {
	nonce := rand.Text()
	w.Header().Set("Content-Security-Policy", pagePolicy(nonce))
	w.Header().Set("Permissions-Policy", unwanted)
	return ignoreLost(s.site.Page(w, status, nonce, ledByOthers(r)))
}

// ledByOthers tells whether a page of another site led a browser here, by a link or by
// itself. An address that was typed or kept is the user's own.
func ledByOthers(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "none" && site != "same-origin"
}

// file is what pages load, by the name that its pattern takes out of the address.
func (s *Server) file(pattern string) route {
	folder, _, _ := strings.Cut(strings.TrimPrefix(pattern, "GET /"), "{")
	return route{pattern, forPages, s.tokenless(func(w http.ResponseWriter, r *http.Request) error {
		if !s.site.File(w, r, folder+r.PathValue("name")) {
			return s.astray(w, r)
		}
		return nil
	})}
}

// wantsPage tells whether whoever asks can show one. Programs that take JSON alone hear
// that there is none.
func wantsPage(r *http.Request) bool {
	return len(r.Header.Values("Accept")) == 0 || accepts(r, "text/html", "text/*", "*/*")
}

func accepts(r *http.Request, kinds ...string) bool {
	return slices.ContainsFunc(fields(r, "Accept"), func(one string) bool {
		kind, _, _ := strings.Cut(one, ";")
		return slices.Contains(kinds, strings.TrimSpace(kind))
	})
}
