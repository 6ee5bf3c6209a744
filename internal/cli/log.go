package cli

import (
	"bytes"
	"io"
	"log/slog"

	"vsay/internal/wire"
)

// logger writes to stderr; with --quiet only what somebody should look at.
func (a *app) logger(format, level string) *slog.Logger {
	o := &slog.HandlerOptions{Level: map[string]slog.Level{"debug": slog.LevelDebug, "warn": slog.LevelWarn}[level]}
	if a.Quiet {
		o.Level = slog.LevelWarn
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(oneLine{a.Err}, o))
	}
	return slog.New(slog.NewTextHandler(a.Err, o))
}

// oneLine escapes what steers a terminal in lines of JSON: JSON itself escapes C0 alone.
type oneLine struct{ out io.Writer }

// Write is io.Writer's, of whole lines.
func (w oneLine) Write(line []byte) (int, error) {
	_, err := w.out.Write(append(wire.EscapeJSON(bytes.TrimSuffix(line, []byte("\n"))), '\n'))
	return len(line), err
}
