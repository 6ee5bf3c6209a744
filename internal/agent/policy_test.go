//go:build unix

package agent

import (
	"errors"
	"reflect"
	"testing"

	"vsay/internal/wire"
)

func TestPolicy(t *testing.T) {
	shell := wire.Spec{Kind: wire.KindShell, TTY: true}
	uptime := wire.Spec{Kind: wire.KindExec, Command: []string{"uptime", "-p"}}
	with := func(s wire.Spec, change func(*wire.Spec)) wire.Spec {
		change(&s)
		return s
	}
	listed := [][]string{{"df"}, {"uptime", "-p"}}
	everything, watched := Policy{}, Policy{ReadOnly: true}
	some, both := Policy{Commands: listed}, Policy{ReadOnly: true, Commands: listed}
	for name, c := range map[string]struct {
		spec wire.Spec
		in   []Policy
	}{
		"a shell":            {shell, []Policy{everything, watched, both}},
		"a listed command":   {uptime, []Policy{everything, some, both}},
		"fewer words":        {with(uptime, func(s *wire.Spec) { s.Command = s.Command[:1] }), []Policy{everything}},
		"more words":         {with(uptime, func(s *wire.Spec) { s.Command = []string{"uptime", "-p", "-s"} }), []Policy{everything}},
		"one word of two":    {with(uptime, func(s *wire.Spec) { s.Command = []string{"uptime -p"} }), []Policy{everything}},
		"no command":         {with(uptime, func(s *wire.Spec) { s.Command = nil }), []Policy{everything}},
		"another kind":       {with(uptime, func(s *wire.Spec) { s.Kind = "Exec" }), []Policy{everything}},
		"a variable":         {with(shell, func(s *wire.Spec) { s.Env = []string{"PROMPT_COMMAND=id"} }), []Policy{everything}},
		"a path":             {with(uptime, func(s *wire.Spec) { s.Env = []string{"PATH=/tmp"} }), []Policy{everything}},
		"a folder":           {with(uptime, func(s *wire.Spec) { s.Dir = "/tmp" }), []Policy{everything}},
		"a shell and a list": {with(shell, func(s *wire.Spec) { s.Command = []string{"df"} }), []Policy{everything, watched, both}},
	} {
		for _, p := range []Policy{everything, watched, some, both} {
			want := false
			for _, q := range c.in {
				want = want || reflect.DeepEqual(p, q)
			}
			got, err := p.permit(c.spec)
			if want != (err == nil) || err != nil && !errors.Is(err, wire.ErrForbidden) {
				t.Errorf("%s under %+v: %v", name, p, err)
			}
			if err == nil && !p.limits() && !reflect.DeepEqual(got, c.spec) {
				t.Errorf("%s is changed to %+v", name, got)
			}
		}
	}
}

// What comes with every session is left out, and a shell always has a terminal: the
// server chooses neither.
func TestPolicyLeavesOutWhatTheServerAdds(t *testing.T) {
	ask := wire.Spec{Kind: wire.KindShell, Env: []string{"LANG=/tmp/evil", "LC_ALL=C", "COLORTERM=truecolor"}, Term: "xterm", Cols: 90, Rows: 30}
	got, err := Policy{ReadOnly: true}.permit(ask)
	want := wire.Spec{Kind: wire.KindShell, TTY: true, Term: "xterm", Cols: 90, Rows: 30}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}
