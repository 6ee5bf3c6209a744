package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// manner is how an event is written down.
type manner struct {
	result string
	soon   bool // nobody waits until it is on disk: what it tells of is no change
	flood  bool // anybody can cause as many as they like: counted, beyond some
}

// manners are those of events that are no plain success somebody waits for.
var manners = map[string]manner{
	"login failed":            {result: wire.AuditFailed, soon: true, flood: true},
	"login throttled":         {result: wire.AuditDenied, soon: true, flood: true},
	"signup refused":          {result: wire.AuditDenied, soon: true, flood: true},
	"password change refused": {result: wire.AuditDenied, soon: true, flood: true},
	"token refused":           {result: wire.AuditDenied, soon: true, flood: true},
	"token reused":            {result: wire.AuditDenied},
	"access denied":           {result: wire.AuditDenied, soon: true, flood: true},
	"origin refused":          {result: wire.AuditDenied, soon: true, flood: true},
	"enrollment refused":      {result: wire.AuditDenied, soon: true, flood: true},
	"machine refused":         {result: wire.AuditDenied, soon: true, flood: true},
	"machine key used twice":  {result: wire.AuditDenied, soon: true, flood: true},
	"machine counter jumped":  {result: wire.AuditOK, soon: true},
	"viewer refused":          {result: wire.AuditDenied, soon: true, flood: true},
	"api key shown":           {result: wire.AuditOK, soon: true, flood: true},
	"logins shown":            {result: wire.AuditOK, soon: true, flood: true},
	"session started":         {result: wire.AuditOK, soon: true}, // the session is on disk, with its command
	"attach":                  {result: wire.AuditOK, soon: true},
	"detach":                  {result: wire.AuditOK, soon: true},
	"session ended":           {result: wire.AuditOK, soon: true},
	"session lost":            {result: wire.AuditFailed, soon: true},
	"machine online":          {result: wire.AuditOK, soon: true},
	"machine offline":         {result: wire.AuditOK, soon: true},
}

// audit writes down who did something that matters. It returns when that is on disk,
// or is loud in the log: what was done is done. args are names and values; "user",
// "username", "login", "machine", "machine_name", "session" and "owner" (the user whom it
// is about) say so, "result" is ok, denied or failed, and all others go into the detail.
func (s *Server) audit(r *http.Request, event string, args ...any) {
	s.enter(store.Record{IP: clientIP(r), Request: requestID(r.Context())}, event, args)
}

// auditAs is audit of something that a caller did.
func (s *Server) auditAs(me caller, event string, args ...any) {
	s.enter(store.Record{
		IP: me.IP, Request: me.Request, UserID: me.User.ID, Username: me.User.Username, Login: me.Login,
	}, event, args)
}

func (s *Server) enter(r store.Record, event string, args []any) {
	how, ok := manners[event]
	if !ok {
		how.result = wire.AuditOK
	}
	r.At, r.Event, r.Result = s.now(), event, how.result
	fill(&r, args)
	if how.flood && !s.flood.admit(r) {
		return
	}
	s.name(&r)
	s.log.Info("audit", "event", r.Event, "result", r.Result, "user", r.UserID, "login", r.Login, "ip", r.IP,
		"machine", r.AgentID, "session", r.Session, "request", r.Request, "detail", r.Detail)
	if how.soon {
		s.journal.note(r)
		return
	}
	if err := s.journal.write(r); err != nil {
		s.log.Error("NOT IN THE AUDIT LOG YET", "event", r.Event, "user", r.UserID, "request", r.Request, "err", err)
	}
}

// auditSelf is audit of something that the server does by itself.
func (s *Server) auditSelf(event string, args ...any) { s.enter(store.Record{}, event, args) }

// openJournal begins to write the audit log.
func (s *Server) openJournal() error {
	out, err := openFeed(s.cfg.AuditLog, s.cfg.Stdout, s.log)
	if err != nil {
		return err
	}
	s.flood = newFlood()
	s.book = s.store.AuditLog(s.keys.audit)
	s.journal = newJournal(s.book, out, s.log, s.flood.sum)
	return nil
}

// Reopen opens the file of --audit-log anew, for log rotation.
func (s *Server) Reopen() error { return s.journal.feed.reopen() }

// pruneAudit forgets what is older than the audit log goes back.
func (s *Server) pruneAudit(ctx context.Context) {
	n, err := s.book.Prune(ctx, s.now().Add(-s.cfg.AuditKeep))
	if err != nil {
		s.log.Warn("the audit log could not be pruned", "err", err)
	}
	if n > 0 {
		s.auditSelf("audit pruned", "records", n)
	}
}

// attached writes down that somebody joined a session, and later that they left it.
func (s *Server) attached(me caller, p place) (left func()) {
	args := []any{
		"session", p.session.ID, "machine", p.session.AgentID, "machine_name", p.session.MachineName,
		"read_only", p.open.ReadOnly, "source", p.open.Source, "kind", p.session.Kind,
	}
	s.auditAs(me, "attach", args...)
	began := time.Now()
	return func() { s.auditAs(me, "detach", append(args, "after", time.Since(began).Round(time.Millisecond))...) }
}

// auditEnd writes down how a session ended.
func (s *Server) auditEnd(r *http.Request, x store.Session, e wire.Exit) {
	s.audit(r, "session ended", "user", x.UserID, "username", x.Username, "session", x.ID,
		"machine", x.AgentID, "machine_name", x.MachineName, "exit_code", e.Code)
}

// auditLost writes down that a session is gone and nobody knows how it ended.
func (s *Server) auditLost(x store.Session) {
	s.auditSelf("session lost", "user", x.UserID, "username", x.Username, "session", x.ID, "machine", x.AgentID, "machine_name", x.MachineName)
}

// auditToken writes down the use of a token that was good once.
func (s *Server) auditToken(ctx context.Context, c claims, ip string, err error) {
	why := "revoked"
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		why = "ended"
	case c.Login == "" || !errors.Is(err, wire.ErrUnauthed):
		return
	}
	s.enter(store.Record{IP: ip, Request: requestID(ctx), UserID: c.Subject, Login: c.Login}, "token refused", []any{"why", why})
}

// auditKnock writes down a machine that was not let in. Only one that proved who it is
// is named.
func (s *Server) auditKnock(r *http.Request, m store.Machine, err error) {
	if wire.AsError(err).Status >= http.StatusInternalServerError {
		return
	}
	s.audit(r, "machine refused", "user", m.UserID, "username", m.Owner, "machine", m.AgentID, "machine_name", m.Name, "why", wire.AsError(err).Message)
}

// fill puts what args say where it belongs.
func fill(r *store.Record, args []any) {
	known := map[string]*string{
		"user": &r.UserID, "username": &r.Username, "login": &r.Login, "ip": &r.IP, "owner": &r.OwnerID,
		"machine": &r.AgentID, "machine_name": &r.Machine, "session": &r.Session, "result": &r.Result,
	}
	var rest []any
	for i := 0; i+1 < len(args); i += 2 {
		key := fmt.Sprint(args[i])
		if key == "subject" { // an account that something was done to: it is in the detail, too
			r.OwnerID = bounded(fmt.Sprint(args[i+1]), 256)
		}
		if at := known[key]; at != nil {
			*at = bounded(fmt.Sprint(args[i+1]), 256)
			continue
		}
		rest = append(rest, key, args[i+1])
	}
	r.Detail = detailOf(rest...)
}

// name adds the names of what is known by its id.
func (s *Server) name(r *store.Record) {
	ctx, cancel := linkContext()
	defer cancel()
	if r.UserID != "" && r.Username == "" {
		if u, err := s.store.UserByID(ctx, r.UserID); err == nil {
			r.Username = u.Username
		}
	}
	if r.AgentID == "" || r.OwnerID != "" && r.Machine != "" {
		return
	}
	if m, err := s.store.MachineByID(ctx, r.AgentID); err == nil {
		r.Machine = m.Name
		if r.OwnerID == "" && m.UserID != r.UserID {
			r.OwnerID = m.UserID
		}
	}
}

// maxDetail bounds one value of a detail, in bytes; a command line may be as long as
// lists show it.
const maxDetail = maxShown

func detailOf(args ...any) string {
	detail := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		detail[fmt.Sprint(args[i])] = bounded(fmt.Sprint(args[i+1]), maxDetail)
	}
	return string(wire.Encode(detail))
}

// bounded is text that any reader can show: valid, and no longer than that.
func bounded(text string, limit int) string {
	if len(text) > limit {
		text = clip(text, limit) + "…"
	}
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

// shownRecord is a record as the API shows it.
func shownRecord(r store.Record) wire.AuditRecord {
	w := wire.AuditRecord{
		Seq: r.Seq, Time: r.At, Event: r.Event, Result: r.Result, UserID: r.UserID, Username: r.Username, LoginID: r.Login,
		IPAddress: r.IP, AgentID: r.AgentID, MachineName: r.Machine, SessionID: r.Session, RequestID: r.Request,
		Hash: fmt.Sprintf("%x", r.Hash),
	}
	if r.Detail != "{}" && wire.Decode([]byte(r.Detail), &w.Detail) != nil {
		w.Detail = map[string]string{"unreadable": r.Detail}
	}
	return w
}
