package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// maxCaptured is how much of a command's stdout, and of its stderr, an answer
// holds, in bytes. The command runs on when it puts out more, and the answer says so.
const maxCaptured = 1 << 20

// runCommand runs a line in a shell on a machine. With ?wait=true it answers
// when the command has ended, with what it put out.
func (s *Server) runCommand(w http.ResponseWriter, r *http.Request, me caller) error {
	m, err := s.machineFor(r.Context(), me, r.PathValue("agent_id"))
	if err != nil {
		return err
	}
	body, err := read[wire.Command](w, r)
	if err != nil {
		return err
	}
	if body.Command == "" {
		return wire.ErrBadRequest.With("the command is missing")
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	wait := r.URL.Query().Get("wait") == "true"
	outlast(w) // a machine may take its time to answer
	c := &capture{s: s, me: me, machine: m, cut: func(why *wire.Error) { cancel(why) }, progress: wire.NewProgress(), ask: wire.Open{
		New: true, Source: "api",
		Spec: wire.Spec{Kind: wire.KindExec, Command: []string{"/bin/sh", "-c", body.Command}, Shown: body.Command},
	}}
	exit, err := c.follow(ctx, wait)
	switch {
	case err != nil && r.Context().Err() == nil && ctx.Err() != nil:
		return context.Cause(ctx) // it was cut off
	case err != nil:
		return err
	case !wait:
		return answer(w, http.StatusOK, wire.CommandSent{Message: "Command sent", Command: body.Command, SessionID: c.ask.Session})
	}
	return answer(w, http.StatusOK, wire.CommandDone{
		Stdout: c.text(wire.KindOutput), Stderr: c.text(wire.KindStderr), ExitCode: exit.Code,
		StdoutTruncated: c.out.more, StderrTruncated: c.err.more,
	})
}

// outlast lifts the time limits of ordinary requests from one that lasts as long
// as a program does. They would end it without an answer.
func outlast(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // a writer that has no limits has none to lift
	_ = c.SetWriteDeadline(time.Time{})
}

// capture is a viewer that keeps what it sees.
type capture struct {
	s        *Server
	me       caller
	machine  store.Machine
	ask      wire.Open
	cut      func(*wire.Error)
	progress *wire.Progress
	out, err captured
}

// captured is the beginning of what a stream brought.
type captured struct {
	bytes.Buffer
	more bool // and there was more
}

func (c *captured) keep(p []byte) {
	room := maxCaptured - c.Len()
	c.more = c.more || len(p) > room
	c.Write(p[:min(len(p), room)])
}

// follow starts the command and watches it, over as many session links as it
// takes: one that breaks is no failure of the command. It runs on when nobody
// watches any more.
func (c *capture) follow(ctx context.Context, wait bool) (exit wire.Exit, err error) {
	p, err := c.s.seat(ctx, c.me, c.machine, c.ask, c.cut)
	for {
		if err != nil {
			return exit, err
		}
		c.ask.Session, c.ask.New = p.session.ID, false
		exit, err = c.watch(ctx, p, wait)
		if !errors.Is(err, wire.ErrLinkLost) || ctx.Err() != nil {
			p.View.Leave(context.WithoutCancel(ctx), nil)
			return exit, err
		}
		p.View.Leave(context.WithoutCancel(ctx), wire.ErrLinkLost)
		p, err = c.s.rejoin(ctx, c.me, c.machine, c.ask, c.cut)
	}
}

func (c *capture) watch(ctx context.Context, p place, wait bool) (exit wire.Exit, err error) {
	if err := p.knock(ctx, c.progress.Ask(p.open)); err != nil {
		return exit, err
	}
	return c.run(ctx, p, wait)
}

// run watches until the command has ended or, without wait, until it has begun.
func (c *capture) run(ctx context.Context, p place, wait bool) (exit wire.Exit, err error) {
	for {
		f, err := p.View.Recv(ctx)
		if err != nil {
			return exit, err
		}
		switch f.Kind {
		case wire.KindOpened:
			var o wire.Opened
			if err := errors.Join(wire.Decode(f.Payload, &o), c.progress.Opened(o, f.Offset)); err != nil || !wait {
				return exit, err
			}
			c.progress.End() // its stdin is empty
			if end, ok := c.progress.Next(0); ok {
				if err := p.View.Send(ctx, end); err != nil {
					return exit, err
				}
			}
		case wire.KindOutput, wire.KindStderr:
			if err := c.keep(ctx, p, f); err != nil {
				return exit, err
			}
		case wire.KindScreen:
			c.progress.Jump(f.Offset)
		case wire.KindExit:
			return exit, wire.Decode(f.Payload, &exit)
		case wire.KindClose:
			return exit, wire.ErrLinkLost
		}
	}
}

func (c *capture) keep(ctx context.Context, p place, f wire.Frame) error {
	fresh, err := c.progress.Output(f)
	if err != nil {
		return err
	}
	b := &c.out
	if f.Kind == wire.KindStderr {
		b = &c.err
	}
	b.keep(fresh)
	c.progress.Drawn(len(fresh))
	if ack, ok := c.progress.Ack(0, true); ok {
		return p.View.Send(ctx, ack)
	}
	return nil
}

func (c *capture) text(kind wire.Kind) string {
	b := c.out.Bytes()
	if kind == wire.KindStderr {
		b = c.err.Bytes()
	}
	return string(bytes.ToValidUTF8(b, []byte("\ufffd")))
}

// listLogs answers with what was run on a machine lately, newest first.
func (s *Server) listLogs(w http.ResponseWriter, r *http.Request, me caller) error {
	m, err := s.machineFor(r.Context(), me, r.PathValue("agent_id"))
	if err != nil {
		return err
	}
	all, err := s.store.SessionsOn(r.Context(), m.AgentID)
	if err != nil {
		return err
	}
	list := wire.Logs{Logs: []wire.Log{}}
	for _, x := range all {
		list.Logs = append(list.Logs, logOf(x))
	}
	return answer(w, http.StatusOK, list)
}

func logOf(x store.Session) wire.Log {
	l := wire.Log{
		ID: x.ID, Command: x.Command, UserID: x.UserID, Username: x.Username,
		Timestamp: x.StartedAt.UTC().Truncate(time.Millisecond), Source: x.Source, SessionID: x.ID,
	}
	if x.ExitCode != nil {
		ok := *x.ExitCode == 0
		l.Success = &ok
	}
	return l
}
