//go:build unix

package agent

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"vsay/internal/wire"
)

// A server that asks and asks, about a session that does not answer, is refused all
// but the few that wait.
func TestAServerThatAsksWithoutEnd(t *testing.T) {
	const many = 200
	dir, err := os.MkdirTemp("", "ask") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &holders{dir: dir}
	stuck := strings.Repeat("a", 26)
	holderSays(t, h, stuck, "")
	refused := make(chan int, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/api/agent/challenge", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(wire.Encode(wire.Challenged{Nonce: "nonce"}))
	})
	mux.HandleFunc("/api/agent/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := wire.Accept(w, r, wire.AgentProtocol)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		for i := range uint32(many) {
			look := wire.Frame{Kind: wire.KindLook, Stream: i + 1, Payload: wire.Encode(wire.Look{Sessions: []string{stuck}})}
			if err := conn.Write(context.Background(), look); err != nil {
				t.Error(err)
			}
		}
		refusals := 0
		for answers := 0; answers < many && refusals < many/2; {
			f, err := conn.Read(context.Background())
			if err != nil {
				t.Error(err)
				break
			}
			var reply wire.Reply
			if f.Kind != wire.KindReply {
				continue
			}
			if err := wire.Decode(f.Payload, &reply); err != nil {
				t.Error(err)
			}
			answers++
			if reply.Error != nil && reply.Error.Code == wire.ErrSlowDown.Code {
				refusals++
			}
		}
		refused <- refusals
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	u, err := wire.ParseHost(srv.URL, false)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		t.Fatal(err)
	}
	id, err := openIdentity(t.TempDir(), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer id.Close()
	id.AgentID = "a"
	a := &Agent{Config: Config{Endpoint: endpoint, Log: slog.New(slog.DiscardHandler)}, id: id, holders: h}
	_ = a.serve(t.Context())
	if n := <-refused; n < many/2 {
		t.Errorf("%d of %d were refused", n, many)
	}
}
