//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// builtPages is what `make web` makes, seen from here.
const builtPages = "../../web/dist/index.html"

// browser is a chromium of the test's own. It knows nobody, and is gone with the test.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// newBrowser starts one, or skips the test where there is none, or no page to look at.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	if _, err := os.Stat(builtPages); err != nil {
		cannot(t, "the pages are not built: make web")
	}
	return startBrowser(t)
}

// startBrowser is for what needs no page of vsay.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := chromium(t)
	home := t.TempDir()
	var said bytes.Buffer
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(home, "profile")),
		chromedp.NoInheritEnv, chromedp.Env("HOME="+home, "TMPDIR="+home, "PATH="+os.Getenv("PATH"), "LANG=C.UTF-8"),
		chromedp.CombinedOutput(&said),
		chromedp.Flag("lang", "en-US"),
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-component-update", true), // of the network only the test's server is wanted
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which it refuses to make as root
	}
	// t.Context() ends before the cleanups, and they still look at the pages.
	allocator, free := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeIt := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeIt()
		free()
		if err := until("", func() bool { return processWith("HOME="+home) == "" }); err != nil {
			t.Errorf("chromium outlives its test: %s", processWith("HOME="+home))
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("chromium does not start: %v: %s", err, &said)
	}
	return &browser{t: t, ctx: ctx}
}

// chromium is where one is.
func chromium(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	cannot(t, "chromium is missing: install it to run this test")
	return ""
}

// with is the same browser for a part of the test.
func (b browser) with(t *testing.T) *browser {
	b.t = t
	return &b
}

// person is somebody who has never been here: no cookies, nothing stored. What
// they open knows each other.
func (b *browser) person(url string) *tab {
	b.t.Helper()
	return b.open(b.ctx, url, chromedp.WithNewBrowserContext())
}

// another is one more tab of the same person.
func (p *tab) another() *tab {
	p.t.Helper()
	return p.browser.open(p.ctx, p.url)
}
