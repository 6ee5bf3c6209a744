//go:build unix

package main

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"vsay/internal/wire"
)

// Nothing that lets somebody in can be read by a script, or is kept where it stays:
// the cookie is the browser's alone, and a ticket is gone once it was used. (Every
// test of the pages looks for secrets at its end; this one looks that there are any.)
func TestWebSecretsStayAway(t *testing.T) {
	t.Parallel()
	_, p := newTerminal(t, "secrets")
	var cookies []*network.Cookie
	p.calls(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
		got, err := cdp.Call(ctx, in, network.GetCookies, network.GetCookiesParams{})
		cookies = got.Cookies
		return err
	}))
	if len(cookies) != 1 || !cookies[0].HTTPOnly || cookies[0].SameSite != network.CookieSameSiteStrict || cookies[0].Path != "/" {
		t.Errorf("the cookies are %+v", cookies)
	}
	p.mu.Lock()
	tickets, allowed := len(p.tickets), len(p.found)
	p.mu.Unlock()
	if tickets == 0 {
		t.Errorf("no ticket was seen, of %d", allowed)
	}
	for _, c := range cookies {
		if text := js[string](p, `document.documentElement.outerHTML + document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })`); strings.Contains(text, c.Value) {
			t.Error("the page has the cookie's value")
		}
	}
}

// Who signs out in one tab is out in all, also of terminals.
func TestWebSignOutEndsAllTabs(t *testing.T) {
	t.Parallel()
	_, p := newTerminal(t, "out")
	other := p.another()
	other.allow("401")
	p.allow("401", "socket:", "^log:")
	other.goTo("/account")
	other.click("button", "^Sign out")
	p.says("Sign in")
	p.until("the terminal is still there", func() bool { return p.screen() == "" })
}

// A login that is ended elsewhere is asked for again in place, and the session goes
// on exactly where it was.
func TestWebSignedOutElsewhere(t *testing.T) {
	t.Parallel()
	s, p := newTerminal(t, "elsewhere")
	p.allow("401", "socket:", "^log:")
	p.enters(flooding)
	p.comes()
	s.endOtherLogins()
	p.says("(?i)signed out")
	p.picture("signed-out")
	p.click("button", "(?i)^sign in")
	p.fill("^Email", "ann@example.com")
	p.fill("^Password", "correct horse")
	p.press("Enter", 0)
	p.comes()
	s.stops()
	t.Logf("%d lines", p.everyLine())
	p.enters("echo it goes on")
	p.sees("^it goes on$")
}

// endOtherLogins ends all but the one of the stage's token.
func (s *stage) endOtherLogins() {
	s.t.Helper()
	var list wire.Logins
	s.get("/api/auth/logins", s.token, &list)
	for _, l := range list.Logins {
		if l.Current {
			continue
		}
		if status := s.call("DELETE", "/api/auth/logins/"+l.ID, ""); status != http.StatusOK && status != http.StatusNoContent {
			s.t.Errorf("ending a login is answered by %d", status)
		}
	}
}
