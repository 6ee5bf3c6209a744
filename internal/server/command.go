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
// holds, in bytes. The command runs on when it puts out more.
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
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	p, err := s.seat(ctx, me, m, wire.Open{
		New: true, Source: "api",
		Spec: wire.Spec{Kind: wire.KindExec, Command: []string{"/bin/sh", "-c", body.Command}, Shown: body.Command},
	}, func(*wire.Error) { cancel() })
	if err != nil {
		return err
	}
	defer p.View.Leave(context.WithoutCancel(ctx), nil) // the command runs on
	watched := &capture{progress: wire.NewProgress()}
	if err := p.View.Send(ctx, wire.Frame{Kind: wire.KindOpen, Payload: wire.Encode(watched.progress.Ask(p.open))}); err != nil {
		return err
	}
	wait := r.URL.Query().Get("wait") == "true"
	exit, err := watched.run(ctx, p, wait)
	switch {
	case err != nil && r.Context().Err() == nil && ctx.Err() != nil:
		return wire.ErrUnauthed // it was cut off
	case err != nil:
		return err
	case !wait:
		return answer(w, http.StatusOK, wire.CommandSent{Message: "Command sent", Command: body.Command, SessionID: p.session.ID})
	}
	return answer(w, http.StatusOK, wire.CommandDone{
		Stdout: watched.text(wire.KindOutput), Stderr: watched.text(wire.KindStderr), ExitCode: exit.Code,
	})
}

// capture is a viewer that keeps what it sees.
type capture struct {
	progress *wire.Progress
	out, err bytes.Buffer
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
	b.Write(fresh[:min(len(fresh), maxCaptured-b.Len())])
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
