package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"vsay/internal/client"
	"vsay/internal/wire"
)

// execAll runs the command on several machines at once.
func (a *app) execAll(ctx context.Context, api *client.Client, machines []wire.Machine, o execOptions) error {
	var out, errs sync.Mutex
	codes := make([]error, len(machines))
	var wg sync.WaitGroup
	for i, m := range machines {
		wg.Go(func() {
			stdout := &lines{w: a.Out, mu: &out, prefix: clean(m.Name) + ": "}
			stderr := &lines{w: a.Err, mu: &errs, prefix: clean(m.Name) + ": "}
			codes[i] = a.execQuiet(ctx, api, m, o, stdout, stderr)
			stdout.flush()
			stderr.flush()
		})
	}
	wg.Wait()
	for _, err := range codes {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *app) execQuiet(ctx context.Context, api *client.Client, m wire.Machine, o execOptions, stdout, stderr io.Writer) error {
	att, finish, err := a.begin(ctx, api, m.AgentID, a.execOpen(o, nil), o.timeout)
	if err != nil {
		fmt.Fprintf(stderr, "vsay: %s\n", clean(wire.AsError(err).Message))
		return exitError(255)
	}
	att.CloseInput()
	exit, err := att.Run(withoutSignals(ctx), stdout, stderr)
	if err == nil && exit.Error != "" {
		fmt.Fprintf(stderr, "vsay: %s\n", clean(exit.Error))
	}
	if err == nil {
		err = remoteExit(exit.Code)
	}
	if errors.Is(err, client.ErrLeft) {
		fmt.Fprintf(stderr, "vsay: left the command, which cannot be reached: it ends in %s, or by vsay kill %s\n", o.keep, att.Opened.Session)
		err = nil
	}
	err = finish(orEnd(api, att, err))
	var remote exitError
	if err != nil && !errors.As(err, &remote) {
		fmt.Fprintf(stderr, "vsay: %s\n", clean(wire.AsError(err).Message))
		return exitError(255)
	}
	return err
}

// lines writes whole lines with a prefix, never mixed with another machine's.
type lines struct {
	w      io.Writer
	mu     *sync.Mutex
	prefix string
	rest   []byte
}

const longestLine = 64 << 10 // bytes kept until the line ends

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 && len(l.rest) < longestLine {
			return len(p), nil
		}
		if i < 0 {
			i = len(l.rest) - 1
		}
		if err := l.put(l.rest[:i+1]); err != nil {
			return 0, err
		}
		l.rest = l.rest[i+1:]
	}
}

func (l *lines) put(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.w.Write(append([]byte(l.prefix), line...))
	return err
}

func (l *lines) flush() {
	if len(l.rest) > 0 {
		_ = l.put(append(l.rest, '\n'))
	}
}
