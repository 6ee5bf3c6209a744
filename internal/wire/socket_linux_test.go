package wire

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// An end that does not read makes a link that is not roomy, before a Write to it
// would wait.
func TestRoomyBeforeAWriteWaits(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){"plain": (*httptest.Server).Start, "tls": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			accepted := make(chan *Conn, 1)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c, err := Accept(w, r, ViewerProtocol)
				if err != nil {
					t.Error(err)
				}
				accepted <- c
			}))
			srv.Listener = Listener(srv.Listener)
			start(srv)
			defer srv.Close()
			ep := &Endpoint{URL: mustURL(t, srv.URL), transport: srv.Client().Transport.(*http.Transport)}
			far, err := ep.Dial(t.Context(), "/", ViewerProtocol, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer far.CloseNow()
			near := <-accepted
			defer near.CloseNow()
			f := Frame{Kind: KindOutput, Stream: 1, Payload: make([]byte, MaxPayload)}
			n := 0
			for ; near.Roomy(); n++ {
				if n > 10_000 {
					t.Fatal("a link that nobody reads is roomy for ever")
				}
				if err := near.Write(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			if n == 0 {
				t.Fatal("a fresh link is not roomy")
			}
		})
	}
}
