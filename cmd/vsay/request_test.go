//go:build unix

package main

import (
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// attacker looks at what is answered, and does not care who answers.
var attacker = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

// noType is a header that has ask leave it out.
const noType = "Content-Type: "

// ask is one request with headers "Name: value"; JSON, where there is a body. No
// redirect is followed.
func ask(t *testing.T, road http.RoundTripper, method, url, body string, headers ...string) (r reply, err error) {
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	if body != "" && !slices.Contains(headers, noType) {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		if name, value, _ := strings.Cut(h, ": "); h != noType {
			req.Header.Set(name, value)
		}
	}
	began := time.Now()
	resp, err := road.RoundTrip(req)
	if err != nil {
		return r, err
	}
	defer resp.Body.Close()
	r.status, r.header = resp.StatusCode, resp.Header
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose body is the socket
		var b []byte
		b, err = io.ReadAll(resp.Body)
		r.body = string(b)
	}
	r.took = time.Since(began)
	return r, err
}

// send is ask, over a road that is there.
func send(t *testing.T, method, url, body string, headers ...string) reply {
	t.Helper()
	r, err := ask(t, attacker, method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// call sends JSON as the stage's user, and tells the status of the answer.
func (s *stage) call(method, path, body string) (status int) {
	s.t.Helper()
	return send(s.t, method, s.url+path, body, s.bearer()).status
}

func (s *stage) bearer() string { return bearer(s.token) }

func bearer(token string) string { return "Authorization: Bearer " + token }
