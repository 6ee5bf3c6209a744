package server

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
	"unicode"

	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
)

// seatWithin is the time to start a session, or to call its holder.
const seatWithin = 20 * time.Second

// place is a viewer's place at a session, joined to its holder.
type place struct {
	View    *relay.View
	session store.Session
	open    wire.Open                   // as the holder gets it
	call    func(context.Context) error // has the holder dial
}

// seat finds or starts the session that o asks for and joins a viewer to it.
// cut closes the viewer's connection.
func (s *Server) seat(ctx context.Context, me caller, m store.Machine, o wire.Open, cut func(*wire.Error)) (place, error) {
	ctx, cancel := context.WithTimeout(ctx, seatWithin)
	defer cancel()
	if err := check(&o); err != nil {
		return place{}, err
	}
	o, err := me.only.narrow(o)
	if err != nil {
		return place{}, err
	}
	viewer := wire.Viewer{
		Username: me.User.Username, Source: o.Source, IPAddress: me.IP, ReadOnly: o.ReadOnly, Since: time.Now().UTC().Truncate(time.Millisecond),
	}
	watch := func(session string) *relay.View {
		who := relay.Who{UserID: me.User.ID, Login: me.Login, AgentID: m.AgentID, KeyGen: m.KeyGen}
		return s.relay.Watch(session, who, viewer, cut)
	}
	x, v, fresh, err := s.choose(ctx, me, m, o, watch)
	if err != nil {
		return place{}, err
	}
	if err := s.stillLive(ctx, me); err != nil { // revoked while it knocked
		v.Leave(ctx, nil)
		return place{}, s.lost(ctx, x, fresh, err)
	}
	call := func(ctx context.Context) error { return s.call(ctx, m, x) }
	if fresh {
		s.auditAs(me, "session started", "session", x.ID, "machine", m.AgentID, "machine_name", m.Name,
			"kind", x.Kind, "name", x.Name, "command", x.Command, "source", x.Source)
		if err = s.begin(ctx, m, x, o); err == nil {
			err = v.Connect(ctx, nil)
		}
	} else if err = v.Connect(ctx, call); err == nil {
		err = s.paces.joins.take(me.User.ID, s.now())
	}
	if err != nil {
		v.Leave(ctx, nil)
		return place{}, s.lost(ctx, x, fresh, err)
	}
	if o.Steal {
		v.Steal()
	}
	s.touch(x.ID)
	o.Session, o.Name, o.New, o.Steal, o.Spec = x.ID, x.Name, fresh, false, wire.Spec{}
	o.Viewer, o.UserID = &viewer, me.User.ID
	return place{v, x, o, call}, nil
}

// lost writes down that a session is not there, if that is what err says. A
// fresh one may be on its way all the same, when whoever asked for it has gone or
// the answer took too long: its holder is told to end, or finds on dialling that
// the session is over.
func (s *Server) lost(ctx context.Context, x store.Session, fresh bool, err error) error {
	if !fresh && !errors.Is(err, wire.ErrGone) {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	first, endErr := s.store.EndSession(ctx, x.ID, time.Now(), nil)
	if endErr != nil {
		s.log.Error("cannot write down the end of a session", "session_id", x.ID, "err", endErr)
	}
	if first {
		s.auditLost(x)
	}
	s.over(x)
	if fresh {
		s.busy.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, endWithin)
			defer cancel()
			_ = s.relay.Ask(ctx, x.AgentID, wire.KindEnd, wire.End{Session: x.ID}) // most have not come to be
		})
	}
	return err
}

// check refuses what no client of ours sends, before anything is made of it.
func check(o *wire.Open) error {
	if strings.ContainsRune(strings.Join(o.Spec.Command, ""), 0) || strings.ContainsRune(strings.Join(o.Spec.Env, "")+o.Spec.Dir, 0) {
		return wire.ErrBadRequest.With("a command cannot hold a NUL byte")
	}
	if err := checkName(o.Name); err != nil {
		return err
	}
	if o.Spec.Kind == wire.KindExec && len(o.Spec.Command) == 0 {
		return wire.ErrBadRequest.With("there is no command to run")
	}
	o.Source = strings.Map(func(r rune) rune {
		if notForNames(r) {
			return -1
		}
		return r
	}, o.Source[:min(len(o.Source), 32)])
	return nil
}

var errSessionName = wire.ErrBadRequest.With("a session's name is at most 64 letters, digits, dots, dashes and underscores, begins with none of . and -, and does not look like a session's id")

// checkName refuses what reads as something else: a flag, a folder, another
// session's id.
func checkName(name string) error {
	if len(name) > 64 || strings.ContainsFunc(name, notForNames) || strings.HasPrefix(name, "-") || strings.HasPrefix(name, ".") || looksLikeID(name) {
		return errSessionName
	}
	return nil
}

// looksLikeID holds for what create makes of rand.Text.
func looksLikeID(name string) bool {
	return len(name) == 26 && !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '2' || r > '7') })
}

func notForNames(r rune) bool {
	return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r))
}

// choose picks the session and takes the place at it, in one step: two who come
// at once never take up the same one.
func (s *Server) choose(ctx context.Context, me caller, m store.Machine, o wire.Open, watch func(string) *relay.View) (store.Session, *relay.View, bool, error) {
	s.choosing.Lock()
	defer s.choosing.Unlock()
	x, err := s.existing(ctx, me, m, o)
	if err == nil {
		if most := s.cfg.Limits.ViewersPerSession; len(s.relay.Viewers(x.ID)) >= most {
			return x, nil, false, wire.ErrSlowDown.With("%d viewers watch that session already", most)
		}
		return x, watch(x.ID), false, nil
	}
	if !errors.Is(err, errStartOne) {
		return x, nil, false, err
	}
	if x, err = s.create(ctx, me, m, o); err != nil {
		return x, nil, false, err
	}
	return x, watch(x.ID), true, nil
}

var errStartOne = errors.New("no session to join")

// existing finds the session that o means, or errStartOne.
func (s *Server) existing(ctx context.Context, me caller, m store.Machine, o wire.Open) (store.Session, error) {
	if o.Session != "" {
		x, err := s.store.SessionByID(ctx, o.Session)
		if err != nil || x.AgentID != m.AgentID || x.UserID != me.User.ID {
			s.auditAs(me, "access denied", "session", o.Session, "owner", x.UserID)
			return x, wire.ErrNotFound
		}
		if spent(x) {
			return x, wire.ErrGone
		}
		return x, nil
	}
	if o.New || o.Spec.Kind == wire.KindExec {
		return store.Session{}, errStartOne
	}
	running, err := s.store.RunningSessions(ctx, m.AgentID)
	if err != nil {
		return store.Session{}, err
	}
	var latest *store.Session
	for i, x := range running {
		if x.UserID != me.User.ID || x.Kind != wire.KindShell {
			continue
		}
		if o.Name != "" && x.Name == o.Name {
			return x, nil
		}
		unwatched := o.Name == "" && len(s.relay.Viewers(x.ID)) == 0
		if unwatched && (latest == nil || x.LastActive.After(latest.LastActive)) {
			latest = &running[i]
		}
	}
	if latest != nil {
		return *latest, nil
	}
	if o.ReadOnly {
		return store.Session{}, wire.ErrNotFound.With("there is no session to watch")
	}
	return store.Session{}, errStartOne
}

func (s *Server) create(ctx context.Context, me caller, m store.Machine, o wire.Open) (store.Session, error) {
	mine, err := s.store.SessionsOf(ctx, me.User.ID, false)
	if err != nil {
		return store.Session{}, err
	}
	here, err := s.store.RunningSessions(ctx, m.AgentID)
	if err != nil {
		return store.Session{}, err
	}
	if len(mine) >= s.cfg.Limits.SessionsPerUser || len(here) >= s.cfg.Limits.SessionsPerMachine {
		return store.Session{}, wire.ErrSlowDown.With("too many sessions run already: end some (vsay sessions, vsay kill)")
	}
	if err := s.paces.opens.take(me.User.ID, s.now()); err != nil {
		return store.Session{}, err
	}
	now := time.Now()
	x := store.Session{
		ID: strings.ToLower(rand.Text()), Name: o.Name, Kind: o.Spec.Kind, AgentID: m.AgentID, MachineName: m.Name,
		UserID: me.User.ID, Username: me.User.Username, Source: o.Source,
		Command: commandText(o.Spec), StartedAt: now, LastActive: now,
	}
	if x.Kind != wire.KindExec {
		x.Kind = wire.KindShell
	}
	err = s.store.CreateSession(ctx, &x)
	s.live.stir(x.UserID)
	return x, err
}

// commandText is a command as lists and logs have it.
func commandText(s wire.Spec) string {
	text := s.Shown
	if text == "" {
		text = strings.Join(s.Command, " ")
	}
	return strings.ToValidUTF8(text[:min(len(text), maxShown)], "")
}

// maxShown bounds it, in bytes.
const maxShown = 4 << 10

// begin has the agent start the holder of a new session.
func (s *Server) begin(ctx context.Context, m store.Machine, x store.Session, o wire.Open) error {
	spec := o.Spec
	spec.Kind, spec.Cols, spec.Rows = x.Kind, o.Cols, o.Rows
	if spec.Kind == wire.KindShell {
		spec.TTY = true
	}
	return s.relay.Ask(ctx, m.AgentID, wire.KindStart, wire.Start{
		Session: x.ID, Name: x.Name, Ticket: s.tickets.issue(x.ID), Spec: spec,
		TTL: wire.Seconds(s.cfg.DetachedTTL.Seconds()),
	})
}

// touch notes that a viewer came or left. It is no promise, so nobody waits.
func (s *Server) touch(session string) {
	go func() {
		if err := s.store.TouchSession(context.Background(), session, time.Now()); err != nil {
			s.log.Debug("touch", "session_id", session, "err", err)
		}
	}()
}
