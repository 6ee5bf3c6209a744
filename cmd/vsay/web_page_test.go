//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	document "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page, and the person in front of it.
type tab struct {
	*watch

	t       *testing.T
	browser *browser
	ctx     context.Context
	url     string // of the server
}

// open opens a tab, which is watched from its first moment to its last.
func (b *browser) open(parent context.Context, url string, options ...chromedp.ContextOption) *tab {
	b.t.Helper()
	p := &tab{t: b.t, browser: b, url: url, watch: newWatch(url)}
	ctx, closeIt := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.see))...)
	p.ctx = ctx
	b.t.Cleanup(closeIt)
	p.calls(chromedp.Func(prepare))
	b.t.Cleanup(func() {
		p.looksForSecrets()
		for _, f := range p.faults() {
			p.t.Errorf("the page: %s", f)
		}
		if p.t.Failed() {
			p.picture("failed")
		}
	})
	return p
}

// prepare is done to each tab before anything else.
func prepare(ctx context.Context, in *chromedp.Target) error {
	_, err := cdp.Call(ctx, in, css.Disable, cdp.Empty{})
	if err == nil { // chromedp's picture of the DOM is of no use here, and costs the page at each change
		_, err = cdp.Call(ctx, in, dom.Disable, cdp.Empty{})
	}
	if err == nil {
		_, err = cdp.Call(ctx, in, audits.Enable, cdp.Empty{})
	}
	if err == nil { // each tab is the one that somebody looks at
		_, err = cdp.Call(ctx, in, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	}
	if err == nil {
		_, err = cdp.Call(ctx, in, document.AddScriptToEvaluateOnNewDocument, document.AddScriptToEvaluateOnNewDocumentParams{Source: reportCSP})
	}
	return err
}

// calls does something with the tab, for as long as patience lasts.
func (p *tab) calls(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := p.try(actions...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) try(actions ...chromedp.Action[chromedp.Void]) error {
	// A tab that is not there yet must not depend on a context that ends.
	if err := chromedp.Do(p.ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// js is the value of an expression in the page. A promise is waited for.
func js[T any](p *tab, expression string, args ...any) T {
	p.t.Helper()
	v, err := tryJS[T](p, expression, args...)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// tryJS is js where the page may be on its way to another one. args are those of
// the expression, if it is a function.
func tryJS[T any](p *tab, expression string, args ...any) (T, error) {
	if len(args) > 0 {
		given, err := json.Marshal(args)
		if err != nil {
			p.t.Fatal(err)
		}
		expression = fmt.Sprintf("(%s)(...%s)", expression, given)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// goTo opens a page of the server, and waits until it has loaded.
func (p *tab) goTo(path string) {
	p.t.Helper()
	p.calls(chromedp.Navigate(p.url + path))
}

// until waits for what the page announces to people only.
func (p *tab) until(otherwise string, holds func() bool) {
	p.t.Helper()
	if err := until(otherwise, holds); err != nil {
		p.t.Fatalf("%v:\n%s\n%s", err, p.text(), strings.Join(p.faults(), "\n"))
	}
}

// text is what the page says.
func (p *tab) text() string {
	text, _ := tryJS[string](p, `document.body.innerText`) // nothing, between two pages
	return text
}

// says waits for the page to say something.
func (p *tab) says(text string) {
	p.t.Helper()
	re := regexp.MustCompile(text)
	p.until(fmt.Sprintf("the page does not say %q", text), func() bool { return re.MatchString(p.text()) })
}

// at waits for the address to be that of a page.
func (p *tab) at(path string) {
	p.t.Helper()
	re := regexp.MustCompile("^" + path + "$")
	p.until(fmt.Sprintf("the page does not go to %s", path), func() bool {
		at, _ := tryJS[string](p, `location.pathname + location.search`)
		return re.MatchString(at)
	})
}

// thing is what a person finds on a page, as a screen reader has it: by what it
// is, and what it is called.
func (p *tab) thing(role, name string) (cdp.BackendNodeID, bool) {
	p.t.Helper()
	re := regexp.MustCompile(name)
	var found cdp.BackendNodeID
	err := p.try(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
		root, err := cdp.Call(ctx, in, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
		if err != nil {
			return err
		}
		all, err := cdp.Call(ctx, in, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root.Result.ObjectID, Role: role})
		if err != nil {
			return err
		}
		for _, n := range all.Nodes {
			var called string
			if n.Ignored || n.Name == nil || json.Unmarshal(n.Name.Value, &called) != nil {
				continue
			}
			if re.MatchString(called) {
				found = n.BackendDOMNodeID
				return nil
			}
		}
		return nil
	}))
	return found, err == nil && found != 0
}

// has says whether the page has such a thing now.
func (p *tab) has(role, name string) bool {
	p.t.Helper()
	_, ok := p.thing(role, name)
	return ok
}

// on calls a function of the page with a thing as this, once it is there.
func on[T any](p *tab, role, name, function string, args ...any) T {
	p.t.Helper()
	var result T
	var last error
	p.until(fmt.Sprintf("there is no %s called %q, or nothing can be done with it", role, name), func() bool {
		id, ok := p.thing(role, name)
		if !ok {
			return false
		}
		result, last = callOn[T](p, id, function, args...)
		return last == nil
	})
	return result
}

func callOn[T any](p *tab, id cdp.BackendNodeID, function string, args ...any) (result T, err error) {
	given, err := json.Marshal(args)
	if err != nil {
		return result, err
	}
	return result, p.try(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
		node, err := cdp.Call(ctx, in, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
		if err != nil {
			return err
		}
		yes := true
		got, err := cdp.Call(ctx, in, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
			ObjectID: node.Object.ObjectID, ReturnByValue: &yes, AwaitPromise: &yes,
			FunctionDeclaration: fmt.Sprintf("function() { return (%s).apply(this, %s) }", function, given),
		})
		if err != nil {
			return err
		}
		if got.ExceptionDetails != nil {
			return fmt.Errorf("%s", exception(got.ExceptionDetails))
		}
		return json.Unmarshal(got.Result.Value, &result)
	}))
}

// place is where a pointer meets a thing, once it has come to rest there and
// nothing lies over it.
const place = `async function() {
	this.scrollIntoView({ block: "center", inline: "center", behavior: "instant" })
	const before = this.getBoundingClientRect()
	await new Promise(requestAnimationFrame)
	const r = this.getBoundingClientRect()
	if (r.x !== before.x || r.y !== before.y || r.width * r.height === 0) throw new Error("it moves, or has no size")
	if (this.disabled) throw new Error("it is disabled")
	const [x, y] = [r.x + r.width / 2, r.y + r.height / 2]
	const top = document.elementFromPoint(x, y)
	if (!top || !(this.contains(top) || top.contains(this))) throw new Error("something lies over it")
	return [x, y]
}`

// click is done with a mouse.
func (p *tab) click(role, name string) {
	p.t.Helper()
	at := on[[2]float64](p, role, name, place)
	p.calls(chromedp.MouseClickXY(at[0], at[1]))
}

// tap is done with a finger.
func (p *tab) tap(role, name string) {
	p.t.Helper()
	at := on[[2]float64](p, role, name, place)
	p.calls(chromedp.TapXY(at[0], at[1]))
}

// holdsPhone is before the page is opened: a page asks once whether it is touched.
func (p *tab) holdsPhone() {
	p.t.Helper()
	p.calls(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// fill types into a field, in place of what is there.
func (p *tab) fill(name, text string) {
	p.t.Helper()
	on[bool](p, "textbox", name, `function() { this.focus(); this.select(); return true }`)
	p.inserts(text)
}

// inserts gives text all at once to what has the focus, as an input method does.
func (p *tab) inserts(text string) {
	p.t.Helper()
	p.calls(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
		_, err := cdp.Call(ctx, in, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// picture puts a screenshot where VSAY_PICTURES says, for people to look at.
func (p *tab) picture(name string) {
	dir := os.Getenv("VSAY_PICTURES")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("no picture: %v", err)
		return
	}
	file := filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "-")+"-"+name+".png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		p.t.Error(err)
	}
}
