//go:build unix

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// newPages is a server of its own and a browser to look at it.
func newPages(t *testing.T, flags ...string) (*stage, *browser) {
	t.Helper()
	b := newBrowser(t)
	s := &stage{t: t, site: newSite(t)}
	var err error
	if s.server, s.url, err = s.site.serve("HOST", "127.0.0.1:0", flags...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.server.end(os.Kill) })
	s.site.env = append(s.site.env, "VSAY_HOST="+s.url)
	return s, b
}

// From nothing to an account, and back in after signing out, with a browser alone.
func TestWebSignUpAndIn(t *testing.T) {
	t.Parallel()
	s, b := newPages(t)
	p := b.person(s.url)
	p.goTo("/")
	p.click("link", "Make an account")
	p.at("/signup")
	p.fill("^Username", "ann")
	p.fill("^Email", "ann@example.com")
	p.fill("^Password", "short")
	p.click("button", "^Make the account")
	if p.has("link", "ann$") {
		t.Fatal("a password of five characters made an account")
	}
	p.fill("^Password", "correct horse")
	p.click("button", "^Make the account")
	p.says("No machine yet")
	p.at("/")
	p.picture("machines")

	second := p.another()
	second.goTo("/")
	second.says("No machine yet") // the same cookie

	p.click("link", "ann$")
	p.click("button", "^Sign out")
	p.says("Sign in")
	second.allow("401") // it still wanted to know of machines
	second.says("Sign in")

	p.allow("401")
	p.goTo("/audit") // after signing in one is where one wanted to be
	p.fill("^Email", "ann@example.com")
	p.fill("^Password", "wrong horse")
	p.click("button", "^Sign in")
	p.says("(?i)wrong|not right|do not match|invalid")
	p.picture("refused")
	p.fill("^Password", "correct horse")
	p.types("\r")
	p.at("/audit")
	p.says("Audit")
	p.calls(chromedp.Reload())
	p.says("Audit")
}

// Who is invited follows a link, and nobody but the page ever sees its code.
func TestWebInvite(t *testing.T) {
	t.Parallel()
	s, b := newPages(t)
	s.signUp("ann")
	s.server.end(os.Interrupt)
	var err error
	if s.server, s.url, err = s.site.serve("HOST", "127.0.0.1:0", "--signup", "invite"); err != nil {
		t.Fatal(err)
	}
	ann := b.person(s.url)
	ann.signIn("ann")
	ann.goTo("/admin/invites")
	ann.click("button", "^Invite somebody")
	ann.click("button", "^Make the link")
	link := ann.invitation()

	bob := b.person(s.url)
	bob.goTo("/signup")
	bob.says("takes an invitation")
	bob.calls(chromedp.Navigate(link))
	bob.says("You are invited")
	bob.at("/invite")
	if hash := js[string](bob, `location.hash`); hash != "" {
		t.Errorf("the code stays in the address: %s", hash)
	}
	_, code, _ := strings.Cut(link, "#")
	for _, another := range []string{"another", code} { // pasted over the address of the first one
		js[string](bob, `(code) => location.hash = code`, another)
		bob.until("it is not taken", func() bool {
			return js[bool](bob, `(code) => location.hash === "" && document.querySelector("[name=invite]").value === code`, another)
		})
	}
	bob.fill("^Username", "bob")
	bob.fill("^Email", "bob@example.com")
	bob.fill("^Password", "correct horse")
	bob.click("button", "^Make the account")
	bob.says("No machine yet")
	if bob.has("link", "People") {
		t.Error("a user is shown the pages of administrators")
	}
	bob.goTo("/admin/users")
	bob.says("for administrators")

	// The administrator sees the new user, and what disabling does to him.
	ann.goTo("/admin/users")
	ann.says("bob")
	ann.picture("users")
	bob.goTo("/")
	bob.allow("401")
	ann.click("button", "^Manage bob")
	ann.click("button", "^Disable")
	ann.picture("disable")
	ann.click("button", "^Disable")
	ann.says("Disabled")
	bob.says("Sign in")
	bob.fill("^Email", "bob@example.com")
	bob.fill("^Password", "correct horse")
	bob.click("button", "^Sign in")
	bob.says("Wrong email or password") // which tells a stranger nothing
}

// invitation is the link that is shown once.
func (p *tab) invitation() (link string) {
	p.t.Helper()
	p.until("no link is shown", func() bool {
		link, _ = tryJS[string](p, `(document.body.innerText + [...document.querySelectorAll("input")].map((i) => i.value).join(" ")).match(/http\S+\/invite#[\w-]+/)?.[0] ?? ""`)
		return link != ""
	})
	return link
}
