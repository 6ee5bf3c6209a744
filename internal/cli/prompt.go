package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// maxSecret bounds what is read as a password, in bytes: more than the server
// takes, so that it is the one to say so.
const maxSecret = 4 << 10

// credentials are what signup and login need.
type credentials struct {
	Email         string `mapstructure:"email"`
	Username      string `mapstructure:"username"`
	PasswordStdin bool   `mapstructure:"password-stdin"`
	Invite        string `mapstructure:"invite"` // signup
	password      string
}

// ask fills in what is missing: from stdin for the password if told so, from
// the person at the terminal. Without a terminal it asks nobody.
func (a *app) ask(ctx context.Context, c *credentials, fresh bool) error {
	var err error
	if c.Email, err = a.askLine(ctx, "Email", "--email", c.Email, c.PasswordStdin); err != nil {
		return err
	}
	if fresh {
		if c.Username, err = a.askLine(ctx, "Username", "--username", c.Username, c.PasswordStdin); err != nil {
			return err
		}
	}
	switch {
	case c.PasswordStdin:
		c.password, err = readSecret(a.In)
	case os.Getenv("VSAY_PASSWORD") != "":
		c.password = os.Getenv("VSAY_PASSWORD")
	default:
		c.password, err = a.askPassword(ctx, fresh)
	}
	if err == nil && !(utf8.ValidString(c.Email+c.Username) && utf8.ValidString(c.password)) {
		err = usage("what was typed is not UTF-8: is the terminal set to another encoding?")
	}
	return err
}

// terminal is stdin when it is one, or nil.
func (a *app) terminal() *os.File {
	f, ok := a.In.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// askLine asks for one line unless value is given. When stdin is taken by the
// password there is nobody to ask.
func (a *app) askLine(ctx context.Context, what, flag, value string, stdinTaken bool) (string, error) {
	if value != "" {
		return value, nil
	}
	in := a.terminal()
	if in == nil || stdinTaken {
		return "", usage("%s is missing, and there is no terminal to ask on", flag)
	}
	fmt.Fprintf(a.Err, "%s: ", what)
	line, err := interruptible(ctx, in, func() (string, error) { return readLine(in) })
	if err == nil && line == "" {
		err = usage("%s is missing", flag)
	}
	return line, err
}

// askPassword asks without echo; twice for a fresh one, which nobody could look
// up again.
func (a *app) askPassword(ctx context.Context, twice bool) (string, error) {
	in := a.terminal()
	if in == nil {
		return "", usage("--password-stdin is missing, and there is no terminal to ask on")
	}
	first, err := a.askHidden(ctx, in, "Password")
	if err != nil || !twice {
		return first, err
	}
	second, err := a.askHidden(ctx, in, "Password again")
	if err == nil && second != first {
		return "", usage("the two passwords differ: start over")
	}
	return first, err
}

func (a *app) askHidden(ctx context.Context, in *os.File, what string) (string, error) {
	fmt.Fprintf(a.Err, "%s: ", what)
	defer fmt.Fprintln(a.Err)
	fd := int(in.Fd())
	return interruptible(ctx, in, func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	})
}

// interruptible runs a read of the terminal that cannot be cancelled. When ctx
// ends first the terminal is put back as it was, with its echo.
func interruptible(ctx context.Context, in *os.File, read func() (string, error)) (string, error) {
	old, err := term.GetState(int(in.Fd()))
	if err != nil {
		return "", err
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1) // the reader may be abandoned: vsay is about to end
	go func() {
		text, err := read()
		done <- answer{text, err}
	}()
	select {
	case got := <-done:
		if errors.Is(got.err, io.EOF) {
			return "", failed("interrupted")
		}
		return got.text, got.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(int(in.Fd()), old))
	}
}

// readLine reads up to the end of a line and not one byte more, since what
// follows may be the password.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxSecret; {
		n, err := r.Read(b)
		if n == 1 && b[0] == '\n' {
			break
		}
		line = append(line, b[:n]...)
		if err != nil {
			return string(line), err
		}
	}
	return strings.TrimSpace(string(line)), nil
}

// readSecret reads all of r but for one line end at the end.
func readSecret(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSecret))
	if err != nil {
		return "", failed("the password could not be read from stdin: %s", err)
	}
	s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if s == "" {
		return "", usage("--password-stdin was given, but stdin is empty")
	}
	return s, nil
}
