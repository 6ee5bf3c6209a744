package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

func (w *world) metricsURL() string {
	w.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.s.RunMetrics(ctx, ln) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	return "http://" + ln.Addr().String()
}

func fetch(t *testing.T, address, host string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "canary-machine")
	w.do("POST", "/api/login", wire.Login{Email: ann.email, Password: "canary of a wrong password"})
	w.do("GET", "/api/machines/"+b.id+"?token="+ann.token, nil)
	w.watch(relay.Who{UserID: ann.id, Login: "login"})
	status, text := fetch(t, w.metricsURL()+"/metrics", "")
	if status != http.StatusOK {
		t.Fatal(status, text)
	}
	for _, line := range []string{
		`vsay_http_request_duration_seconds_count{route="POST /api/login",status="200"} 1`,
		`vsay_http_request_duration_seconds_count{route="POST /api/login",status="401"} 1`,
		`vsay_http_request_duration_seconds_count{route="GET /api/machines/{agent_id}",status="401"} 1`,
		`vsay_viewers 1`, `vsay_links 1`, `vsay_machines_online 0`, `vsay_ready 0`, `vsay_store_errors_total 0`,
		`vsay_bytes_total{direction="output"} 0`, `go_goroutines `, `vsay_store_write_duration_seconds_count `,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("there is no %s in\n%s", line, text)
		}
	}
	for what, secret := range map[string]string{
		"a user": ann.id, "an email": ann.email, "a machine": b.id, "its name": "canary-machine",
		"a token": ann.token, "an API key": ann.apiKey, "a password": "canary of", "a query": "token=",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the metrics", what)
		}
	}
}

func TestMetricsCountStoreErrors(t *testing.T) {
	w := newWorld(t)
	if err := w.s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.s.store.RevokeLogin(t.Context(), "x"); err == nil {
		t.Fatal("a store that is closed writes")
	}
	if _, text := fetch(t, w.metricsURL()+"/metrics", ""); !strings.Contains(text, "vsay_store_errors_total 1\n") {
		t.Error("the failure is not counted")
	}
}

// The public address has neither, and the one that has them is no place for pages.
func TestMetricsAreNotForTheWorld(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
		w.do("GET", path, nil).refused(t, wire.ErrNotFound)
	}
	url := w.metricsURL()
	if status, text := fetch(t, url+"/debug/pprof/heap", ""); status != http.StatusOK || text == "" {
		t.Errorf("a profile of the heap: %d", status)
	}
	if status, _ := fetch(t, url+"/metrics", "evil.example"); status != http.StatusForbidden {
		t.Errorf("a page that calls itself evil.example gets %d", status)
	}
	if status, _ := fetch(t, url+"/api/profile", ""); status != http.StatusNotFound {
		t.Errorf("the API answers there: %d", status)
	}
}
