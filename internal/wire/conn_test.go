package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFrameComesBackWhole(t *testing.T) {
	for _, f := range []Frame{
		{Kind: KindInput, Stream: 1, Offset: 0, Payload: []byte("ls\r")},
		{Kind: KindOutput, Stream: math.MaxUint32, Offset: math.MaxUint64, Payload: bytes.Repeat([]byte{0xff}, MaxPayload)},
		{Kind: KindPing},
	} {
		got, err := ParseFrame(AppendFrame(nil, f))
		if err != nil || got.Kind != f.Kind || got.Stream != f.Stream || got.Offset != f.Offset || !bytes.Equal(got.Payload, f.Payload) {
			t.Errorf("%v came back as %v, %v", f, got, err)
		}
	}
}

func TestFrameRefusesWrongSizes(t *testing.T) {
	for _, n := range []int{0, HeaderLen - 1, HeaderLen + MaxPayload + 1} {
		if _, err := ParseFrame(make([]byte, n)); err == nil {
			t.Errorf("a message of %d bytes passed for a frame", n)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add(AppendFrame(nil, AckFrame(7, math.MaxUint64, 1<<20)))
	f.Add(AppendFrame(nil, ResizeFrame(1, 80, 24)))
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, err := ParseFrame(b)
		if err != nil {
			return
		}
		if !bytes.Equal(AppendFrame(nil, fr), b) {
			t.Fatal("a frame changed by being read and written")
		}
		fr.Window()
		if cols, rows, err := fr.Size(); err == nil && (cols == 0 || rows == 0) {
			t.Fatal("a terminal of no size passed")
		}
	})
}

func TestLargestFrameCrossesALink(t *testing.T) {
	near, far := Pipe()
	defer near.CloseNow()
	defer far.CloseNow()
	sent := Frame{Kind: KindOutput, Stream: 3, Offset: 1 << 40, Payload: bytes.Repeat([]byte("x"), MaxPayload)}
	go func() { _ = near.Write(t.Context(), sent) }()
	got, err := far.Read(t.Context())
	if err != nil || got.Offset != sent.Offset || !bytes.Equal(got.Payload, sent.Payload) {
		t.Fatalf("got %d bytes at %d, %v", len(got.Payload), got.Offset, err)
	}
}

func TestCloseCarriesTheError(t *testing.T) {
	near, far := Pipe()
	go near.Close(ErrUnauthed)
	if _, err := far.Read(t.Context()); !errors.Is(err, ErrUnauthed) {
		t.Fatalf("closed with %v, want %v", err, ErrUnauthed)
	}
}

// Who closes has left; whose connection ends without a word may be back.
func TestOnlyACloseIsAnEnd(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(*Conn)
		close bool
	}{
		"closed": {func(c *Conn) { c.Close(nil) }, true},
		"broken": {func(c *Conn) { c.CloseNow() }, false},
	} {
		near, far := Pipe()
		go c.end(near)
		_, err := far.Read(t.Context())
		if !errors.Is(err, ErrLinkLost) || errors.Is(err, io.EOF) != c.close {
			t.Errorf("%s: %v", name, err)
		}
		far.CloseNow()
	}
}

// A link is opened under a deadline that ends once it is open. The answer to a
// ping that came first may be on its way still.
func TestALinkOutlivesTheContextOfARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := Pipe()
		defer near.CloseNow()
		defer far.CloseNow()
		opening, opened := context.WithCancel(t.Context())
		go func() {
			_ = far.Write(t.Context(), Frame{Kind: KindPing})
			_ = far.Write(t.Context(), Frame{Kind: KindOpened, Stream: 1})
		}()
		if f, err := near.Read(opening); err != nil || f.Kind != KindOpened {
			t.Fatalf("%v, %v", f, err)
		}
		synctest.Wait() // for the answer, which nobody takes yet
		opened()
		synctest.Wait()
		go func() { _ = near.Write(t.Context(), Frame{Kind: KindInput, Stream: 1}) }()
		if f, err := far.Read(t.Context()); err != nil || f.Kind != KindInput {
			t.Fatalf("the link did not outlive the opening: %v, %v", f, err)
		}
	})
}

func TestKeepAliveNoticesADeadLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := Pipe() // the far end never answers
		defer far.CloseNow()
		go func() { _, _ = near.Read(t.Context()) }()
		began := time.Now()
		if err := near.KeepAlive(t.Context()); err == nil {
			t.Fatal("a dead link passed for a live one")
		}
		if took := time.Since(began); took > DeadAfter+PingEvery {
			t.Fatalf("it took %v to notice", took)
		}
	})
}

func TestKeepAliveKeepsALinkNobodyReadsFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := Pipe()
		defer near.CloseNow()
		defer far.CloseNow()
		go func() {
			for {
				if _, err := far.Read(t.Context()); err != nil {
					return
				}
			}
		}()
		done := make(chan error, 1)
		go func() { done <- near.KeepAlive(t.Context()) }()
		select {
		case err := <-done:
			t.Fatalf("a link whose reader was busy was given up: %v", err)
		case <-time.After(10 * DeadAfter):
		}
	})
}

func TestDecodeIsStrict(t *testing.T) {
	for _, bad := range []string{
		`{"email":"a","email":"b"}`, `{"email":"a"}{"email":"b"}`, `{"email":"a"} x`, "{\"email\":\"\xff\"}", `{"email":1}`, ``, `[]`,
	} {
		var l Login
		if err := Decode([]byte(bad), &l); !errors.Is(err, ErrBadRequest) {
			t.Errorf("%q was taken: %+v, %v", bad, l, err)
		}
	}
	var l Login
	if err := Decode([]byte(`{"EMAIL":"x","email":"a","is_admin":true}`), &l); err != nil || l.Email != "a" {
		t.Errorf("unknown names must be ignored, names in another case unknown: %+v, %v", l, err)
	}
}

func TestUnfinished(t *testing.T) {
	for cut, want := range map[string]string{
		`{"email":"a","password":"abc`:  "/password",
		`{"a":{"new_password":"abc`:     "/a/new_password",
		`{"password":`:                  "/password",
		`{"password":"a","ema`:          "",
		`{"password":"a"`:               "",
		`{"password":"a","other":["x",`: "",
		`{"password":"a"}`:              "",
		`"password`:                     "",
		``:                              "",
	} {
		if got, err := Unfinished([]byte(cut)); got != want || err != nil {
			t.Errorf("%s breaks off in %q, %v, want %q", cut, got, err, want)
		}
	}
	for _, bad := range []string{`nonsense "password":"abc`, strings.Repeat("[", 100_000), `{"a":1,"a":"abc`} {
		if _, err := Unfinished([]byte(bad)); !errors.Is(err, ErrBadRequest) {
			t.Errorf("%.40s: %v", bad, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"email":"a","password":"b"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var o Open
		if err := Decode(b, &o); err != nil {
			return
		}
		var again Open
		if err := Decode(Encode(o), &again); err != nil {
			t.Fatalf("what was read cannot be written and read: %v", err)
		}
	})
}

func TestParseHost(t *testing.T) {
	for host, want := range map[string]string{
		"example.com":               "https://example.com",
		"Example.com:8443":          "https://example.com:8443",
		"localhost:8080":            "http://localhost:8080",
		"127.1.2.3:80":              "http://127.1.2.3:80",
		"https://localhost":         "https://localhost",
		"https://example.com/vsay/": "https://example.com/vsay",
	} {
		u, err := ParseHost(host, false)
		if err != nil || u.String() != want {
			t.Errorf("ParseHost(%q) = %v, %v; want %s", host, u, err, want)
		}
	}
	for _, host := range []string{"", "http://example.com", "ftp://x", "https://a:b@example.com", "https://x?y", "a b", "http://localhost.evil.com"} {
		if u, err := ParseHost(host, false); err == nil {
			t.Errorf("ParseHost(%q) = %v, want an error", host, u)
		}
	}
	if _, err := ParseHost("http://example.com", true); err != nil {
		t.Errorf("--insecure-http was not heard: %v", err)
	}
}

// cutter is a connection that breaks after so many bytes were written to it.
type cutter struct {
	net.Conn
	left *int
}

func (c cutter) Write(p []byte) (int, error) {
	if *c.left < len(p) {
		n, _ := c.Conn.Write(p[:*c.left])
		c.Close()
		return n, io.ErrClosedPipe
	}
	*c.left -= len(p)
	return c.Conn.Write(p)
}

// A link may break inside of a frame. What is left of it is no frame.
func TestHalfAFrameIsNone(t *testing.T) {
	sent := Frame{Kind: KindExit, Stream: 1, Offset: 5, Payload: []byte(`{"code":3}`)}
	for _, dialler := range []bool{false, true} {
		for n := range HeaderLen + len(sent.Payload) + 2 + 4 {
			left := 1 << 20
			a, b := net.Pipe()
			var writer, reader *Conn
			if dialler {
				writer, reader = pipe(cutter{a, &left}, b)
			} else {
				reader, writer = pipe(a, cutter{b, &left})
			}
			left = n
			go func() { _ = writer.Write(t.Context(), sent) }()
			f, err := reader.Read(t.Context())
			if err == nil && !bytes.Equal(f.Payload, sent.Payload) {
				t.Errorf("cut after %d bytes: read %v %q", n, f.Kind, f.Payload)
			}
			if err != nil && !errors.Is(err, ErrLinkLost) {
				t.Errorf("cut after %d bytes: %v", n, err)
			}
			reader.CloseNow()
			writer.CloseNow()
		}
	}
}
