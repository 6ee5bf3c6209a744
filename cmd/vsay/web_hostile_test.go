//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
)

// otherSite is a page of somebody else, on another port of the same host: for cookies the
// same site.
func otherSite(t *testing.T) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><title>other</title><link rel=icon href=data:,><p>another site`))
	}))
	t.Cleanup(site.Close)
	return site.URL
}

// A page of another site can lead a browser to a terminal, and has then started no
// session and taken none over: that is asked about.
func TestWebOtherSiteOpensNoTerminal(t *testing.T) {
	t.Parallel()
	s, p := newTerminal(t, "mine")
	other := p.another()
	other.allow("^elsewhere: ")
	other.calls(chromedp.Navigate(otherSite(t)))
	js[bool](other, `(url) => { location = url; return true }`, s.url+"/terminal?tab="+s.agent+"&tab="+s.agent+":mine")
	other.says("(?i)another site led here, to open 2 terminals on box")
	other.picture("asks")
	if n := len(s.sessions()); n != 1 {
		t.Errorf("there are %d sessions", n)
	}
	p.enters("echo nobody took it")
	p.sees("^nobody took it$")
	other.click("button", "^Open them")
	other.until("it opens no session", func() bool { return len(s.sessions()) == 2 })
	other.calls(chromedp.Reload()) // which somebody does who means it
	other.sees(`[$#%>]$`)
}

// On a host without TLS any other port can set a cookie of the same name. Nobody is signed
// in by it, and who signs in hears why that does not work.
func TestWebPlantedCookie(t *testing.T) {
	t.Parallel()
	s, b := newPages(t)
	s.signUp("ann")
	p := b.person(s.url)
	p.allow("^elsewhere: ", "401")
	p.signIn("ann")
	p.calls(chromedp.Navigate(otherSite(t)))
	js[string](p, `document.cookie = "vsay=planted; path=/api"`)
	p.goTo("/")
	p.fill("^Email", "ann@example.com")
	p.fill("^Password", "correct horse")
	p.click("button", "^Sign in")
	p.says("two cookies for this server")
	p.picture("two")
}

// A page that a browser kept for the way back is loaded anew.
func TestWebKeptPage(t *testing.T) {
	t.Parallel()
	s, b := newPages(t)
	s.signUp("ann")
	p := b.person(s.url)
	p.signIn("ann")
	p.goTo("/account")
	p.says("Where you are signed in")
	js[bool](p, `(window.kept = true) && dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
	p.until("it is shown as it was", func() bool {
		kept, err := tryJS[bool](p, `window.kept === true`)
		return err == nil && !kept
	})
	p.says("Where you are signed in")
}
