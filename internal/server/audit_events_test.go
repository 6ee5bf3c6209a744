package server

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Whoever reads the audit log, or has a collector look for an event, finds in
// docs/audit.md what there may be.
func TestEveryAuditEventIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`(?:audit|auditAs|auditSelf|noteOffline|onUser)\((?:r, |me, |ctx, )?"([^"]+)"|Event: "([^"]+)"|event :?= "([^"]+)"`)
	events := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range written.FindAllStringSubmatch(string(source), -1) {
			event := found[1] + found[2] + found[3]
			if events++; !strings.Contains(string(page), "`"+event+"`") {
				t.Errorf("%s writes %q, and docs/audit.md does not know it", file, event)
			}
		}
	}
	if events < 40 {
		t.Errorf("%d events were found: this test looks in the wrong place", events)
	}
	for event := range manners {
		if !strings.Contains(string(page), "`"+event+"`") {
			t.Errorf("docs/audit.md does not know %q", event)
		}
	}
}
