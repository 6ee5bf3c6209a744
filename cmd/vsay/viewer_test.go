//go:build unix

package main

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"vsay/internal/wire"
)

// viewer speaks vsay.v1 by hand, and may break its rules.
type viewer struct {
	t        *testing.T
	link     *wire.Conn
	progress *wire.Progress
	opened   wire.Opened
	shown    []byte
}

// link dials vsay.v1 with a token.
func (s *stage) link(token string) (*wire.Conn, error) {
	u, err := wire.ParseHost(s.url, false)
	if err != nil {
		return nil, err
	}
	endpoint, err := wire.NewEndpoint(u, wire.Trust{})
	if err != nil {
		return nil, err
	}
	header := http.Header{"Authorization": {"Bearer " + token}}
	return endpoint.Dial(s.t.Context(), "/api/terminal/"+s.agent+"/ws", wire.ViewerProtocol, header)
}

// view opens a session.
func (s *stage) view(o wire.Open) *viewer {
	s.t.Helper()
	v := &viewer{t: s.t, progress: wire.NewProgress()}
	if err := v.open(s, s.token, o); err != nil {
		s.t.Fatal(err)
	}
	return v
}

// open opens it, or opens it again after a break.
func (v *viewer) open(s *stage, token string, o wire.Open) (err error) {
	if v.link, err = s.link(token); err != nil {
		return err
	}
	v.t.Cleanup(v.link.CloseNow)
	v.sends(wire.Frame{Kind: wire.KindOpen, Payload: wire.Encode(v.progress.Ask(o))})
	f, err := v.read()
	if err != nil {
		return err
	}
	if f.Kind == wire.KindClose {
		var why wire.Error
		if err := wire.Decode(f.Payload, &why); err != nil {
			return err
		}
		return &why
	}
	if err := wire.Decode(f.Payload, &v.opened); err != nil {
		return err
	}
	return v.progress.Opened(v.opened, f.Offset)
}

func (v *viewer) sends(f wire.Frame) {
	v.t.Helper()
	f.Stream = 1
	if err := v.link.Write(v.t.Context(), f); err != nil {
		v.t.Fatal(err)
	}
}

func (v *viewer) read() (wire.Frame, error) {
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	return v.link.Read(ctx)
}

// types sends keys, as far as the window goes.
func (v *viewer) types(keys []byte) {
	v.t.Helper()
	v.progress.Type(keys)
	v.flush()
}

func (v *viewer) flush() {
	v.t.Helper()
	for f, ok := v.progress.Next(1); ok; f, ok = v.progress.Next(1) {
		v.sends(f)
	}
}

// sees reads until the output so far holds something, and tells why it ended if
// that does not come.
func (v *viewer) sees(want []byte) error {
	for !bytes.Contains(v.shown, want) {
		f, err := v.read()
		if err != nil {
			return err
		}
		if err := v.take(f); err != nil {
			return err
		}
	}
	return nil
}

func (v *viewer) take(f wire.Frame) error {
	v.t.Helper()
	switch f.Kind {
	case wire.KindOutput:
		fresh, err := v.progress.Output(f)
		if err != nil {
			return err
		}
		v.shown = append(v.shown, fresh...)
		v.progress.Drawn(len(fresh))
		if ack, ok := v.progress.Ack(1, true); ok {
			v.sends(ack)
		}
	case wire.KindScreen:
		v.shown = append(v.shown, f.Payload...)
		if len(f.Payload) == 0 {
			v.progress.Jump(f.Offset)
		}
	case wire.KindAck:
		if err := v.progress.Acked(f); err != nil {
			return err
		}
		v.flush()
	}
	return nil
}

// must is sees, where it has to come.
func (v *viewer) must(want string) {
	v.t.Helper()
	if err := v.sees([]byte(want)); err != nil {
		v.t.Fatalf("%v, waiting for %q: %q", err, want, v.shown)
	}
	_, after, _ := bytes.Cut(v.shown, []byte(want))
	v.shown = after
}
