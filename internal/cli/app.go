// Package cli is the vsay command: flags, environment, files, the terminal and
// exit codes. It is the only package that has a world around it.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// Streams are the command's three ends. Whether one is a terminal is seen by
// whether it is an *os.File that is one.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// app is one run of vsay.
type app struct {
	Streams
	settings
	args    []string       // without the program's name
	config  map[string]any // of config.yaml, once it was read
	cache   *store.Cache   // once it was opened
	acting  *login         // as whom, once that was found out
	raw     bool           // the terminal is raw
	running bool           // flags and arguments were right; what fails now is no wrong usage
}

// Run is vsay: args are those of the process, its name first. It returns the
// exit code. Started under the name vsay-agent, it is `vsay agent`.
func Run(ctx context.Context, args []string, s Streams) int {
	a := &app{Streams: s}
	defer a.close()
	if len(args) > 0 {
		a.args = args[1:]
		if name := filepath.Base(args[0]); strings.TrimSuffix(name, ".exe") == "vsay-agent" {
			a.args = append([]string{"agent"}, a.args...)
		}
	}
	root := a.rootCmd()
	root.SetArgs(a.args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	cmd, err := root.ExecuteContextC(ctx)
	return a.exitCode(cmd, err)
}

// exitError ends vsay with a remote program's exit code and not a word.
type exitError int

func (exitError) Error() string { return "the remote command failed" }

// ownFailure is the annotation of commands whose exit codes are the remote
// program's: every failure of vsay itself then exits with its value.
const ownFailure = "vsay/own-failure"

// exitCode prints what went wrong, if it says anything, and tells the exit
// code. It is the only place that prints an error.
func (a *app) exitCode(cmd *cobra.Command, err error) int {
	var remote exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &remote):
		return int(remote)
	}
	e := a.explain(cmd, err)
	a.printError(e)
	if cmd != nil && cmd.Annotations[ownFailure] == "255" {
		return 255
	}
	return e.Exit
}

// explain makes a *wire.Error of any error.
func (a *app) explain(cmd *cobra.Command, err error) *wire.Error {
	var e *wire.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return failed("interrupted")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return wire.ErrUnreachable.With("the server took too long to answer: try again")
	case !a.running:
		return usage("%s: see %s --help", firstLine(err.Error()), cmd.CommandPath())
	}
	return failed("%s", firstLine(err.Error()))
}

// usage is a wrong use of the command, exit code 2.
func usage(format string, args ...any) *wire.Error {
	e := wire.ErrBadRequest.With(format, args...)
	e.Code, e.Exit = "usage", wire.ExitUsage
	return e
}

// failed is a failure on this side of the network, exit code 1.
func failed(format string, args ...any) *wire.Error {
	e := wire.ErrInternal.With(format, args...)
	e.Code = "failed"
	return e
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
