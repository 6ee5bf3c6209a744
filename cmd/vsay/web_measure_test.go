//go:build unix

package main

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestWebMeasure tells how quick the page is: with -v, and for people to judge. What
// it fails on is only what is wrong however slow the machine is.
func TestWebMeasure(t *testing.T) {
	s, p := newTerminal(t, "measure")
	cold := p.another()
	cold.calls(chromedp.Func(func(ctx context.Context, in *chromedp.Target) error {
		_, err := cdp.Call(ctx, in, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
		return err
	}))
	began := time.Now()
	cold.goTo("/terminal/" + s.agent + "?session=measure")
	cold.sees(prompt + "$")
	t.Logf("the prompt of a running session is drawn %d ms after the address was entered, on a cold cache", time.Since(began).Milliseconds())
	t.Logf("first paint %.0f ms, first contentful paint %.0f ms", paint(cold, "first-paint"), paint(cold, "first-contentful-paint"))

	sizes := js[map[string]float64](cold, `Object.fromEntries(performance.getEntriesByType("resource").filter((e) => /\.(js|css|wasm)$/.test(e.name)).map((e) => [new URL(e.name).pathname, e.encodedBodySize]))`)
	total := 0.0
	for name, size := range sizes {
		total += size
		t.Logf("%8.1f KB compressed  %s", size/1024, name)
	}
	t.Logf("%8.1f KB compressed in all", total/1024)
	if total == 0 || total > 350*1024 {
		t.Errorf("%.0f bytes of scripts and styles: at most 350 KB were promised", total)
	}

	for range 3 {
		p.enters("clear; seq -f 'line %.0f.' 100000000")
		p.comes()
		stopped := time.Now()
		p.press("c", chromedp.ModifierCtrl)
		p.sees(prompt + "$")
		t.Logf("Ctrl-C in a flood: the prompt is drawn %d ms after the key", time.Since(stopped).Milliseconds())
	}
}

func paint(p *tab, name string) float64 {
	return js[float64](p, `(name) => performance.getEntriesByName(name)[0]?.startTime ?? -1`, name)
}
