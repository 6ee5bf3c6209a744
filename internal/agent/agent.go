//go:build unix

package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"vsay/internal/wire"
)

// Config is what an agent is told.
type Config struct {
	Endpoint  *wire.Endpoint
	Insecure  bool              // plain HTTP off loopback is allowed
	CAFile    string            // certificates to trust beside the system's
	Pins      []string          // keys of which the server has to have one; none: what was learnt
	LearnPin  bool              // have the key of the first server that lets us in pinned
	ForgetPin bool              // what was learnt counts no more
	APIKey    string            // for the first run; later ones need none
	Name      string            // empty: the host's
	Labels    map[string]string //
	StateDir  string
	Shell     string // empty: the user's
	Binds     bool   // sessions end with this process, however that ends
	Policy    Policy // what sessions may do here
	Program   string // the vsay binary that holders run
	Version   string
	Log       *slog.Logger
	Online    func(agentID, name string) // told each time a link is up; may be nil
}

// Agent is one machine's.
type Agent struct {
	Config
	id      *identity
	holders *holders
}

// New takes hold of the state directory: one agent at a time may have it.
func New(c Config) (*Agent, error) {
	id, err := openIdentity(c.StateDir, c.Endpoint.URL.String())
	if err != nil {
		return nil, err
	}
	if err := id.pinned(c); err != nil {
		id.Close()
		return nil, err
	}
	h, err := openHolders(c)
	if err != nil {
		id.Close()
		return nil, err
	}
	if live := len(h.list()); c.Policy.limits() && live > 0 {
		c.Log.Warn("sessions that run may do what they were begun with: end those that may do more (vsay kill)", "sessions", live)
	}
	return &Agent{Config: c, id: id, holders: h}, nil
}

// Close lets the state directory go. Sessions live on.
func (a *Agent) Close() error { return a.id.Close() }

// EndSessions ends every session on this machine, and waits until they are over.
func (a *Agent) EndSessions(ctx context.Context) { a.holders.endAll(ctx) }

// Run keeps a control link until ctx ends. It returns an error only when the
// server has refused this machine for good.
func (a *Agent) Run(ctx context.Context) error {
	err := Keep(ctx, a.Log, a.serve)
	if err != nil {
		a.holders.callAll()
	}
	return err
}

// serve is one control link, from the challenge to its end, which is a
// wire.ErrLinkLost once it was up.
func (a *Agent) serve(ctx context.Context) error {
	conn, err := a.dial(ctx)
	if err != nil {
		return err
	}
	if err := a.learnPin(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer conn.CloseNow()
	go conn.KeepAlive(ctx)
	hello := a.hello()
	if err := conn.Write(ctx, wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(hello)}); err != nil {
		return err
	}
	a.APIKey = "" // it has done its work: a machine that is taken out does not bring itself back
	a.Log.Info("online", "machine", a.id.Name, "agent_id", a.id.AgentID)
	if a.Online != nil {
		a.Online(a.id.AgentID, a.id.Name)
	}
	go a.beat(ctx, conn)
	desks := openDesks()
	var away *sentAway
	for {
		f, err := conn.Read(ctx)
		if err != nil {
			// Whatever ended it, only the next dial's answer says whether there is a point.
			lost := wire.ErrLinkLost.With("the link ended: %s", wire.AsError(err).Message)
			if away != nil {
				return sentAway{lost, away.after}
			}
			return lost
		}
		if f.Kind == wire.KindGoAway {
			away = goAway(f)
		}
		if do := a.order(f); do != nil {
			desk := desks[f.Kind]
			reply := func(do func(*wire.Reply) error) { _ = conn.Write(ctx, a.reply(f.Stream, do)) }
			if !desk.take(ctx, func() { reply(do) }) {
				reply(func(*wire.Reply) error { return errBusy })
			}
		}
	}
}

// reply does what was asked, and says what came of it.
func (a *Agent) reply(stream uint32, do func(*wire.Reply) error) wire.Frame {
	reply := wire.Reply{}
	if err := do(&reply); err != nil {
		a.Log.Warn("could not do what the server asked", "err", err)
		reply.Error = wire.AsError(err)
	}
	return wire.Frame{Kind: wire.KindReply, Stream: stream, Payload: wire.Encode(reply)}
}

// order is what a frame of the server asks for, nil if we do not know its kind.
func (a *Agent) order(f wire.Frame) func(*wire.Reply) error {
	switch f.Kind {
	case wire.KindStart:
		var s wire.Start
		err := wire.Decode(f.Payload, &s)
		return func(*wire.Reply) error { return errors.Join(err, a.holders.start(s)) }
	case wire.KindCall:
		var c wire.Call
		err := wire.Decode(f.Payload, &c)
		return func(*wire.Reply) error { return errors.Join(err, a.holders.call(c.Session)) }
	case wire.KindEnd:
		var e wire.End
		err := wire.Decode(f.Payload, &e)
		return func(*wire.Reply) error { return errors.Join(err, a.holders.end(e.Session)) }
	case wire.KindLook:
		var l wire.Look
		err := wire.Decode(f.Payload, &l)
		return func(r *wire.Reply) error {
			r.States = a.holders.look(l.Sessions)
			return err
		}
	}
	return nil
}

func (a *Agent) beat(ctx context.Context, conn *wire.Conn) {
	tick := time.NewTicker(wire.BeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_ = conn.Write(ctx, wire.Frame{Kind: wire.KindBeat, Payload: wire.Encode(facts(ctx))})
	}
}

func (a *Agent) hello() wire.Hello {
	return wire.Hello{
		Version: wire.Version, Name: a.Name, Description: description(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		AgentVersion: a.Version, Labels: a.Labels, Facts: facts(context.Background()), Sessions: a.holders.list(), Looks: true,
	}
}

// dial opens the control link with the machine's own credential, getting one
// with the API key where there is none yet, or the server knows it no more.
func (a *Agent) dial(ctx context.Context) (*wire.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	if a.id.AgentID == "" {
		if err := a.enroll(ctx); err != nil {
			return nil, err
		}
	}
	conn, err := a.dialAs(ctx)
	if !errors.Is(err, wire.ErrUnauthed) {
		return conn, err
	}
	if a.APIKey == "" {
		return nil, wire.ErrUnauthed.With("the server no longer knows this machine: start the agent once with --token and a valid API key (vsay api-key)")
	}
	if err := a.enroll(ctx); err != nil {
		return nil, err
	}
	return a.dialAs(ctx)
}

func (a *Agent) dialAs(ctx context.Context) (*wire.Conn, error) {
	var ch wire.Challenged
	if err := a.post(ctx, "/api/agent/challenge", wire.Challenge{AgentID: a.id.AgentID}, &ch); err != nil {
		return nil, err
	}
	credential, err := a.id.answer(a.Endpoint.URL.Host, ch.Nonce)
	if err != nil {
		return nil, err
	}
	return a.Endpoint.Dial(ctx, "/api/agent/ws", wire.AgentProtocol, http.Header{"Authorization": {"Vsay-Machine " + credential}})
}

func (a *Agent) enroll(ctx context.Context) error {
	if a.APIKey == "" {
		return wire.ErrUnauthed.With("this machine is not enrolled yet: give an API key with --token-file, --token or VSAY_API_KEY (vsay api-key shows yours)")
	}
	parts := strings.Split(a.APIKey, "_")
	if len(parts) != 4 {
		return wire.ErrUnauthed.With("that is not an API key: it starts with vsay_ak_ (vsay api-key shows yours)")
	}
	if err := a.Endpoint.Knock(ctx); err != nil {
		return err // the key is not even shown
	}
	public := a.id.public()
	body := wire.Enroll{
		APIKey: a.APIKey, PublicKey: public, Hello: a.hello(),
		Signature: a.id.sign(wire.EnrollText(a.Endpoint.URL.Host, public, parts[2])),
	}
	var done wire.Enrolled
	if err := a.post(ctx, "/api/agent/enroll", body, &done); err != nil {
		return err
	}
	if err := a.id.enrolled(done); err != nil {
		return err
	}
	if done.Pending {
		a.Log.Warn("this machine waits until its owner lets it in, with vsay ls approve", "machine", done.Name)
	}
	return nil
}

func (a *Agent) post(ctx context.Context, path string, body, result any) error {
	req, err := http.NewRequestWithContext(ctx, "POST", a.Endpoint.URL.String()+path, strings.NewReader(string(wire.Encode(body))))
	if err != nil {
		return err
	}
	req.Close = true // it is the only one for days: ten thousand idle connections are the server's
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.Endpoint.Client.Do(req)
	if err != nil {
		return wire.Unreachable(a.Endpoint.URL.Host, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return wire.Refused(resp)
	}
	return wire.DecodeFrom(resp.Body, result)
}

func counterText(n uint64) string { return strconv.FormatUint(n, 10) }
