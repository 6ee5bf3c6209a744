package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// host is what the page has instead of somebody's own.
const host = "https://your-vsay-instance.com"

// page is what the seed's page promises, taken from its own text.
type page struct {
	calls     []*call
	socket    string        // the URL of a terminal
	agent     string        // the line that brings a machine in
	tokenLife time.Duration // of a JWT
}

// call is one request of the page: a heading, what it says below, and the curl.
type call struct {
	line            int
	method, path    string // of the heading; empty under "HTTP Requests"
	curl            string
	header          string // that the curl has to send
	request, answer any    // as JSON; nil: the page does not show it
	fields          []field
}

// field is a row of the table below a request.
type field struct {
	name, description string
	least             int // characters, or 0
}

// placing is a page while it is being read.
type placing struct {
	page
	faults []string
	last   *call // of the section
	label  string
}

var (
	endpoint = regexp.MustCompile(`^### (GET|POST|PUT|PATCH|DELETE) (/\S+)$`)
	section  = regexp.MustCompile(`^#{2,3} `)
	label    = regexp.MustCompile(`^\*\*([^*]+):\*\*$`)
	row      = regexp.MustCompile(`^\| (\w+) \| (\w+) \| (\w+) \| (.+) \|$`)
	minimum  = regexp.MustCompile(`^Minimum (\d+) characters$`)
	lifetime = regexp.MustCompile(`expire after (\d+) hours`)
)

// readPage finds a place for every example of the page, and says of which it
// found none.
func readPage(text string) (page, []string) {
	p := &placing{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if language, fenced := strings.CutPrefix(line, "```"); fenced {
			begin := i + 1
			for i++; i < len(lines) && lines[i] != "```"; i++ {
			}
			if i == len(lines) {
				p.fault(begin, "an example that has no end")
				break
			}
			p.example(begin, language, strings.Join(lines[begin:i], "\n"))
			continue
		}
		p.prose(i+1, line)
	}
	p.complete()
	return p.page, p.faults
}

func (p *placing) fault(line int, format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
}

func (p *placing) prose(line int, text string) {
	if found := endpoint.FindStringSubmatch(text); found != nil {
		p.last, p.label = &call{line: line, method: found[1], path: found[2]}, ""
		p.calls = append(p.calls, p.last)
	} else if section.MatchString(text) {
		p.last, p.label = nil, ""
	}
	if found := label.FindStringSubmatch(text); found != nil {
		p.label = found[1]
	}
	if found := lifetime.FindStringSubmatch(text); found != nil {
		hours, _ := strconv.Atoi(found[1])
		p.tokenLife = time.Duration(hours) * time.Hour
	}
	if found := row.FindStringSubmatch(text); found != nil && found[1] != "Field" {
		p.field(line, found[1:])
	}
}

func (p *placing) field(line int, cells []string) {
	if p.last == nil || cells[1] != "string" || cells[2] != "Yes" {
		p.fault(line, "a field the test does not know what to do with: %q", cells)
		return
	}
	f := field{name: cells[0], description: cells[3]}
	if found := minimum.FindStringSubmatch(f.description); found != nil {
		f.least, _ = strconv.Atoi(found[1])
	}
	p.last.fields = append(p.last.fields, f)
}

func (p *placing) example(line int, language, text string) {
	switch {
	case language == "json" && p.label == "Request Body" && p.last != nil && p.last.request == nil:
		p.last.request = p.json(line, text)
	case language == "json" && p.label == "Response" && p.last != nil && p.last.answer == nil:
		p.last.answer = p.json(line, text)
	case language == "" && p.label == "Headers" && p.last != nil && p.last.header == "":
		p.last.header = text
	case language == "" && strings.HasPrefix(text, "wss://") && p.socket == "":
		p.socket = text
	case language == "bash" && strings.HasPrefix(text, "vsay-agent ") && p.agent == "":
		p.agent = text
	case language == "bash" && strings.HasPrefix(text, "curl "):
		p.curl(line, text)
	default:
		p.fault(line, "an example that the test cannot place: %s", text)
	}
}

func (p *placing) json(line int, text string) (v any) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		p.fault(line, "an example that is no JSON: %v", err)
	}
	return v
}

func (p *placing) curl(line int, text string) {
	c := p.last
	if c == nil { // an example without a heading of its own
		c = &call{line: line}
		p.calls = append(p.calls, c)
	}
	if c.curl != "" {
		p.fault(line, "a second curl in one section")
	}
	c.curl = text
}

// complete looks for what the page should have and does not.
func (p *placing) complete() {
	for _, c := range p.calls {
		switch {
		case c.curl == "":
			p.fault(c.line, "%s %s has no curl", c.method, c.path)
		case c.path != "" && !strings.Contains(c.curl, "-X "+c.method+" "+host+c.path+" "):
			p.fault(c.line, "the curl is not for %s %s", c.method, c.path)
		case c.path != "" && c.answer == nil:
			p.fault(c.line, "%s %s has no answer", c.method, c.path)
		case c.header != "" && !strings.Contains(c.curl, `-H "`+c.header+`"`):
			p.fault(c.line, "the curl does not send %s", c.header)
		case c.request != nil && !strings.Contains(c.curl, "-d '"):
			p.fault(c.line, "the curl does not send the request")
		}
	}
	if p.socket == "" || p.agent == "" || p.tokenLife == 0 || len(p.calls) == 0 {
		p.fault(0, "the page no longer shows the terminal, the agent, the life of a token, or any call")
	}
}

func seedText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/seed/authentication-api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPageIsReadWhole(t *testing.T) {
	text := seedText(t)
	p, faults := readPage(text)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	blocks := 0
	for _, c := range p.calls {
		blocks++
		for _, v := range []any{c.request, c.answer} {
			if v != nil {
				blocks++
			}
		}
		if c.header != "" {
			blocks++
		}
	}
	if want := strings.Count(text, "\n```") / 2; blocks+2 != want { // and the socket, and the agent
		t.Errorf("%d of the page's %d examples have a place", blocks+2, want)
	}
}

// A page that changes must not quietly lose a part of the test.
func TestPageNoticesWhatItCannotPlace(t *testing.T) {
	text := seedText(t)
	for change, to := range map[string]string{
		"**Response:**":            "**Answer:**",
		"```json":                  "```yaml",
		"curl -X POST":             "http POST",
		"/api/signup \\":           "/api/register \\",
		"vsay-agent --token":       "vsay --token",
		"wss://":                   "ws://",
		"| string | Yes | Minimum": "| number | Yes | Minimum",
		"\"user\": {":              "\"user\": [",
		"expire after 24 hours":    "expire one day",
		"  -H \"Authorization: Bearer YOUR_CURRENT_TOKEN\"": "  -H \"Authorization: Basic x\"",
		"## Using Authentication":                           "### GET /api/new\n\n## Using Authentication",
	} {
		changed := strings.Replace(text, change, to, 1)
		if changed == text {
			t.Errorf("the page has no %q", change)
		}
		if _, faults := readPage(changed); len(faults) == 0 {
			t.Errorf("%q instead of %q went unnoticed", to, change)
		}
	}
}
