//go:build unix

package agent

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"vsay/internal/wire"
)

// A server that leaves says when to come back, and an agent does not come sooner.
func TestAgentObeysGoAway(t *testing.T) {
	const after = 2500 * time.Millisecond // by itself it would come within a second
	dialled := make(chan time.Time, 10)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/agent/enroll", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(wire.Encode(wire.Enrolled{AgentID: "box", Name: "box"}))
	})
	mux.HandleFunc("POST /api/agent/challenge", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(wire.Encode(wire.Challenged{Nonce: "nonce"}))
	})
	mux.HandleFunc("GET /api/agent/ws", func(w http.ResponseWriter, r *http.Request) {
		dialled <- time.Now()
		conn, err := wire.Accept(w, r, wire.AgentProtocol)
		if err != nil {
			return
		}
		_, _ = conn.Read(r.Context()) // Hello
		away := wire.GoAway{After: wire.Seconds(after.Seconds())}
		_ = conn.Write(r.Context(), wire.Frame{Kind: wire.KindGoAway, Payload: wire.Encode(away)})
		conn.Close(wire.ErrLinkLost)
	})
	web := httptest.NewServer(mux)
	defer web.Close()
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(Config{Endpoint: e, APIKey: "vsay_ak_id_secret", StateDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	go func() { _ = a.Run(t.Context()) }()
	first, again := <-dialled, <-dialled
	if took := again.Sub(first); took < after {
		t.Errorf("it came back after %s, and was told %s", took, after)
	}
}

func TestGoAwayThatMakesNoSense(t *testing.T) {
	for payload, want := range map[string]time.Duration{
		`{"after":1.5}`: 1500 * time.Millisecond, `{}`: 0, `{"after":1e300}`: maxAway, `{"after":-1}`: -1, `{"after":"x"}`: -1, ``: -1,
	} {
		got := goAway(wire.Frame{Kind: wire.KindGoAway, Payload: []byte(payload)})
		if got == nil && want >= 0 || got != nil && got.after != want {
			t.Errorf("%s is %v, want %s", payload, got, want)
		}
	}
}
