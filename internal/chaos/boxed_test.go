//go:build unix

package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vsay/internal/screen"
)

// boxed is a viewer whose terminal has another size than the session's: all it
// gets is pictures, the last of which has to be right.
type boxed struct {
	guest
	terminal *screen.Screen
}

// sizesOfBoxes are of the viewers in turn: one that is cut, one with a line around.
var sizesOfBoxes = [][2]uint16{{50, 10}, {100, 30}}

func newBoxed(s *stream, turn int) *boxed {
	size := sizesOfBoxes[turn%len(sizesOfBoxes)]
	return &boxed{guest{stream: s, cols: size[0], rows: size[1]}, screen.New(int(size[0]), int(size[1]))}
}

func (b *boxed) start() error { return b.attach(b) }

func (b *boxed) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, _ = b.terminal.Write(p)
	b.out.write(p)
	before := b.out.Records
	for _, line := range b.terminal.Text() {
		if r, ok := shown(line); ok && int64(r.number) >= b.out.Records {
			b.out.Records, b.out.last = int64(r.number)+1, r
		}
	}
	b.moved(before)
	return len(p), nil
}

// shown reads the beginning of a record, which is all that a narrow terminal has.
func shown(line string) (r record, ok bool) {
	if len(line) < padAt {
		return r, false
	}
	n, _ := fmt.Sscanf(line[:padAt], "%04x.%010d.%010d.%016x.", &r.life, &r.number, &r.seen, &r.hash)
	return r, n == 4
}

func (b *boxed) check() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.host.mu.Lock()
	last := slices.Clone(b.host.out.recent)
	b.host.mu.Unlock()
	if b.host.holder > 0 && differ() { // which may be from before there were pictures
		if end := last[len(last)-1]; b.out.last.number != end.number {
			b.stack.news.wrong("%s shows record %d at last, not %d", b, b.out.last.number, end.number)
		}
		return
	}
	want := clip(last, int(b.cols), int(b.rows))
	if got := b.terminal.Text(); !slices.Equal(got, want) {
		b.stack.news.wrong("%s, %d by %d, shows at the end\n%s\nand not\n%s", b, b.cols, b.rows, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// clip is what a terminal of some size should show of one of 80 by 24 that has
// these records on it, and its cursor at the beginning of the last line.
func clip(last []record, cols, rows int) (lines []string) {
	const width, height = 80, 24
	full := make([]string, height-1-min(len(last), height-1))
	for _, r := range last[max(0, len(last)-(height-1)):] {
		full = append(full, string(r.append(nil, false)[:bodyLen]))
	}
	full = append(full, "")
	for _, text := range full[max(0, height-rows):] {
		if cols > width {
			text = fmt.Sprintf("%-*s│", width, text)
		} else {
			text = text[:min(len(text), cols)]
		}
		lines = append(lines, strings.TrimRight(text, " "))
	}
	if rows > height {
		lines = append(lines, strings.Repeat("─", width)+"┘")
	}
	for len(lines) < rows {
		lines = append(lines, "")
	}
	return lines
}

func TestClip(t *testing.T) {
	var last []record
	for n := range uint64(40) {
		last = append(last, record{life: 1, number: n})
	}
	text := func(n int) string { return string(last[n].append(nil, false)[:bodyLen]) }
	small := clip(last, 50, 10)
	if len(small) != 10 || small[8] != text(39)[:50] || small[0] != text(31)[:50] || small[9] != "" {
		t.Errorf("cut:\n%s", strings.Join(small, "\n"))
	}
	large := clip(last, 100, 30)
	if len(large) != 30 || large[22] != text(39)+strings.Repeat(" ", 18)+"│" || large[23] != strings.Repeat(" ", 80)+"│" || !strings.HasSuffix(large[24], "─┘") || large[25] != "" {
		t.Errorf("with a line around:\n%s", strings.Join(large, "\n"))
	}
	if r, ok := shown(small[8]); !ok || r.number != 39 {
		t.Errorf("the last line is of record %d", r.number)
	}
}
