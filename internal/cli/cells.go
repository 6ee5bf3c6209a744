package cli

import (
	"strings"

	"vsay/internal/screen"
)

// cells is how many columns of a terminal text takes that was cleaned.
func cells(s string) (n int) {
	for _, r := range s {
		n += screen.Width(r)
	}
	return n
}

// cut shortens text to so many columns, and shows that it did.
func cut(s string, width int) string {
	if cells(s) <= width {
		return s
	}
	room := width - 1 // for the dots
	for i, r := range s {
		if room -= screen.Width(r); room < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills text up to so many columns.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-cells(s))) }
