package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTokenHoldsIdsAndTimesAlone(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	p := payload(t, ann.token)
	if life := p["exp"].(float64) - p["iat"].(float64); life != 86400 {
		t.Errorf("it lives %v s", life)
	}
	for name := range p {
		if !strings.Contains(" iss sub aud exp nbf iat jti sid auth_time epoch ", " "+name+" ") {
			t.Errorf("it holds %q", name)
		}
	}
	if p["sub"] != ann.id {
		t.Errorf("sub is %v", p["sub"])
	}
}

func TestForgedTokens(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	other := newWorld(t).account("ann")
	now := w.now().Unix()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// forge signs what is in ann's token, with the changes, by a real key.
	forge := func(method jwt.SigningMethod, key any, header, body map[string]any) string {
		c := jwt.MapClaims(payload(t, ann.token))
		for k, v := range body {
			if c[k] = v; v == nil {
				delete(c, k)
			}
		}
		tok := jwt.NewWithClaims(method, c)
		tok.Header["typ"], tok.Header["kid"] = tokenType, w.s.keys.kid()
		for k, v := range header {
			tok.Header[k] = v
		}
		s, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	with := func(body map[string]any) string { return forge(jwt.SigningMethodHS256, w.s.keys.jwt, nil, body) }
	head := func(header map[string]any) string { return forge(jwt.SigningMethodHS256, w.s.keys.jwt, header, nil) }
	raw := func(header, body string) string {
		b64 := base64.RawURLEncoding
		text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(body))
		sig, err := jwt.SigningMethodHS256.Sign(text, w.s.keys.jwt)
		if err != nil {
			t.Fatal(err)
		}
		return text + "." + b64.EncodeToString(sig)
	}
	goodHead := `{"alg":"HS256","typ":"at+jwt","kid":"` + w.s.keys.kid() + `"}`
	goodBody, _ := json.Marshal(payload(t, ann.token))

	if r := w.do("GET", "/api/profile", nil, bearer(with(nil))); r.status != 200 {
		t.Fatalf("the forge itself does not work: %d %s", r.status, r.body)
	}
	parts := strings.Split(ann.token, ".")
	tests := map[string]string{
		"nothing":             "",
		"no token":            "hello",
		"alg none":            forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"alg None":            head(map[string]any{"alg": "None"}),
		"no signature":        parts[0] + "." + parts[1] + ".",
		"a cut signature":     ann.token[:len(ann.token)-4],
		"padding":             ann.token + "=",
		"HS384":               forge(jwt.SigningMethodHS384, w.s.keys.jwt, nil, nil),
		"HS512":               forge(jwt.SigningMethodHS512, w.s.keys.jwt, nil, nil),
		"RS256":               forge(jwt.SigningMethodRS256, rsaKey, nil, nil),
		"ES256":               forge(jwt.SigningMethodES256, ecKey, nil, nil),
		"another key":         forge(jwt.SigningMethodHS256, []byte("another key"), nil, nil),
		"another kid":         head(map[string]any{"kid": "another"}),
		"another typ":         head(map[string]any{"typ": "JWT"}),
		"no typ":              head(map[string]any{"typ": nil}),
		"a ticket's typ":      head(map[string]any{"typ": "ticket+jwt"}),
		"an agent's typ":      head(map[string]any{"typ": "agent+jwt"}),
		"a share's typ":       head(map[string]any{"typ": "share+jwt"}),
		"no kid":              head(map[string]any{"kid": nil}),
		"a number for kid":    head(map[string]any{"kid": 1}),
		"a path for kid":      head(map[string]any{"kid": "../../../../dev/null"}),
		"no key at all":       forge(jwt.SigningMethodHS256, []byte{}, nil, nil),
		"the kid for a key":   forge(jwt.SigningMethodHS256, []byte(w.s.keys.kid()), nil, nil),
		"a nonce's key":       forge(jwt.SigningMethodHS256, w.s.keys.challenge, nil, nil),
		"the API keys' key":   forge(jwt.SigningMethodHS256, w.s.keys.apiVerify, nil, nil),
		"another install":     other.token,
		"another issuer":      with(map[string]any{"iss": "elsewhere"}),
		"no issuer":           with(map[string]any{"iss": nil}),
		"another audience":    with(map[string]any{"aud": "vsay-ticket"}),
		"a number for aud":    with(map[string]any{"aud": 7}),
		"no audience":         with(map[string]any{"aud": nil}),
		"expired":             with(map[string]any{"exp": now - 31}),
		"no exp":              with(map[string]any{"exp": nil}),
		"exp as text":         with(map[string]any{"exp": "tomorrow"}),
		"exp below zero":      with(map[string]any{"exp": -1}),
		"exp without end":     raw(goodHead, strings.Replace(string(goodBody), `"exp":`, `"exp":1e400,"was":`, 1)),
		"nbf as text":         with(map[string]any{"nbf": "yesterday"}),
		"no nbf":              with(map[string]any{"nbf": nil}),
		"iat as text":         with(map[string]any{"iat": "yesterday"}),
		"exp as a list":       with(map[string]any{"exp": []int64{now + 60}}),
		"no user":             with(map[string]any{"sub": nil}),
		"nbf in the future":   with(map[string]any{"nbf": now + 31}),
		"iat in the future":   with(map[string]any{"iat": now + 31}),
		"no login":            with(map[string]any{"sid": nil}),
		"an unknown login":    with(map[string]any{"sid": randomID()}),
		"another user":        with(map[string]any{"sub": "somebody"}),
		"another epoch":       with(map[string]any{"epoch": 0}),
		"an API key":          ann.apiKey,
		"too large":           with(map[string]any{"jti": strings.Repeat("x", 4096)}),
		"two tokens in one":   ann.token + " " + ann.token,
		"a JSON of its own":   raw(goodHead, "[]"),
		"a header of its own": raw("null", string(goodBody)),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/api/machines", "/api/profile"} {
				w.do("GET", path, nil, bearer(token)).refused(t, wire.ErrUnauthed)
			}
			w.do("POST", "/api/auth/refresh", nil, bearer(token)).refused(t, wire.ErrUnauthed)
		})
	}
	for name, token := range map[string]string{
		"ended within the leeway":              with(map[string]any{"exp": now - 29}),
		"begins within the leeway":             with(map[string]any{"nbf": now + 29}),
		"an unknown claim from a newer server": with(map[string]any{"new": true}),
	} {
		if r := w.do("GET", "/api/profile", nil, bearer(token)); r.status != 200 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestWhereATokenMayBe(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	for _, path := range []string{"/api/machines", "/api/profile", "/health", "/", "/api/terminal/sessions", "/api/agent/ws", "/nowhere"} {
		w.do("GET", path+"?token="+ann.token, nil).refused(t, wire.ErrUnauthed)
	}
	w.do("POST", "/api/login?token="+ann.token, wire.Login{Email: ann.email, Password: goodPassword}).refused(t, wire.ErrUnauthed)
	for name, r := range map[string]reply{
		"header and address": w.do("GET", "/api/machines?token="+ann.token, nil, bearer(ann.token)),
		"two headers":        w.do("GET", "/api/machines", nil, bearer(ann.token), bearer(ann.token)),
		"terminal, both":     w.do("GET", "/api/terminal/x/ws?token="+ann.token, nil, bearer(ann.token)),
		"terminal, twice":    w.do("GET", "/api/terminal/x/ws?token="+ann.token+"&token="+ann.token, nil),
	} {
		t.Run(name, func(t *testing.T) { r.refused(t, wire.ErrBadRequest) })
	}
	for _, scheme := range []string{"Basic ", "Token ", "", "bearer"} {
		w.do("GET", "/api/machines", nil, "Authorization: "+scheme+ann.token).refused(t, wire.ErrUnauthed)
	}
	if r := w.do("GET", "/api/machines", nil, "Authorization: bearer "+ann.token); r.status != 200 {
		t.Errorf("the scheme has no case: %d", r.status)
	}
}

func TestRefreshKeepsTheLogin(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	before := payload(t, ann.token)
	w.pass(time.Hour)
	var again wire.Signed
	w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)).into(t, &again)
	after := payload(t, again.Token)
	if after["sid"] != before["sid"] || after["auth_time"] != before["auth_time"] {
		t.Errorf("another login: %v, %v", before, after)
	}
	if after["jti"] == before["jti"] || after["iat"] == before["iat"] || after["exp"].(float64) != before["exp"].(float64)+3600 {
		t.Errorf("not a new token: %v, %v", before, after)
	}
	if r := w.do("GET", "/api/profile", nil, bearer(ann.token)); r.status != 200 {
		t.Errorf("the old token died early: %d", r.status)
	}
	w.pass(24*time.Hour - tokenLeeway)
	w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)).refused(t, wire.ErrUnauthed)
}

func TestRefreshEndsWithTheLoginsCap(t *testing.T) {
	w := newWorld(t)
	token := w.account("ann").token
	began := payload(t, token)["auth_time"].(float64)
	last := began + (30 * 24 * time.Hour).Seconds()
	for range 40 {
		w.pass(20 * time.Hour)
		r := w.do("POST", "/api/auth/refresh", nil, bearer(token))
		if r.status != 200 {
			break
		}
		var again wire.Signed
		r.into(t, &again)
		token = again.Token
		if exp := payload(t, token)["exp"].(float64); exp > last {
			t.Fatalf("a token ends %v s after the cap", exp-last)
		}
	}
	if exp := payload(t, token)["exp"].(float64); exp != last {
		t.Errorf("the last token ends %v s before the cap", last-exp)
	}
	w.do("POST", "/api/auth/refresh", nil, bearer(token)).refused(t, wire.ErrReauth)
	w.pass(tokenLeeway + time.Second)
	w.do("GET", "/api/profile", nil, bearer(token)).refused(t, wire.ErrUnauthed)
}

func TestRefreshPastTheCapSaysSo(t *testing.T) {
	w := newWorld(t)
	token := w.account("ann").token
	w.s.cfg.SessionMax = time.Hour // as after a restart with a shorter --session-max
	w.pass(2 * time.Hour)
	w.do("POST", "/api/auth/refresh", nil, bearer(token)).refused(t, wire.ErrReauth)
}

func TestRefreshIsBoundedForEachLogin(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	for i := range 60 {
		if r := w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)); r.status != 200 {
			t.Fatalf("refresh %d: %d", i, r.status)
		}
	}
	r := w.do("POST", "/api/auth/refresh", nil, bearer(ann.token))
	r.refused(t, wire.ErrSlowDown)
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	second := w.signIn(ann.email)
	if r := w.do("POST", "/api/auth/refresh", nil, bearer(second.token)); r.status != 200 {
		t.Errorf("another login: %d", r.status)
	}
}

func TestParallelRefreshes(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if r := w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)); r.status != 200 {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	wg.Wait()
}

func TestLogoutEndsEverythingOfTheLogin(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	elsewhere := w.signIn(ann.email)
	var again wire.Signed
	w.do("POST", "/api/auth/refresh", nil, bearer(ann.token)).into(t, &again)
	login := payload(t, ann.token)["sid"].(string)
	mine := w.watch(relay.Who{UserID: ann.id, Login: login})
	others := w.watch(relay.Who{UserID: ann.id, Login: payload(t, elsewhere.token)["sid"].(string)})

	if r := w.do("POST", "/api/auth/logout", nil, bearer(ann.token)); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if why := mine.cut(); why.Close != 4401 {
		t.Errorf("its terminal closed with %d", why.Close)
	}
	others.open()
	check := func(when string) {
		t.Helper()
		for _, token := range []string{ann.token, again.Token} {
			w.do("GET", "/api/profile", nil, bearer(token)).refused(t, wire.ErrUnauthed)
		}
		if r := w.do("GET", "/api/profile", nil, bearer(elsewhere.token)); r.status != 200 {
			t.Errorf("%s the other login is dead: %d", when, r.status)
		}
	}
	check("at once")
	w.start()
	check("after a restart")
}

func TestARevocationIsNotUndoneByAReadThatBeganBefore(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	id := payload(t, ann.token)["sid"].(string)
	cache := newLiveLogins()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				_, _ = cache.get(t.Context(), id, w.s.store)
			}
		})
	}
	if err := w.s.store.RevokeLogin(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	cache.drop(id)
	if e, err := cache.get(t.Context(), id, w.s.store); err != nil || !e.login.Revoked {
		t.Errorf("right after the drop: %+v, %v", e, err)
	}
	wg.Wait()
	if e, err := cache.get(t.Context(), id, w.s.store); err != nil || !e.login.Revoked {
		t.Errorf("in the end: %+v, %v", e, err)
	}
}

func TestTokensOfADisabledUser(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	disable(t, w, ann.email)
	w.do("GET", "/api/profile", nil, bearer(ann.token)).refused(t, wire.ErrUnauthed)
	if err := w.s.store.Enable(t.Context(), ann.id); err != nil {
		t.Fatal(err)
	}
	w.s.logins.dropUser(ann.id)
	w.do("GET", "/api/profile", nil, bearer(ann.token)).refused(t, wire.ErrUnauthed)
	w.signIn(ann.email)
}

func TestStillLive(t *testing.T) {
	w := newWorld(t)
	ann := w.account("ann")
	me, err := w.s.identify(t.Context(), ann.token, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.s.stillLive(t.Context(), me); err != nil {
		t.Fatal(err)
	}
	w.do("POST", "/api/auth/logout", nil, bearer(ann.token))
	if err := w.s.stillLive(t.Context(), me); err == nil {
		t.Fatal("a login that ended is live")
	}
}

func FuzzParseToken(f *testing.F) {
	s := &Server{now: time.Now, issuer: "issuer"}
	var err error
	if s.keys, err = deriveKeys(make([]byte, masterLen)); err != nil {
		f.Fatal(err)
	}
	s.ring.put([]signingKey{{id: s.keys.kid(), secret: s.keys.jwt}})
	s.cfg.SessionMax = time.Hour
	good, _, err := s.newToken(store.User{ID: "user"}, store.Login{ID: "login", AuthTime: time.Now()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(fmt.Sprintf("%s.%s.", good[:20], good[20:40]))
	f.Fuzz(func(t *testing.T, token string) {
		if c, err := s.parseToken(tokenType, token); err == nil && (c.Subject != "user" || c.Login != "login") {
			t.Fatalf("%q passed as %+v", token, c)
		}
	})
}
