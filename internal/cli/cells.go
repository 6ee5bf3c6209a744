package cli

import (
	"strings"
	"unicode"
)

// wide are the ranges of characters that take two columns of a terminal, as Unicode
// has it, coarsely: a row of a table may be a cell off, and no more is lost.
var wide = [][2]rune{
	{0x1100, 0x115f},
	{0x231a, 0x231b},
	{0x23e9, 0x23ec},
	{0x25fd, 0x25fe},
	{0x2e80, 0x303e},
	{0x3041, 0xa4cf},
	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff},
	{0x1fa70, 0x1faff},
	{0x20000, 0x3fffd},
}

// cells is how many columns of a terminal text takes that was cleaned.
func cells(s string) (n int) {
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	for _, w := range wide {
		if w[0] <= r && r <= w[1] {
			return 2
		}
	}
	return 1
}

// cut shortens text to so many columns, and shows that it did.
func cut(s string, width int) string {
	if cells(s) <= width {
		return s
	}
	room := width - 1 // for the dots
	for i, r := range s {
		if room -= cellsOf(r); room < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills text up to so many columns.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-cells(s))) }
