//go:build unix

package main

import (
	"regexp"
	"strings"
	"testing"
)

// Adding a machine: the page shows a command and a key, and turns green when they
// were given there.
func TestWebAddMachine(t *testing.T) {
	t.Parallel()
	s, b := newPages(t)
	s.token = s.signUp("ann")
	p := b.person(s.url)
	p.signIn("ann")
	p.goTo("/")
	p.click("link", "^Add your first machine")
	p.at("/add")
	p.picture("before")
	command := p.showsLike(`vsay agent [^\n]*--host[^\n]+`)
	p.click("button", "^Show my API key")
	key := p.showsLike(`vsay_ak_\w+`)
	if strings.Contains(command, key) {
		t.Error("the command has the key in it")
	}
	list := p.another()
	list.goTo("/")
	list.says("No machine yet")

	box, err := openTerminal(s.site.command("sh", "-c", "exec "+command+" --state-dir "+s.site.stateDir("box")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		box.close()
		if err := endSessions(s.site.stateDir("box")); err != nil {
			t.Error(err)
		}
	})
	if err := box.see(regexp.MustCompile(`(?i)key.*: ?$`)); err != nil {
		t.Fatal(err)
	}
	if _, err := box.keys.WriteString(key + "\n"); err != nil {
		t.Fatal(err)
	}
	p.says("It is here")
	p.picture("after")
	list.says("Online") // without a reload
	p.click("link", "^Open its terminal")
	p.at("/terminal/.*")
	p.sees(`[$#%>]$`)
	p.enters("echo $((6*7))")
	p.sees("^42$")
	p.enters("exit 3")
	p.says("Ended with exit code 3")
	p.picture("ended")
}

// showsLike waits for something on the page, and gives it.
func (p *tab) showsLike(text string) (found string) {
	p.t.Helper()
	re := regexp.MustCompile(text)
	p.until("there is nothing like "+text, func() bool {
		found = re.FindString(p.text())
		return found != ""
	})
	return found
}
