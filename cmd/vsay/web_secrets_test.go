//go:build unix

package main

import (
	"regexp"
	"strings"
)

// kept is all that a script in the page could read later, or that is left on the
// disk when the tab is closed: what is stored, where it was, what it asked for.
const kept = `async function() {
	const all = [document.cookie, location.href, document.referrer, document.title, JSON.stringify(history.state) ?? ""]
	for (const s of [localStorage, sessionStorage]) all.push(JSON.stringify(s))
	for (const e of performance.getEntries()) all.push(e.name)
	for (const d of (await indexedDB.databases())) all.push("database " + d.name)
	for (const c of (await caches.keys())) all.push("cache " + c)
	return all
}`

// secret is how everything looks that lets somebody in: a JWT, a key, a ticket, a
// password of these tests.
var secret = regexp.MustCompile(`eyJ[\w-]{8,}\.|[?&#](token|ticket|key|password)=|correct horse|vsay_(ak|inv)_|vsay\.t\.`)

// looksForSecrets is done to every page at its end.
func (p *tab) looksForSecrets() {
	all, err := tryJS[[]string](p, "("+kept+")()")
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.fault("secret: nobody can look what the page keeps: %v", err)
	}
	for _, s := range append(all, p.sent...) {
		if secret.MatchString(s) {
			p.fault("secret: %.200s", s)
		}
		for _, ticket := range p.tickets {
			if strings.Contains(s, ticket) {
				p.fault("secret: a ticket in %.200s", s)
			}
		}
	}
}
