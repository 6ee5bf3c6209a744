//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe is the library that looks for what keeps people out.
const axe = "../../web/node_modules/axe-core/axe.min.js"

// Every page can be used with a screen reader, seen with weak eyes, and reached
// without a mouse: by axe-core, in light and in dark.
func TestWebAccessible(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	library, err := os.ReadFile(axe)
	if err != nil {
		cannot(t, "axe-core is missing: make web (%v)", err)
	}
	s := newStage(t)
	stranger, ann := b.person(s.url), b.person(s.url)
	ann.signIn("ann")
	for _, page := range []struct {
		who        *tab
		path, says string
	}{
		{stranger, "/login", "Sign in"},
		{stranger, "/signup", "Make an account"},
		{stranger, "/invite#code", "You are invited"},
		{ann, "/", "box"},
		{ann, "/machines/" + s.agent, "Running sessions"},
		{ann, "/add", "(?i)add"},
		{ann, "/audit", "Audit"},
		{ann, "/account", "(?i)password"},
		{ann, "/admin/users", "ann"},
		{ann, "/admin/invites", "(?i)invit"},
		{ann, "/terminal", "No session is open"},
		{ann, "/terminal/" + s.agent + "?session=axe", "axe"},
	} {
		for _, shade := range []string{"light", "dark"} {
			t.Run(page.path+" "+shade, func(t *testing.T) {
				p := page.who.with(t)
				p.prefers(shade)
				p.goTo(page.path)
				p.says(page.says)
				p.accessible(string(library))
				p.picture("")
			})
		}
	}
}

// prefers is what the person told the system.
func (p *tab) prefers(shade string) {
	p.t.Helper()
	p.calls(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: shade}, {Name: "prefers-reduced-motion", Value: "reduce"}}
		_, err := cdp.Call(ctx, in, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
}

// finding is one of axe's.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// accessible fails on what axe calls serious or worse.
func (p *tab) accessible(library string) {
	p.t.Helper()
	js[bool](p, library+";\ntrue")
	found := js[[]finding](p, `axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical"))`)
	for _, f := range found {
		var where []string
		for _, n := range f.Nodes {
			where = append(where, fmt.Sprintf("\n    %.300s\n      %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", " ")))
		}
		p.t.Errorf("%s (%s): %s%s", f.ID, f.Impact, f.Help, strings.Join(where, ""))
	}
}
