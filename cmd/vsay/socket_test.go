//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/coder/websocket"
)

// socket is a plain terminal as any program has it.
type socket struct {
	t       *testing.T
	ws      *websocket.Conn
	session string
	shown   []byte // and not looked at
}

func (c *socket) send(kind websocket.MessageType, keys string) {
	c.t.Helper()
	if err := c.ws.Write(c.t.Context(), kind, []byte(keys)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *socket) text(keys string)   { c.t.Helper(); c.send(websocket.MessageText, keys) }
func (c *socket) binary(keys string) { c.t.Helper(); c.send(websocket.MessageBinary, keys) }

// see waits for output and takes all up to its end for looked at.
func (c *socket) see(output string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	pattern := regexp.MustCompile(output)
	for {
		if at := pattern.FindIndex(c.shown); at != nil {
			c.shown = c.shown[at[1]:]
			return
		}
		c.more(ctx, output)
	}
}

// next waits for exactly these bytes, whatever they are.
func (c *socket) next(want []byte) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for len(c.shown) < len(want) {
		c.more(ctx, fmt.Sprintf("%d bytes", len(want)))
	}
	if !bytes.Equal(c.shown[:len(want)], want) {
		c.t.Fatalf("%q came and not %q", c.shown[:len(want)], want)
	}
	c.shown = c.shown[len(want):]
}

func (c *socket) more(ctx context.Context, wanted string) {
	c.t.Helper()
	kind, b, err := c.ws.Read(ctx)
	if err != nil {
		c.t.Fatalf("%v, waiting for %s: %q", err, wanted, c.shown)
	}
	if kind != websocket.MessageBinary {
		c.t.Fatalf("output came as text: %q", b)
	}
	c.shown = append(c.shown, b...)
}

// closes waits for the end and says how the server closed.
func (c *socket) closes() websocket.CloseError {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		_, _, err := c.ws.Read(ctx)
		var closed websocket.CloseError
		if errors.As(err, &closed) {
			return closed
		}
		if err != nil {
			c.t.Fatalf("the socket was not closed: %v", err)
		}
	}
}

// raw has the shell's terminal change no byte, and runs a command.
func (c *socket) raw(command string) {
	c.t.Helper()
	c.text("stty raw -echo; printf go%s\\\\n -; " + command + "; stty sane\r")
	c.see("go-\n")
}
