package screen

import (
	"os"
	"path/filepath"
	"testing"
)

// TestProgramsLookAsInXterm plays what real programs wrote to a terminal of
// 80x24, up to several points of it, here and in xterm.js; and then draws what is
// there by a snapshot.
func TestProgramsLookAsInXterm(t *testing.T) {
	o := askable(t)
	recordings, err := filepath.Glob("testdata/programs/*.raw")
	if err != nil || len(recordings) == 0 {
		t.Fatal("there are no recordings", err)
	}
	for _, name := range recordings {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			const points = 12
			for i := range points {
				n := len(text) * (i + 1) / points
				q := question{Cols: 80, Rows: 24, History: DefaultHistory, Unicode: "11", Steps: []step{{Write: text[:n]}}}
				s := q.replay()
				if d := differences(unsaved(s.describe()), unsaved(o.ask(t, q).State)); d != "" {
					t.Errorf("after %d bytes it differs:%s", n, d)
				}
				again := question{Cols: 80, Rows: 24, History: DefaultHistory, Unicode: "11", Steps: []step{{Write: []byte(litter)}, {Write: s.Snapshot()}}}
				if d := differences(loose(o.ask(t, again).State, s.titled), loose(s.describe(), s.titled)); d != "" {
					t.Errorf("after %d bytes the snapshot differs:%s", n, d)
				}
			}
		})
	}
}
