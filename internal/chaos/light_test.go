//go:build linux

package chaos

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"vsay/internal/wire"
)

// light is a machine without the machine: a key, a counter, and the control link's
// own protocol. Thousands of them fit into one process.
type light struct {
	ep      *wire.Endpoint
	key     ed25519.PrivateKey
	id      string
	name    string
	counter uint64
	spent   string // the last credential that was taken
}

func newLight(ep *wire.Endpoint, name string) *light {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	return &light{ep: ep, key: key, name: name}
}

func (l *light) hello() wire.Hello {
	return wire.Hello{Version: wire.Version, Name: l.name, OS: "linux", Arch: "amd64", AgentVersion: "light", Sessions: []string{}}
}

func (l *light) enroll(ctx context.Context, apiKey string) error {
	public := l.key.Public().(ed25519.PublicKey)
	id, _, _ := strings.Cut(strings.TrimPrefix(apiKey, "vsay_ak_"), "_")
	var done wire.Enrolled
	err := l.post(ctx, "/api/agent/enroll", wire.Enroll{
		APIKey: apiKey, PublicKey: public, Hello: l.hello(),
		Signature: ed25519.Sign(l.key, wire.EnrollText(l.ep.URL.Host, public, id)),
	}, &done)
	if err == nil {
		l.id, l.name = done.AgentID, done.Name
	}
	return err
}

// link dials as the agent does, up to its first word.
func (l *light) link(ctx context.Context) (*wire.Conn, error) {
	conn, err := l.knock(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.Write(ctx, wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(l.hello())}); err != nil {
		conn.CloseNow()
		return nil, wire.ErrLinkLost
	}
	return conn, nil
}

// knock dials and says nothing.
func (l *light) knock(ctx context.Context) (*wire.Conn, error) {
	var ch wire.Challenged
	if err := l.post(ctx, "/api/agent/challenge", wire.Challenge{AgentID: l.id}, &ch); err != nil {
		return nil, err
	}
	l.counter++
	sig := ed25519.Sign(l.key, wire.ChallengeText(l.ep.URL.Host, l.id, ch.Nonce, l.counter))
	credential := fmt.Sprintf("%s.%d.%s.%s", l.id, l.counter, ch.Nonce, base64.RawURLEncoding.EncodeToString(sig))
	conn, err := l.dial(ctx, credential)
	if err == nil {
		l.spent = credential
	}
	return conn, err
}

func (l *light) dial(ctx context.Context, credential string) (*wire.Conn, error) {
	return l.ep.Dial(ctx, "/api/agent/ws", wire.AgentProtocol, http.Header{"Authorization": {"Vsay-Machine " + credential}})
}

func (l *light) post(ctx context.Context, path string, body, result any) error {
	req, err := http.NewRequestWithContext(ctx, "POST", l.ep.URL.String()+path, strings.NewReader(string(wire.Encode(body))))
	if err != nil {
		return err
	}
	req.Close = true
	req.Header.Set("Content-Type", "application/json")
	resp, err := l.ep.Client.Do(req)
	if err != nil {
		return wire.Unreachable(l.ep.URL.Host, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return wire.Refused(resp)
	}
	return wire.DecodeFrom(resp.Body, result)
}
