package server

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vsay/internal/relay"
	"vsay/internal/wire"
)

func TestEnrollAndDial(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	if done := b.enroll(ann.apiKey, "my box: über\x1b[31m"); done.Name != "my-box--über--31m" {
		t.Errorf("it is called %q", done.Name)
	}
	for range 3 {
		if err := b.dial(); err != nil {
			t.Fatal(err)
		}
	}
	w.start()
	if err := b.dial(); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// mistyped is a key with one letter that is another.
func mistyped(key string) string {
	letter := "x"
	if key[20] == 'x' {
		letter = "y"
	}
	return key[:20] + letter + key[21:]
}

func TestEnrollRefuses(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	stranger := newBox(w)
	change := func(f func(*wire.Enroll)) wire.Enroll {
		body := stranger.enrollment(ann.apiKey, "new")
		f(&body)
		return body
	}
	tests := map[string]struct {
		body any
		want *wire.Error
	}{
		"no key":                                {change(func(e *wire.Enroll) { e.APIKey = "" }), wire.ErrUnauthed},
		"a token for a key":                     {change(func(e *wire.Enroll) { e.APIKey = ann.token }), wire.ErrUnauthed},
		"a key nobody has":                      {change(func(e *wire.Enroll) { e.APIKey = formatKey(randomBase62(10), randomBase62(43)) }), wire.ErrUnauthed},
		"a wrong secret":                        {change(func(e *wire.Enroll) { e.APIKey = formatKey(strings.Split(ann.apiKey, "_")[2], randomBase62(43)) }), wire.ErrUnauthed},
		"a typing mistake":                      {change(func(e *wire.Enroll) { e.APIKey = mistyped(ann.apiKey) }), wire.ErrUnauthed},
		"no public key":                         {change(func(e *wire.Enroll) { e.PublicKey = nil }), wire.ErrBadRequest},
		"no signature":                          {change(func(e *wire.Enroll) { e.Signature = nil }), wire.ErrForbidden},
		"the key of a machine it does not have": {change(func(e *wire.Enroll) { e.PublicKey = b.public() }), wire.ErrForbidden},
		"meant for another server": {change(func(e *wire.Enroll) {
			id := strings.Split(ann.apiKey, "_")[2]
			e.Signature = ed25519.Sign(stranger.private, wire.EnrollText("evil.example", stranger.public(), id))
		}), wire.ErrForbidden},
		"another user's machine": {b.enrollment(bob.apiKey, "box"), wire.ErrForbidden},
		"a label of signs":       {change(func(e *wire.Enroll) { e.Hello.Labels = map[string]string{"env": "a\nb"} }), wire.ErrBadRequest},
		"no JSON":                {"vsay", wire.ErrBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { w.do("POST", "/api/agent/enroll", tt.body).refused(t, tt.want) })
	}
	var list wire.Machines
	w.do("GET", "/api/machines", nil, bearer(ann.token)).into(t, &list)
	if len(list.Machines) != 1 {
		t.Errorf("%d machines", len(list.Machines))
	}
	if err := b.dial(); err != nil {
		t.Errorf("the real machine: %v", err)
	}
}

func TestAKeyAddsMachinesAndNothingElse(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	for _, path := range []string{"/api/machines", "/api/profile", "/api/terminal/sessions", "/api/dashboard/stats"} {
		w.do("GET", path, nil, bearer(ann.apiKey)).refused(t, wire.ErrUnauthed)
	}
}

func TestDisabledOwner(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	disable(t, w, ann.email)
	if err := b.dial(); !errors.Is(err, wire.ErrUnauthed) {
		t.Errorf("its machine: %v", err)
	}
	w.do("POST", "/api/agent/enroll", newBox(w).enrollment(ann.apiKey, "new")).refused(t, wire.ErrUnauthed)
}

func TestMachineCredentialIsRefused(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	b, other := newBox(w), newBox(w)
	b.enroll(ann.apiKey, "box")
	other.enroll(ann.apiKey, "other")
	if err := b.calls(b.credential(b.nonce(), 10)); err != nil {
		t.Fatal(err)
	}
	old := b.nonce()
	w.pass(challengeLife + 2*time.Second)
	unknown := newBox(w)
	unknown.id = "nobody"
	tests := map[string]string{
		"nothing":                 "",
		"a bearer token":          "Bearer " + ann.token,
		"an API key":              "Vsay-Machine " + ann.apiKey,
		"an unknown machine":      unknown.credential(unknown.nonce(), 11),
		"no nonce":                b.credential("", 11),
		"a nonce of its own":      b.credential("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 11),
		"a nonce of a minute ago": b.credential(old, 11),
		"the nonce of another":    b.credential(other.nonce(), 11),
		"a cut signature":         b.credential(b.nonce(), 11)[:100],
		"another machine's key":   strings.Replace(other.credential(b.nonce(), 11), other.id, b.id, 1),
		"another counter":         strings.Replace(b.credential(b.nonce(), 11), ".11.", ".12.", 1),
		"a negative counter":      strings.Replace(b.credential(b.nonce(), 11), ".11.", ".-1.", 1),
		"a counter too large":     b.credential(b.nonce(), 1<<63),
		"a counter that was used": b.credential(b.nonce(), 10),
		"a counter of long ago":   b.credential(b.nonce(), 3),
		"five parts":              b.credential(b.nonce(), 11) + ".x",
	}
	for name, credential := range tests {
		t.Run(name, func(t *testing.T) {
			if err := b.calls(credential); !errors.Is(err, wire.ErrUnauthed) {
				t.Errorf("%v", err)
			}
		})
	}
	same := map[string]bool{}
	for _, name := range []string{"an unknown machine", "another machine's key", "a nonce of its own"} {
		same[b.calls(tests[name]).Error()] = true
	}
	if len(same) != 1 {
		t.Errorf("they can be told apart: %v", same)
	}
	if err := b.calls(b.credential(b.nonce(), 11)); err != nil {
		t.Errorf("the real one afterwards: %v", err)
	}
	if !strings.Contains(w.log.String(), "machine key used twice") {
		t.Error("no alarm in the log")
	}
}

func TestACredentialIsGoodOnce(t *testing.T) {
	w := newWorld(t)
	b := newBox(w)
	b.enroll(w.account("ann").apiKey, "box")
	credential := b.credential(b.nonce(), 1)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if b.calls(credential) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d of 20 got in", won.Load())
	}
}

func TestPublicURLBindsSignatures(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.PublicURL = "https://vsay.example.com" })
	ann := w.account("ann")
	enroll := func(host, signedFor string) reply {
		b := newBox(w)
		body := b.enrollment(ann.apiKey, "box")
		body.Signature = ed25519.Sign(b.private, wire.EnrollText(signedFor, b.public(), strings.Split(ann.apiKey, "_")[2]))
		return w.do("POST", "/api/agent/enroll", body, "Host: "+host)
	}
	if r := enroll("VSAY.example.com", "vsay.example.com"); r.status != 200 {
		t.Errorf("by its name: %d %s", r.status, r.body)
	}
	if r := enroll("127.0.0.1:8080", "127.0.0.1:8080"); r.status != 200 {
		t.Errorf("by loopback: %d %s", r.status, r.body)
	}
	enroll("evil.example", "evil.example").refused(t, wire.ErrForbidden)
	enroll("127.0.0.1.evil.example", "127.0.0.1.evil.example").refused(t, wire.ErrForbidden)
}

func TestDeletedMachine(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.account("ann"), w.account("bob")
	b := newBox(w)
	b.enroll(ann.apiKey, "box")
	agent := w.watch(relay.Who{UserID: ann.id, AgentID: b.id, KeyGen: 1})
	w.do("DELETE", "/api/machines/"+b.id, nil, bearer(bob.token)).refused(t, wire.ErrNotFound)
	if r := w.do("DELETE", "/api/machines/"+b.id, nil, bearer(ann.token)); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if why := agent.cut(); why.Close != 4404 {
		t.Errorf("closed with %d", why.Close)
	}
	if err := b.dial(); !errors.Is(err, wire.ErrUnauthed) {
		t.Errorf("it dialled: %v", err)
	}
	w.do("GET", "/api/machines/"+b.id, nil, bearer(ann.token)).refused(t, wire.ErrNotFound)
	w.do("DELETE", "/api/machines/"+b.id, nil, bearer(ann.token)).refused(t, wire.ErrNotFound)
}
