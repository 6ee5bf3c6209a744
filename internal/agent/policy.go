//go:build unix

package agent

import (
	"slices"
	"strings"

	"vsay/internal/wire"
)

// Policy is what sessions may do on this machine, whatever its server says: it is
// checked here and in the holders. It is about what is done and not about who does
// it, for that nobody but the server could tell. The zero value allows everything.
type Policy struct {
	ReadOnly bool       // people watch what the shell shows: nothing that they type, and no signal, reaches it
	Commands [][]string // all that is run, word by word; there is a shell only with ReadOnly then
}

func (p Policy) limits() bool { return p.ReadOnly || len(p.Commands) > 0 }

// permit is the spec of a session that may be started, with nothing in it by which
// the server could have another program run than the one that is allowed: no
// variables (a shell would run its PROMPT_COMMAND) and no folder.
func (p Policy) permit(s wire.Spec) (wire.Spec, error) {
	if !p.limits() {
		return s, nil
	}
	switch {
	case s.Kind == wire.KindShell && !p.ReadOnly:
		return s, wire.ErrForbidden.With("this machine has no shell for its server: it runs the commands that its agent was started with (--allow-command)")
	case s.Kind == wire.KindExec && !slices.ContainsFunc(p.Commands, func(c []string) bool { return slices.Equal(c, s.Command) }):
		return s, wire.ErrForbidden.With("this machine does not run that command: its agent was started with those that it runs (--allow-command), and with no other")
	case s.Kind != wire.KindShell && s.Kind != wire.KindExec:
		return s, wire.ErrForbidden.With("this machine does not know that kind of session")
	case s.Dir != "":
		return s, wire.ErrForbidden.With("this machine runs programs in the home folder only: leave --workdir out")
	case slices.ContainsFunc(s.Env, func(kv string) bool { return !harmless(kv) }):
		return s, wire.ErrForbidden.With("this machine takes no variables for its programs: leave --env out")
	}
	return wire.Spec{
		Kind: s.Kind, Command: s.Command, Shown: s.Shown, TTY: s.TTY || s.Kind == wire.KindShell, Term: s.Term,
		Cols: s.Cols, Rows: s.Rows, Orphan: s.Orphan,
	}, nil
}

// harmless variables come with every session: they are left out without a word.
func harmless(kv string) bool {
	key, _, _ := strings.Cut(kv, "=")
	return key == "LANG" || key == "COLORTERM" || strings.HasPrefix(key, "LC_")
}
