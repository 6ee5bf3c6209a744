//go:build unix

package agent

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vsay/internal/private"
	"vsay/internal/session"
	"vsay/internal/wire"
)

// holders are the sessions on this machine, each a process of its own that is
// found by its control socket.
type holders struct {
	dir    string
	c      Config
	scopes *scopes
}

func openHolders(c Config) (*holders, error) {
	dir := filepath.Join(c.StateDir, "s")
	if err := ours(private.Dir(dir, "")); err != nil {
		return nil, err
	}
	return &holders{dir: dir, c: c, scopes: &scopes{root: "/", uid: os.Getuid()}}, nil
}

// socket is where a session's holder listens. Session ids are letters and
// digits; the whole id would make some paths too long for a socket.
func (h *holders) socket(session string) (string, error) {
	ok := len(session) >= 16 && len(session) <= 64 && !strings.ContainsFunc(session, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if !ok {
		return "", wire.ErrBadRequest.With("that is no session id")
	}
	return filepath.Join(h.dir, session[:16]), nil
}

// list is the sessions that live. What a crash left of others is cleaned up.
func (h *holders) list() []string {
	all := []string{}
	files, _ := os.ReadDir(h.dir)
	for _, f := range files {
		path := filepath.Join(h.dir, f.Name())
		id, err := session.Find(path)
		if errors.Is(err, syscall.ECONNREFUSED) {
			_ = os.Remove(path)
		}
		if err == nil {
			all = append(all, id)
		}
	}
	return all
}

func (h *holders) call(id string) error { return h.with(id, session.Redial) }

// end ends a session. A holder that is stuck is killed: it is ErrGone then, as of one
// that has ended.
func (h *holders) end(id string) error {
	return h.with(id, func(socket string) error {
		err := session.End(socket)
		if !errors.Is(err, wire.ErrUnavailable) {
			return err
		}
		if err := session.Kill(socket); err != nil {
			return err
		}
		h.c.Log.Warn("a session did not answer, and was killed", "session_id", id)
		return wire.ErrGone
	})
}

// callAll has every session ask the server itself, when the machine is refused: those
// that were ended while it was away hear of it in no other way.
func (h *holders) callAll() {
	for _, id := range h.list() {
		_ = h.call(id) // one that is gone has nothing to hear
	}
}

func (h *holders) with(id string, do func(socket string) error) error {
	socket, err := h.socket(id)
	if err != nil {
		return err
	}
	return do(socket)
}

// start starts a holder and waits until its program runs.
func (h *holders) start(s wire.Start) error {
	socket, err := h.socket(s.Session)
	if err != nil {
		return err
	}
	if s.Spec, err = h.c.Policy.permit(s.Spec); err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		home = "/"
	}
	shell := h.c.Shell
	if shell == "" {
		shell = session.LoginShell()
	}
	conf := session.Config{
		Session: s.Session, Name: s.Name, Ticket: s.Ticket, Run: s.Spec, TTL: float64(s.TTL),
		Server: h.c.Endpoint.URL.String(), Insecure: h.c.Insecure, CAFile: h.c.CAFile, Root: h.c.Endpoint.Root(), Pins: h.c.Endpoint.Pins(),
		ReadOnly: h.c.Policy.ReadOnly, Shell: shell, Dir: home, Env: environment(s.Spec, home, shell), Socket: socket,
	}
	if h.c.Binds {
		conf.Agent = os.Getpid()
	}
	return h.run(conf)
}

// run starts a holder in the best way that works here, and waits until its
// program runs. What failed where the next way worked is not tried again.
func (h *holders) run(conf session.Config) error {
	var failed int32
	for _, way := range h.scopes.ways(conf.Session) {
		said, err := h.hold(way, conf)
		if err != nil && !way.plain() {
			h.c.Log.Warn("systemd-run gave a session no scope of its own; trying with less", "err", err)
			_ = os.Remove(conf.Socket) // of a holder that was too slow, and was killed
			failed = way.nth
			continue
		}
		if err != nil {
			said = err.Error()
		}
		if said != "ok" {
			return wire.ErrInternal.With("the machine cannot start a session: %s", said)
		}
		break
	}
	if failed > 0 {
		h.scopes.failed.Store(failed)
	}
	return nil
}

// hold starts a holder and returns the line that it says: "ok", or why it cannot.
// It is an error when it says nothing within ten seconds.
func (h *holders) hold(way scope, conf session.Config) (said string, err error) {
	argv := append(way.argv, h.c.Program, "hold")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = "/"
	cmd.Env = append(holderEnv(os.Environ()), way.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it outlives us
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	stdout, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer stdout.Close()
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // how a session ended, its holder tells the server
	go func() {
		_, _ = stdin.Write(wire.Encode(conf))
		stdin.Close()
	}()
	_ = stdout.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	if line != "" {
		return strings.TrimSpace(line), nil
	}
	_ = cmd.Process.Kill() // or it may come to life after the next one
	return "", fmt.Errorf("%s said nothing: %w", filepath.Base(argv[0]), cmp.Or(<-ended, errors.New("it ended")))
}

// killStuck kills the holders that do not even say whose they are.
func (h *holders) killStuck() {
	files, _ := os.ReadDir(h.dir)
	for _, f := range files {
		path := filepath.Join(h.dir, f.Name())
		if _, err := session.Find(path); errors.Is(err, wire.ErrUnavailable) {
			if err := session.Kill(path); err != nil {
				h.c.Log.Warn("a session does not answer", "err", err)
			}
		}
	}
}

// endAll ends every session and waits until their holders are gone.
func (h *holders) endAll(ctx context.Context) {
	h.killStuck()
	for ctx.Err() == nil {
		live := h.list()
		if len(live) == 0 {
			return
		}
		for _, id := range live {
			_ = h.end(id) // one that is gone already is what we want
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}
