package screen

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestOutputGoesOnAfterASnapshot: who joins in the middle of a stream, of a
// sequence even, or of a character, ends with the same screen as who was there
// from the beginning.
func TestOutputGoesOnAfterASnapshot(t *testing.T) {
	for seed := range uint64(2000) {
		q := randomQuestion(seed, tokens, false)
		text := q.Steps[0].Write
		cut := rand.New(rand.NewPCG(seed, 2)).IntN(len(text) + 1)
		there := q.replay()
		first := New(q.Cols, q.Rows)
		first.SetHistory(q.History)
		first.Write(text[:cut])
		if first.mode.has(modeInsert) || first.cur.x >= q.Cols && first.cur.row(first.cur.y).at(q.Cols-1).empty() {
			continue // a mark after it, or an empty cell in the last column, is not passed on
		}
		joined := New(q.Cols, q.Rows)
		joined.SetHistory(q.History)
		joined.Write([]byte(litter))
		joined.Write(first.Snapshot())
		joined.Write(text[cut:])
		// A cursor that was saved on an alternate screen left long ago is not passed on.
		want, got := faint(there.settled().describe(), there.titled), faint(joined.settled().describe(), there.titled)
		if d := differences(unsaved(got), unsaved(want)); d != "" {
			t.Errorf("stream %d, %q and after a snapshot %q, differs:%s", seed, text[:cut], text[cut:], d)
		}
	}
}

func TestMarkJoinsAcrossASnapshot(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"e", "\u0301", "e\u0301"},
		{"\x1b[31mab", "\x1b[3b", "abbbb"},
		{"e\xcc", "\x81", "e\u0301"},
		{"x\x1b[3", "4mé", "xé"},
		{"x\x1b]2;ti", "tle\x07y", "xy"},
		{"0123456789", "\u0301!", "012345678" + "9\u0301"},
	} {
		s := New(10, 3)
		s.Write([]byte(c.before))
		joined := New(10, 3)
		joined.Write(s.Snapshot())
		joined.Write([]byte(c.after))
		if got := joined.Text()[0]; got != c.want {
			t.Errorf("%q, a snapshot, %q: %q instead of %q", c.before, c.after, got, c.want)
		}
	}
}

// questions are the sequences of a text at which some terminal writes something
// back, or which carry what a snapshot has no use for.
func questions(text []byte) []string {
	found := slices.DeleteFunc(sequences(text), func(seq string) bool {
		final := seq[len(seq)-1]
		switch {
		case strings.HasPrefix(seq, "\x1b["):
			status := strings.IndexByte("cnx", final) >= 0 // DA, DSR, DECREQTPARM
			mode := final == 'p' && strings.Contains(seq, "$")
			version := final == 'q' && strings.Contains(seq, ">")
			keyboard := final == 'u' && strings.Contains(seq, "?")
			window := final == 't' && seq != "\x1b[22;2t" // to put a title aside asks nothing
			return !(status || mode || version || keyboard || window)
		case strings.HasPrefix(seq, "\x1b]"):
			number, _, _ := strings.Cut(seq[2:], ";")
			return number == "2" || number == "8"
		}
		return strings.IndexByte("PX^_Z", seq[1]) < 0
	})
	if bytes.IndexByte(text, 0x05) >= 0 {
		found = append(found, "ENQ")
	}
	return found
}

// sequences are the escape sequences of a text; strings with their ends.
func sequences(text []byte) []string {
	var all []string
	for i := bytes.IndexByte(text, esc); i >= 0; i = bytes.IndexByte(text, esc) {
		text = text[i:]
		n := 2
		switch {
		case len(text) < 2:
			n = len(text)
		case text[1] == '[':
			for n < len(text) && (text[n] < '@' || text[n] > '~') {
				n++
			}
			n = min(n+1, len(text))
		case strings.IndexByte("]P_^X", text[1]) >= 0:
			if end := bytes.Index(text, []byte("\x1b\\")); end > 0 {
				n = end + 2
			}
		}
		all = append(all, string(text[:n]))
		text = text[n:]
	}
	return all
}

// asking is every question a program may ask a terminal.
var asking = []string{
	"\x1b[c", "\x1b[>c", "\x1b[=c", "\x1b[6n", "\x1b[?6n", "\x1b[?996n", "\x1b[x", "\x1b[?2004$p", "\x1b[4$p", "\x1bP$qm\x1b\\", "\x1bP+q544e\x1b\\",
	"\x1b[14t", "\x1b[18t", "\x1b[21t", "\x1b]10;?\x1b\\", "\x1b]4;1;?\x1b\\", "\x1b]52;c;?\x1b\\", "\x1b[?u", "\x1b[>q", "\x1bZ", "\x1b_Gi=1,a=q;\x1b\\", "\x05",
}

func TestQuestionsAreFound(t *testing.T) {
	for _, ask := range asking {
		if len(questions([]byte("text\x1b[1m"+ask+"more"))) != 1 {
			t.Errorf("%q passed for no question", ask)
		}
	}
}

// TestSnapshotAsksNothing: neither the programs' questions nor any of its own.
func TestSnapshotAsksNothing(t *testing.T) {
	for _, c := range corpus {
		q := c.question()
		q.Steps = append(q.Steps, step{Write: []byte(strings.Join(asking, "x"))})
		if found := questions(q.replay().finished()); len(found) > 0 {
			t.Errorf("after %q the snapshot asks %q", c.name, found)
		}
	}
	for seed := range uint64(500) {
		q := randomQuestion(seed, slices.Concat(tokens, quirks, asking), true)
		if found := questions(q.replay().finished()); len(found) > 0 {
			t.Errorf("after stream %d, %v, the snapshot asks %q", seed, q, found)
		}
	}
}

// TestSnapshotOfUnfinishedStrings: what is too long to be kept is not made
// into something else by what follows.
func TestSnapshotOfUnfinishedStrings(t *testing.T) {
	long := strings.Repeat("x", 3*maxString)
	for _, c := range []struct{ before, after string }{
		{"a\x1b]52;c;" + long, long + "\x07b"},
		{"a\x1bPq" + long, long + "\x1b\\b"},
		{"a\x1b_G" + long, long + "\x1b\\b"},
		{"a\x1b[" + strings.Repeat("1;", maxString), "31mb"},
	} {
		s := New(20, 3)
		s.Write([]byte(c.before))
		joined := New(20, 3)
		joined.Write(s.Snapshot())
		joined.Write([]byte(c.after))
		if got := joined.Text()[0]; got != "ab" {
			t.Errorf("%.10q: %q", c.before, got)
		}
	}
}

func TestRedrawLeavesTheHistory(t *testing.T) {
	s := New(20, 3)
	s.Write([]byte(lines(9, "new") + "end"))
	other := New(20, 3)
	other.Write([]byte(lines(9, "old")))
	before := other.History()
	other.Write(s.Redraw())
	if got := other.Text(); !slices.Equal(got, s.Text()) {
		t.Errorf("it shows %q instead of %q", got, s.Text())
	}
	if other.History() != before {
		t.Errorf("the history went from %d to %d lines", before, other.History())
	}
}

// TestSnapshotOnOtherWidths: a terminal with another table of widths has all
// that follows a disputed character in the right column.
func TestSnapshotOnOtherWidths(t *testing.T) {
	s := New(30, 2)
	s.Write([]byte("\U0001F600 one \U0001F468\u200D\U0001F467 two ☺\ufe0f three"))
	narrow := New(30, 2)
	narrow.measure = func(r rune) int {
		if r >= 0x1f000 {
			return 1
		}
		return min(1, s.width(r))
	}
	narrow.Write(s.Snapshot())
	for x := range 30 {
		if got, want := narrow.Cell(x, 0).Text, s.Cell(x, 0).Text; want != "" && want[0] < 0x80 && got != want {
			t.Errorf("column %d has %q instead of %q", x, got, want)
		}
	}
}
