//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What the tests of the pages do there is done as people do it: things are found
// by what they are called, and not before they are there and can be reached.
func TestBrowserHasHands(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(form))
	}))
	t.Cleanup(site.Close)
	p := startBrowser(t).person(site.URL)
	p.goTo("/")
	p.at("/")
	p.fill("^Name$", "somebody else")
	p.fill("^Name$", "ann 日本")
	p.types("!")
	p.types("\r")
	p.says("entered ann 日本!")
	p.click("button", "^Late")
	p.says("clicked")
	if p.has("button", "^Hidden") {
		t.Error("nobody can see that button")
	}
	js[string](p, `document.cookie = "of=ann"`)
	for _, other := range []struct {
		tab    *tab
		cookie string
	}{{p.another(), "of=ann"}, {p.browser.person(site.URL), ""}} {
		other.tab.goTo("/")
		if got := js[string](other.tab, `document.cookie`); got != other.cookie {
			t.Errorf("a tab knows the cookie %q and not %q", got, other.cookie)
		}
	}
	p.holdsPhone()
	p.goTo("/")
	p.tap("button", "^Covered")
	p.says("touched once it was free")
}

const form = `<!doctype html><meta name=viewport content="width=device-width"><title>hands</title><link rel="icon" href="data:,">
<form id=f><label>Name <input id=n value="of old"></label></form>
<div style="position: relative; height: 3000px">
	<button id=c style="position: absolute; top: 2000px">Covered</button>
	<div id=o style="position: absolute; inset: 0"></div>
</div>
<button hidden>Hidden</button><p id=p></p>
<script>
	const say = (text) => { document.getElementById("p").textContent = text }
	const byId = (id) => document.getElementById(id)
	byId("f").onsubmit = (e) => { e.preventDefault(); say("entered " + byId("n").value) }
	byId("c").ontouchend = () => say("touched once it was free")
	setTimeout(() => byId("o").remove(), 300)
	setTimeout(() => {
		const late = document.createElement("button")
		late.ariaLabel = "Late, by its label"
		late.textContent = "x"
		late.onclick = (e) => say(e.detail === 1 && e.isTrusted ? "clicked" : "not by a mouse")
		document.body.append(late)
	}, 300)
</script>`
