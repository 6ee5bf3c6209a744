package server

import (
	"crypto/rand"
	"net/http"
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
		nonce := rand.Text()
		w.Header().Set("Content-Security-Policy", pagePolicy(nonce))
		w.Header().Set("Permissions-Policy", unwanted)
		return ignoreLost(s.site.Page(w, nonce))
	})}
}

// file is what pages load, by the name that its pattern takes out of the address.
func (s *Server) file(pattern string) route {
	folder, _, _ := strings.Cut(strings.TrimPrefix(pattern, "GET /"), "{")
	return route{pattern, forPages, s.tokenless(func(w http.ResponseWriter, r *http.Request) error {
		if !s.site.File(w, r, folder+r.PathValue("name")) {
			return wire.ErrNotFound
		}
		return nil
	})}
}

// wantsPage tells whether whoever asks can show one. Programs that take JSON alone hear
// that there is none.
func wantsPage(r *http.Request) bool {
	accepts := fields(r, "Accept")
	for _, one := range accepts {
		kind, _, _ := strings.Cut(one, ";")
		switch strings.TrimSpace(kind) {
		case "text/html", "text/*", "*/*":
			return true
		}
	}
	return len(accepts) == 0
}
