//go:build unix

package main

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// watch is told all that a page does, and keeps what it should not have done.
type watch struct {
	origin string // the only one that a page has to do with

	mu       sync.Mutex
	found    []string
	allowed  []*regexp.Regexp
	asked    map[network.RequestID]string // method and URL
	sent     []string                     // the same, for who looks for a secret
	tickets  []string                     // that went with a WebSocket
	received int                          // bytes of bodies, as they came over the network
}

func newWatch(origin string) *watch {
	w := &watch{origin: origin, asked: map[network.RequestID]string{}}
	w.allow("401.* .*/api/me$") // a page asks who is signed in, and nobody is
	return w
}

// reportCSP is put into each page before its own scripts: what the policy stops
// is told by the page as well as by the browser.
const reportCSP = `document.addEventListener("securitypolicyviolation", (e) =>
	console.error("CSP: " + e.effectiveDirective + " stopped " + (e.blockedURI || "inline") + " " + e.sourceFile + ":" + e.lineNumber + " " + e.sample))`

// see is called by the browser for each event, and must not wait.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.fault("uncaught: %s", exception(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.fault("console: %s", arguments(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			w.fault("log: %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		w.issue(e.Issue)
	default:
		w.network(event)
	}
}

// issue is what a browser shows in its panel of issues. Most are advice.
func (w *watch) issue(i *audits.InspectorIssue) {
	if d := i.Details.ContentSecurityPolicyIssueDetails; d != nil {
		w.fault("issue: CSP: %s stopped %q", d.ViolatedDirective, d.BlockedURL)
	}
	if i.Details.MixedContentIssueDetails != nil || i.Details.BlockedByResponseIssueDetails != nil || i.Details.CorsIssueDetails != nil {
		w.fault("issue: %s", i.Code)
	}
}

func (w *watch) network(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.asked[e.RequestID] = e.Request.Method + " " + e.Request.URL
		w.goes(e.Request.URL)
		w.sent = append(w.sent, e.Request.Method+" "+e.Request.URL)
	case *network.EventWebSocketCreated:
		w.asked[e.RequestID] = "WebSocket " + e.URL
		w.goes(strings.Replace(e.URL, "ws", "http", 1))
		w.sent = append(w.sent, "WebSocket "+e.URL)
	case *network.EventWebSocketWillSendHandshakeRequest:
		w.handshake(e.Request)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			w.fault("answer: %d to %s", e.Response.Status, w.asked[e.RequestID])
		}
	case *network.EventLoadingFinished:
		w.received += int(e.EncodedDataLength)
	case *network.EventLoadingFailed:
		if !e.Canceled { // by the page, or by leaving it
			w.fault("failed: %s of %s", e.ErrorText, w.asked[e.RequestID])
		}
	case *network.EventWebSocketFrameError:
		w.fault("socket: %s of %s", e.ErrorMessage, w.asked[e.RequestID])
	}
}

// goes looks where a request goes to. What the browser makes of what it has goes
// nowhere.
func (w *watch) goes(to string) {
	u, err := url.Parse(to)
	if err != nil || u.Scheme == "data" || u.Scheme == "blob" || u.Scheme == "about" {
		return
	}
	if u.Scheme+"://"+u.Host != w.origin {
		w.fault("elsewhere: %s", to)
	}
}

var ticket = regexp.MustCompile(`vsay\.t\.([^\s,]+)`)

// handshake keeps the ticket that goes with a WebSocket.
func (w *watch) handshake(r *network.WebSocketRequest) {
	for _, t := range ticket.FindAllStringSubmatch(fmt.Sprint(r.Headers), -1) {
		w.tickets = append(w.tickets, strings.TrimRight(t[1], "]}\""))
	}
}

func (w *watch) fault(format string, args ...any) {
	w.found = append(w.found, fmt.Sprintf(format, args...))
}

// allow is for what a test brings about itself: a password that is wrong is
// answered by 401, and a server that was killed answers nobody.
func (w *watch) allow(faults ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range faults {
		w.allowed = append(w.allowed, regexp.MustCompile(f))
	}
}

// faults are those that nobody allowed, each once.
func (w *watch) faults() (left []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.found {
		if !slices.ContainsFunc(w.allowed, func(re *regexp.Regexp) bool { return re.MatchString(f) }) && !slices.Contains(left, f) {
			left = append(left, f)
		}
	}
	return left
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

func arguments(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		if a.Description != "" {
			all = append(all, a.Description)
		} else {
			all = append(all, strings.Trim(string(a.Value), `"`))
		}
	}
	return strings.Join(all, " ")
}
