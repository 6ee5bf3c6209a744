package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"vsay/internal/wire"
)

// clean makes text from elsewhere fit to be shown: whatever could steer a
// terminal, or turn the order of what is read, is shown as an escape instead.
func clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, wire.Unsafe) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1, r < 0x100 && wire.Unsafe(r):
			fmt.Fprintf(&b, `\x%02x`, s[n-1]) // the last byte of a C1 is its number
		case wire.Unsafe(r) && r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		case wire.Unsafe(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// encode is v as one line of JSON that may be shown on a terminal: JSON itself
// escapes C0 alone.
func encode(v any) []byte { return append(wire.EscapeJSON(wire.Encode(v)), '\n') }

// json tells whether results are to be JSON.
func (a *app) json() bool { return a.Output == "json" }

// print writes a result to stdout: v where JSON is wanted, else what human
// writes.
func (a *app) print(v any, human func(w io.Writer)) error {
	var b bytes.Buffer
	if a.json() {
		b.Write(encode(v))
	} else {
		human(&b)
	}
	_, err := a.Out.Write(b.Bytes())
	return err
}

// printJSON is print of what people were told, or did themselves.
func (a *app) printJSON(v any) error { return a.print(v, func(io.Writer) {}) }

// say tells something to a person, on stderr, unless --quiet. Arguments that
// are strings are cleaned.
func (a *app) say(format string, args ...any) {
	if a.Quiet {
		return
	}
	fmt.Fprintf(a.Err, format+"\n", cleaned(args)...)
}

func cleaned(args []any) []any {
	for i, v := range args {
		if s, ok := v.(string); ok {
			args[i] = clean(s)
		}
	}
	return args
}

// printError writes the one line, or the one object, that says what failed.
func (a *app) printError(e *wire.Error) {
	if a.json() || !a.running && asksJSON(a.args) {
		_, _ = a.Err.Write(encode(struct {
			Error string `json:"error"`
			Code  string `json:"code"`
		}{strings.ToValidUTF8(e.Message, "\ufffd"), e.Code}))
		return
	}
	fmt.Fprintf(a.Err, "vsay: %s\n", clean(e.Message))
}

// asksJSON finds -o json where the flags could not be parsed.
func asksJSON(args []string) bool {
	for i, arg := range args {
		switch arg {
		case "--":
			return false
		case "-o", "--output":
			return i+1 < len(args) && args[i+1] == "json"
		case "-ojson", "-o=json", "--output=json":
			return true
		}
	}
	return false
}

// table writes rows in columns, with a gap between them; the first row is the head.
// Every cell is cleaned.
func table(w io.Writer, rows [][]string) {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = clean(cell)
		}
	}
	for _, row := range rows {
		var line strings.Builder
		last := len(row) - 1
		for i, cell := range row[:last] {
			line.WriteString(pad(cell, widest(rows, i)) + gap)
		}
		fmt.Fprintln(w, line.String()+row[last])
	}
}

const gap = "  "
