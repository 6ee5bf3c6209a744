package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

// auditQuery is what `vsay audit` was asked for.
type auditQuery struct {
	user, machine, event, result, ip string
	since, until                     string
	lines                            int
	follow                           bool
}

func (a *app) auditCmd() *cobra.Command {
	var q auditQuery
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show who did what",
		Long: `Show the audit log, oldest first: who did what, from where, when, and what came of it. You see
what you did, and what others did to you and your machines; an administrator sees all of it.
With -o json and --follow there is one JSON object a line.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runAudit(cmd.Context(), q) },
	}
	f := cmd.Flags()
	f.StringVar(&q.user, "user", "", "only what this user did (name or id)")
	f.StringVar(&q.machine, "machine", "", "only what concerns this machine (name or id)")
	f.StringVar(&q.event, "event", "", "only this event, or those that begin with these words: login")
	f.StringVar(&q.result, "result", "", "only ok, denied or failed")
	f.StringVar(&q.ip, "ip", "", "only from this address")
	f.StringVar(&q.since, "since", "", "not before: a time (2026-01-31T15:04:05Z), a day, or how long ago (90m)")
	f.StringVar(&q.until, "until", "", "before: the same")
	f.IntVarP(&q.lines, "lines", "n", 100, "the last so many, 1000 at most")
	f.BoolVarP(&q.follow, "follow", "f", false, "go on with what comes, until interrupted")
	cmd.AddCommand(a.auditVerifyCmd())
	return cmd
}

func (q auditQuery) values(now time.Time) (url.Values, error) {
	v := url.Values{}
	for name, value := range map[string]string{
		"user": q.user, "machine": q.machine, "event": q.event, "result": q.result, "ip": q.ip,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.result != "" && !slices.Contains([]string{wire.AuditOK, wire.AuditDenied, wire.AuditFailed}, q.result) {
		return nil, usage("--result is ok, denied or failed, not %q", q.result)
	}
	if q.lines < 1 || q.lines > 1000 {
		return nil, usage("--lines is a number from 1 to 1000")
	}
	v.Set("limit", strconv.Itoa(q.lines))
	for name, value := range map[string]string{"since": q.since, "until": q.until} {
		if value == "" {
			continue
		}
		at, err := moment(value, now)
		if err != nil {
			return nil, usage("--%s is a time like 2026-01-31T15:04:05Z, a day like 2026-01-31, or how long ago like 90m, not %q", name, value)
		}
		v.Set(name, at.UTC().Format(time.RFC3339Nano))
	}
	return v, nil
}

// moment is a time as people write it.
func moment(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339Nano, text)
}

func (a *app) runAudit(ctx context.Context, q auditQuery) error {
	query, err := q.values(time.Now())
	if err != nil {
		return err
	}
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Audit(ctx, query)
	if err != nil {
		return err
	}
	if !q.follow {
		return a.print(list, func(w io.Writer) { table(w, append([][]string{auditHead}, auditRows(list.Records)...)) })
	}
	query.Set("wait", "true")
	query.Set("limit", "1000")
	for {
		if err := a.printRecords(list.Records); err != nil {
			return err
		}
		query.Set("after", strconv.FormatInt(max(list.Through, 1), 10))
		if list, err = api.Audit(ctx, query); err != nil {
			return err
		}
	}
}

// printRecords writes what came, a line each.
func (a *app) printRecords(records []wire.AuditRecord) error {
	for _, r := range records {
		line := encode(r)
		if !a.json() {
			line = []byte(clean(strings.Join(auditRow(r), "  ")) + "\n")
		}
		if _, err := a.Out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

var auditHead = []string{"TIME", "EVENT", "RESULT", "USER", "FROM", "MACHINE", "DETAIL"}

func auditRows(records []wire.AuditRecord) (rows [][]string) {
	for _, r := range records {
		rows = append(rows, auditRow(r))
	}
	return rows
}

func auditRow(r wire.AuditRecord) []string {
	return []string{
		r.Time.Local().Format(time.DateTime), r.Event, r.Result, or(or(r.Username, r.UserID), "-"), or(r.IPAddress, "-"),
		or(or(r.MachineName, r.AgentID), "-"), auditDetail(r),
	}
}

func auditDetail(r wire.AuditRecord) string {
	var words []string
	if r.SessionID != "" {
		words = append(words, "session="+r.SessionID)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Detail)) {
		if value := r.Detail[name]; value != "" {
			words = append(words, name+"="+quoteIfOdd(value))
		}
	}
	return strings.Join(words, " ")
}

// quoteIfOdd keeps one value from looking like several.
func quoteIfOdd(value string) string {
	if strings.ContainsAny(value, " =\"") {
		return fmt.Sprintf("%q", value)
	}
	return value
}
