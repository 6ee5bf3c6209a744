package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// person sits at a terminal that vsay asks on.
type person struct {
	t         *testing.T
	ctrl, tty *os.File
	seen      bytes.Buffer
	screen    *bufio.Reader
}

func sitDown(t *testing.T) *person {
	t.Helper()
	ctrl, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ctrl.Close(), tty.Close() })
	p := &person{t: t, ctrl: ctrl, tty: tty}
	p.screen = bufio.NewReader(io.TeeReader(ctrl, &p.seen))
	return p
}

// waits reads the screen until text is there.
func (p *person) waits(text string) {
	p.t.Helper()
	var got []byte
	for !bytes.HasSuffix(got, []byte(text)) {
		b, err := p.screen.ReadByte()
		if err != nil {
			p.t.Fatalf("%q, and then %v, in place of %q", got, err, text)
		}
		got = append(got, b)
	}
}

func (p *person) types(text string) {
	p.t.Helper()
	if _, err := p.ctrl.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) echo() bool {
	p.t.Helper()
	state, err := unix.IoctlGetTermios(int(p.tty.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// waitsForSilence returns when what is typed is no longer shown.
func (p *person) waitsForSilence() {
	p.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); p.echo(); {
		select {
		case <-tick.C:
		case <-limit:
			p.t.Fatal("what is typed is still shown")
		}
	}
}

// ask runs app.ask on the person's terminal.
func (p *person) ask(ctx context.Context, c *credentials, fresh bool) <-chan error {
	done := make(chan error, 1)
	a := &app{Streams: Streams{In: p.tty, Out: io.Discard, Err: p.tty}}
	go func() { done <- a.ask(ctx, c, fresh) }()
	return done
}

func TestAskOnTerminal(t *testing.T) {
	home(t, "")
	p := sitDown(t)
	var c credentials
	done := p.ask(t.Context(), &c, true)
	p.waits("Email: ")
	p.types("ann@example.com\n")
	p.waits("Username: ")
	p.types(" ann \n")
	for _, prompt := range []string{"Password: ", "Password again: "} {
		p.waits(prompt)
		p.waitsForSilence()
		p.types("correct horse\n")
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if want := (credentials{Email: "ann@example.com", Username: "ann", password: "correct horse"}); c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
	p.types("end\n")
	p.waits("end")
	if strings.Contains(p.seen.String(), "horse") {
		t.Errorf("the password is on the screen: %q", p.seen.String())
	}
	if !p.echo() {
		t.Error("the terminal has no echo any more")
	}
}

func TestAskTwiceAndDiffer(t *testing.T) {
	home(t, "")
	p := sitDown(t)
	done := p.ask(t.Context(), &credentials{Email: "a@example.com", Username: "a"}, true)
	for _, prompt := range []string{"Password: ", "Password again: "} {
		p.waits(prompt)
		p.waitsForSilence()
		p.types(prompt + "\n")
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "differ") {
		t.Errorf("two passwords that differ: %v", err)
	}
}

// Ctrl-C at the password must not leave a terminal without echo behind.
func TestAskInterrupted(t *testing.T) {
	home(t, "")
	p := sitDown(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := p.ask(ctx, &credentials{Email: "a@example.com"}, false)
	p.waits("Password: ")
	p.waitsForSilence()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
	if !p.echo() {
		t.Error("the terminal was left without echo")
	}
	p.types("\n") // lets the abandoned reader go
}

// The page for adding a machine gives a line that ends in --token-file -.
func TestTheKeyIsAskedForAtATerminal(t *testing.T) {
	home(t, "")
	p := sitDown(t)
	a := &app{Streams: Streams{In: p.tty, Out: io.Discard, Err: p.tty}}
	done := make(chan string, 1)
	go func() {
		key, err := a.agentKey(t.Context(), agentOptions{TokenFile: "-"})
		done <- fmt.Sprint(key, err)
	}()
	p.waits("API key: ")
	p.waitsForSilence()
	p.types(" vsay_ak_x \n")
	if got := <-done; got != "vsay_ak_x<nil>" {
		t.Error(got)
	}
	p.types("end\n")
	p.waits("end")
	if strings.Contains(p.seen.String(), "vsay_ak") {
		t.Errorf("the key is on the screen: %q", p.seen.String())
	}
}
