package cli

import (
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

func FuzzAuditRow(f *testing.F) {
	f.Add("ann", "box\r\n2026-01-01 login ok root", "rm -rf /\x1b[2J", "\u009b31m\u202e\u2028")
	f.Fuzz(func(t *testing.T, user, machine, command, ip string) {
		r := wire.AuditRecord{Username: user, MachineName: machine, IPAddress: ip, Event: command, Detail: map[string]string{"command": command}}
		var out strings.Builder
		table(&out, append([][]string{auditHead}, auditRows([]wire.AuditRecord{r})...))
		if text := out.String(); strings.Count(text, "\n") != 2 || strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), wire.Unsafe) {
			t.Errorf("%q", text)
		}
		var line strings.Builder
		for _, format := range []string{"human", "json"} {
			line.Reset()
			a := &app{Streams: Streams{Out: &line}}
			a.Output = format
			if err := a.printRecords([]wire.AuditRecord{r}); err != nil {
				t.Fatal(err)
			}
			if text, ok := strings.CutSuffix(line.String(), "\n"); !ok || strings.ContainsFunc(text, wire.Unsafe) {
				t.Errorf("%s: %q", format, text)
			}
		}
	})
}

func TestMomentsAsPeopleWriteThem(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"90m":                  now.Add(-90 * time.Minute),
		"2026-03-01T10:00:00Z": time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC),
		"2026-03-01":           time.Date(2026, 3, 1, 0, 0, 0, 0, time.Local),
	} {
		if got, err := moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	if _, err := moment("yesterday", now); err == nil {
		t.Error("yesterday is understood")
	}
}
