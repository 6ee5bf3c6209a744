package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The table of docs/security.md rests on tests. Each that it names has to exist, and
// each row has to say how it stands.
func TestSecurityPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "## Line by line")
	if !found {
		t.Fatal("docs/security.md has no table any more")
	}
	table, _, _ = strings.Cut(table, "## Not there")
	there := tests(t)
	name := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| line |") {
			continue
		}
		rows++
		if len(cells) != 4 {
			t.Errorf("a row of %d cells: %s", len(cells), line)
			continue
		}
		named := name.FindAllStringSubmatch(cells[2], -1)
		for _, n := range named {
			if !slices.Contains(there, n[1]) {
				t.Errorf("docs/security.md names %s, and there is no such test: name the one that holds %q now", n[1], strings.TrimSpace(cells[0]))
			}
		}
		state := strings.TrimSpace(cells[3])
		reason := strings.HasPrefix(state, "partly: ") || strings.HasPrefix(state, "not yet: ")
		if !reason && (len(named) == 0 || !strings.HasPrefix(state, "held")) {
			t.Errorf("%q is %q: say held and the test, or partly or not yet and why", strings.TrimSpace(cells[0]), state)
		}
	}
	if rows < 66 {
		t.Errorf("%d rows: there were 66 lines to hold", rows)
	}
}

// tests are the names of all tests of the project.
func tests(t *testing.T) (names []string) {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, dir := range []string{"../../cmd", "../../internal", "../../web"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, n := range declared.FindAllSubmatch(text, -1) {
				names = append(names, string(n[1]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
