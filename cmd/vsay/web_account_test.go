//go:build unix

package main

import (
	"net/http"
	"os"
	"regexp"
	"testing"
)

// entersBy signs a person in as people do, at the page where they want to be.
func (p *tab) entersBy(path, name, password string) {
	p.t.Helper()
	if _, err := os.Stat("../../web/dist/index.html"); err != nil {
		cannot(p.t, "the pages are not built: make web")
	}
	p.allow("401") // by which a page knows that nobody is signed in
	p.goTo(path)
	p.says("Sign in")
	p.fill("^Email$", name+"@example.com")
	p.fill("^Password$", password)
	p.click("button", "^Sign in$")
}

// What others have typed is text on a page: nothing of it is taken for a part of the
// page, and what would turn its order or hide in it is seen.
func TestWebTextOfOthersIsText(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	s := newStage(t)
	command := `{"command": "echo '<img src=x onerror=alert(1)>' \u202egnp.exe \u001b[2J"}`
	if status := s.call("POST", "/api/machines/"+s.agent+"/command", command); status != http.StatusOK {
		t.Fatalf("the command is answered by %d", status)
	}
	seen := regexp.QuoteMeta(`echo '<img src=x onerror=alert(1)>' \u{202e}gnp.exe ␛[2J`)
	p := b.person(s.url)
	p.entersBy("/audit", "ann", "correct horse")
	p.says("ann ran " + seen + " on box")
	p.goTo("/machines/" + s.agent)
	p.says(seen)
	if js[bool](p, `document.querySelector("main img") !== null`) {
		t.Error("what was typed is a part of the page")
	}
}

// The account: its key is not in the page before somebody asks for it, a new one
// takes its place, and a login elsewhere ends from here.
func TestWebAccount(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	s := newStage(t)
	here, there := b.person(s.url), b.person(s.url)
	there.entersBy("/", "ann", "correct horse")
	there.says("box")
	here.entersBy("/account", "ann", "correct horse")
	here.says("Where you are signed in")
	if key := here.key(); key != "" {
		t.Errorf("nobody asked for the key %s", key)
	}
	here.click("button", "^Show my API key$")
	here.until("the key is not shown", func() bool { return here.key() != "" })
	old := here.key()

	here.click("button", "^Replace it$")
	here.says("Keep the machines")
	here.pressesInDialog("Replace it")
	here.until("the key is the old one", func() bool { return here.key() != "" && here.key() != old })

	here.click("button", "^Sign out Chrome")
	here.pressesInDialog("Sign out there")
	there.says("You were signed out")
	there.at("/")

	here.fill("^Current password$", "wrong")
	here.fill("^New password$", "another horse")
	here.allow("403")
	here.click("button", "^Change the password$")
	here.says("The current password is missing or wrong")
	here.fill("^Current password$", "correct horse")
	here.click("button", "^Change the password$")
	here.says("The password was changed")
	here.click("button", "^Sign out$")
	here.at("/login")
	here.entersBy("/login", "ann", "another horse")
	here.at("/")
}

// key is the API key that can be seen on the page.
func (p *tab) key() string {
	return regexp.MustCompile(`vsay_ak_\w+`).FindString(js[string](p, `document.documentElement.outerHTML`))
}

// pressesInDialog presses a button of the dialog that is open: another one outside of
// it may be called the same.
func (p *tab) pressesInDialog(name string) {
	p.t.Helper()
	p.until("the dialog has no such button", func() bool {
		pressed, _ := tryJS[bool](p, `(name) => {
			const button = [...document.querySelectorAll("dialog[open] button")].find((b) => b.textContent === name)
			button?.click()
			return Boolean(button)
		}`, name)
		return pressed
	})
}
