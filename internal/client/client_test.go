package client

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"vsay/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stranger is a client without a token of a server that answers as h does.
func stranger(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return New(endpoint(t, srv.URL), nil)
}

func endpoint(t *testing.T, rawURL string) *wire.Endpoint {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	ep, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ep.Client.CloseIdleConnections)
	return ep
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, tc := range map[string]struct {
		h    http.HandlerFunc
		want *wire.Error
		says string
	}{
		"html":      {answer(200, "<html>hello"), wire.ErrProtocol, "check the host"},
		"no user":   {answer(200, `{"token":"x"}`), wire.ErrProtocol, "without a token"},
		"no token":  {answer(200, `{"user":{"id":"u"}}`), wire.ErrProtocol, "without a token"},
		"a refusal": {answer(401, `{"error":"wrong email or password"}`), wire.ErrUnauthed, "wrong email or password"},
		"a proxy's": {answer(502, `<h1>bad gateway`), &wire.Error{}, "502"},
		"TLS's":     {answer(400, "Client sent an HTTP request to an HTTPS server.\n"), wire.ErrBadRequest, "https://"},
		"nginx's":   {answer(400, "<center>The plain HTTP request was sent to HTTPS port</center>"), wire.ErrBadRequest, "https://"},
		"endless":   {answer(200, strings.Repeat(" ", maxAnswer+1)), wire.ErrProtocol, "more than we take"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := stranger(t, tc.h).Login(t.Context(), wire.Login{})
			if !errors.Is(err, tc.want) || !strings.Contains(wire.AsError(err).Message, tc.says) {
				t.Errorf("%q (%s)", err, wire.AsError(err).Code)
			}
		})
	}
}

// Who asks who they are is not shown the API key, which would be written down. An older
// server has no other answer.
func TestMeWithoutTheKey(t *testing.T) {
	for name, tc := range map[string]struct {
		answers map[string]string
		asked   string
	}{
		"this server":  {map[string]string{"/api/me": `{"user":{"id":"u","username":"ann"}}`}, "/api/me"},
		"an older one": {map[string]string{"/api/profile": `{"user":{"id":"u","username":"ann","api_key":"k"}}`}, "/api/me /api/profile"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.Path)
				if tc.answers[r.URL.Path] == "" {
					w.WriteHeader(http.StatusNotFound)
				}
				_, _ = w.Write([]byte(tc.answers[r.URL.Path]))
			}))
			defer srv.Close()
			me, err := New(endpoint(t, srv.URL), Fixed("t")).Me(t.Context())
			if err != nil || me.Username != "ann" || me.APIKey != "" || strings.Join(asked, " ") != tc.asked {
				t.Errorf("%+v, %v; asked %q", me, err, asked)
			}
		})
	}
	for name, h := range map[string]http.HandlerFunc{"nobody": answer(200, `{}`), "a profile of nobody": answer(404, ""), "a refusal": answer(401, "")} {
		srv := httptest.NewServer(h)
		defer srv.Close()
		if me, err := New(endpoint(t, srv.URL), Fixed("t")).Me(t.Context()); err == nil {
			t.Errorf("%s: %+v", name, me)
		}
	}
}

// dripping is a server that begins an answer and never ends it.
type dripping struct{}

func (dripping) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: endless{r.Context()}, Request: r}, nil
}

type endless struct{ ctx context.Context }

func (e endless) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(p, " "), nil
	case <-e.ctx.Done():
		return 0, e.ctx.Err()
	}
}

func (endless) Close() error { return nil }

func TestAnswerThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := endpoint(t, "http://localhost")
		ep.Client.Transport = dripping{}
		limited, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		err := New(ep, nil).Health(limited)
		if took := time.Since(began); took != answerWithin || wire.AsError(err).Exit != wire.ExitUnreachable {
			t.Errorf("given up after %s, want %s: %v", took, answerWithin, err)
		}
	})
}

func TestUnreachable(t *testing.T) {
	srv := httptest.NewServer(answer(200, "{}"))
	srv.Close()
	err := New(endpoint(t, srv.URL), nil).Health(t.Context())
	if e := wire.AsError(err); e.Exit != wire.ExitUnreachable {
		t.Errorf("a server that is not there: %v, exit %d", err, e.Exit)
	}
}

// A redirect would carry the token, and the password, to wherever it points.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the redirect was followed, with Authorization %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	c := stranger(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	c.Tokens = Fixed("secret")
	if _, err := c.Machines(t.Context()); err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("a redirect passed for an answer: %v", err)
	}
	if _, err := c.Login(t.Context(), wire.Login{Password: "secret"}); err == nil {
		t.Error("a redirect passed for a login")
	}
}

func TestIDsCannotLeaveTheirPlace(t *testing.T) {
	var got string
	c := stranger(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.EscapedPath()
		_, _ = w.Write([]byte("{}"))
	})
	c.Tokens = Fixed("t")
	if err := c.DeleteMachine(t.Context(), "../sessions/x?y#z"); err != nil {
		t.Fatal(err)
	}
	if want := "/api/machines/..%2Fsessions%2Fx%3Fy%23z"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

func TestNoTokenNoRequest(t *testing.T) {
	c := stranger(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })
	if _, err := c.Machines(t.Context()); !errors.Is(err, wire.ErrUnauthed) {
		t.Errorf("%v, want ErrUnauthed", err)
	}
}
