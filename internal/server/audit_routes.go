package server

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vsay/internal/store"
	"vsay/internal/wire"
)

const (
	auditLimit    = 100 // records in an answer
	auditLimitMax = 1000
)

// listAudit answers with records, oldest first: to an administrator all, to others what
// they did and what was done to their machines. With ?wait=true an empty answer is held
// back until there is something, or for a while.
func (s *Server) listAudit(w http.ResponseWriter, r *http.Request, me caller) error {
	q, err := auditQuery(r.URL.Query())
	if err != nil {
		return err
	}
	if !me.User.Admin {
		q.About = me.User.ID
	}
	list, through, err := s.records(r.Context(), q)
	if err == nil && len(list) == 0 && r.URL.Query().Get("wait") == "true" {
		list, through, err = s.awaitRecords(r.Context(), me, q)
	}
	if err != nil {
		return err
	}
	body := wire.AuditRecords{Records: make([]wire.AuditRecord, 0, len(list)), Through: through}
	for _, x := range list {
		body.Records = append(body.Records, shownTo(me, x))
	}
	return answer(w, http.StatusOK, body)
}

// records are those that are there now, and up to where was looked for them.
func (s *Server) records(ctx context.Context, q store.AuditQuery) ([]store.Record, int64, error) {
	through, err := s.store.LastRecord(ctx) // what comes after it is for the next answer, if not in this one
	if err != nil {
		return nil, 0, err
	}
	list, err := s.store.Audit(ctx, q)
	if n := len(list); n > 0 && (n == q.Limit || list[n-1].Seq > through) {
		through = list[n-1].Seq
	}
	return list, max(through, q.After), err
}

func (s *Server) awaitRecords(ctx context.Context, me caller, q store.AuditQuery) (list []store.Record, through int64, err error) {
	over := time.NewTimer(waitAtMost)
	defer over.Stop()
	for more := true; more; {
		grown := s.journal.growth()
		if list, through, err = s.records(ctx, q); err != nil || len(list) > 0 {
			break
		}
		q.After = max(q.After, through)
		select {
		case <-grown:
		case <-over.C:
			more = false
		case <-s.leave:
			more = false
		case <-ctx.Done():
			more = false
		}
	}
	if err == nil {
		err = s.stillLive(ctx, me) // signed out while it waited
	}
	return list, through, err
}

// shownTo leaves out what somebody who only asked for a machine does not get to know.
func shownTo(me caller, r store.Record) wire.AuditRecord {
	w := shownRecord(r)
	if !me.User.Admin && r.OwnerID != "" && r.OwnerID != me.User.ID {
		w.MachineName = ""
	}
	return w
}

func auditQuery(v url.Values) (q store.AuditQuery, err error) {
	q = store.AuditQuery{
		User: v.Get("user"), Machine: v.Get("machine"), Event: v.Get("event"), Result: v.Get("result"), IP: v.Get("ip"), Limit: auditLimit,
	}
	for name, into := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if !v.Has(name) {
			continue
		}
		if *into, err = time.Parse(time.RFC3339Nano, v.Get(name)); err != nil {
			return q, wire.ErrBadRequest.With("%s is a time like 2026-01-31T15:04:05Z", name)
		}
	}
	for name, into := range map[string]*int64{"after": &q.After, "before": &q.Before} {
		if !v.Has(name) {
			continue
		}
		if *into, err = strconv.ParseInt(v.Get(name), 10, 64); err != nil || *into < 0 {
			return q, wire.ErrBadRequest.With("%s is the number of a record", name)
		}
	}
	if v.Has("limit") {
		if q.Limit, err = strconv.Atoi(v.Get("limit")); err != nil || q.Limit < 1 || q.Limit > auditLimitMax {
			return q, wire.ErrBadRequest.With("limit is a number from 1 to %d", auditLimitMax)
		}
	}
	return q, nil
}

// verifyAudit walks the whole log. One at a time: it reads all there is.
func (s *Server) verifyAudit(w http.ResponseWriter, r *http.Request, me caller) error {
	if !s.verifying.TryLock() {
		return wire.ErrSlowDown.With("the audit log is being verified already: try again in a while")
	}
	defer s.verifying.Unlock()
	outlast(w)
	check, err := s.store.VerifyAudit(r.Context(), s.keys.audit)
	if err != nil {
		return err
	}
	s.auditAs(me, "audit verified", "ok", check.OK, "problem", check.Problem)
	return answer(w, http.StatusOK, check)
}

// VerifyAudit checks the audit log of a server that need not run: the one in its data
// folder, or in file, which may be a backup. The key is the one that was given, or that
// of the folder; without either the chain alone is checked.
func VerifyAudit(ctx context.Context, cfg Config, file string) (wire.AuditCheck, error) {
	var err error
	if cfg.MasterKey == nil && cfg.DataDir != "" {
		if cfg.MasterKey, err = readMaster(cfg.masterFile()); err != nil {
			return wire.AuditCheck{}, err
		}
	}
	var k keys
	if cfg.MasterKey != nil {
		if k, err = deriveKeys(cfg.MasterKey); err != nil {
			return wire.AuditCheck{}, err
		}
	}
	if file == "" {
		file = cfg.Database()
	}
	return store.VerifyAuditFile(ctx, file, k.audit)
}
