package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"vsay/internal/client"
	"vsay/internal/wire"
)

func (a *app) sessionsCmd() *cobra.Command {
	var ended bool
	cmd := &cobra.Command{
		Use:   "sessions [MACHINE]",
		Short: "Show what runs where, and who watches",
		Long: `Show what runs where, and who watches: on all machines, or on one. RUNS is the program
that has the terminal now, or the command of an exec; IDLE is for how long nothing was
put out or typed. Both are asked of the machine, and "-" where it does not answer.
With -o json there are the terminal's size and title as well. On a narrow terminal the
table is cut to fit; vsay kill takes ids as it shows them.`,
		Args:              takes(0, 1),
		ValidArgsFunction: a.completeMachines,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runSessions(cmd.Context(), strings.Join(args, ""), ended)
		},
	}
	cmd.Flags().BoolVarP(&ended, "all", "a", false, "show the last ones that ended as well, each with its exit code")
	return cmd
}

func (a *app) runSessions(ctx context.Context, machine string, ended bool) error {
	list, err := a.sessions(ctx, machine, ended)
	if err != nil {
		return err
	}
	if len(list.Sessions) == 0 && !a.json() {
		a.say("no sessions; vsay attach %s starts one", or(machine, "MACHINE"))
		return nil
	}
	return a.print(list, func(w io.Writer) { table(w, sessionTable(list.Sessions, time.Now(), a.width())) })
}

// sessions are those on one machine, or on all.
func (a *app) sessions(ctx context.Context, machine string, ended bool) (list wire.Sessions, err error) {
	var api *client.Client
	var on wire.Machine
	if machine == "" {
		api, err = a.client(ctx)
	} else {
		api, on, err = a.machine(ctx, machine)
	}
	if err != nil {
		return list, err
	}
	if ended {
		list, err = api.AllSessions(ctx)
	} else {
		list, err = api.Sessions(ctx)
	}
	if machine != "" {
		list.Sessions = slices.DeleteFunc(list.Sessions, func(s wire.Session) bool { return s.AgentID != on.AgentID })
	}
	return list, err
}

// Columns of the table that give way where the terminal is narrow, and how much
// of them stays.
const (
	columnName, columnRuns, columnWatchers, columnID = 0, 5, 6, 7

	narrowest = 13 // cells of the columns that are cut first
	shortID   = 8  // of an id, where there is no room for it: as much as tells sessions apart
	least     = 6  // of any, on a terminal that is narrower than most
)

// sessionTable is made for a terminal of that width; 0: for none.
func sessionTable(sessions []wire.Session, now time.Time, width int) [][]string {
	rows := [][]string{{"SESSION", "KIND", "STATUS", "STARTED", "IDLE", "RUNS", "WATCHED BY", "ID"}}
	for _, s := range sessions {
		rows = append(rows, sessionRow(s, now))
	}
	if width > 0 {
		fit(rows, width)
	}
	return rows
}

func sessionRow(s wire.Session, now time.Time) []string {
	name := s.MachineName
	if s.Name != "" {
		name += ":" + s.Name
	}
	idle := "-"
	if s.IdleSeconds != nil {
		idle = span(time.Duration(*s.IdleSeconds) * time.Second)
	}
	return []string{name, s.Kind, standing(s), ago(s.StartedAt, now), idle, or(runs(s), "-"), or(watchers(s.Viewers), "-"), s.SessionID}
}

// standing is a session's status, and once it is over, how it ended.
func standing(s wire.Session) string {
	switch {
	case s.Status != wire.StatusClosed:
		return s.Status
	case s.ExitCode == nil:
		return "lost"
	}
	return fmt.Sprintf("exit %d", *s.ExitCode)
}

// runs is what a session is busy with. Of an exec the command says more than the
// name of its program.
func runs(s wire.Session) string {
	if s.Command != "" {
		return s.Command
	}
	return s.Foreground
}

// width is that of the terminal that results are written to, in cells; 0: it is
// none, and nothing is cut.
func (a *app) width() int {
	f, ok := a.Out.(*os.File)
	if !ok {
		return 0
	}
	cols, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return cols
}

// fit makes rows no wider than a terminal. What is said at length goes first, then
// the end of the ids: vsay kill takes what is left of them.
func fit(rows [][]string, width int) {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = clean(cell) // as wide as it will be
		}
	}
	if shrink(rows, width, narrowest, columnRuns, columnWatchers) {
		return
	}
	for _, row := range rows[1:] {
		row[columnID] = row[columnID][:min(len(row[columnID]), shortID)]
	}
	if !shrink(rows, width, narrowest, columnRuns, columnWatchers) {
		shrink(rows, width, least, columnRuns, columnWatchers, columnName)
	}
}

// shrink cuts cells of some columns, of the widest ones first, until the rows are
// no wider than width (then it is true) or the columns as narrow as they may be.
func shrink(rows [][]string, width, narrowest int, columns ...int) bool {
	over := -len(gap) - width // there is no gap after the last one
	wide := make([]int, len(rows[0]))
	for i := range wide {
		wide[i] = widest(rows, i)
		over += wide[i] + len(gap)
	}
	for ; over > 0; over-- {
		most := slices.MaxFunc(columns, func(a, b int) int { return wide[a] - wide[b] })
		if wide[most] <= narrowest {
			break
		}
		wide[most]--
	}
	for _, row := range rows {
		for _, i := range columns {
			if i == columnWatchers {
				row[i] = fewer(row[i], wide[i])
			}
			row[i] = cut(row[i], wide[i])
		}
	}
	return over <= 0
}

func widest(rows [][]string, column int) (most int) {
	for _, row := range rows {
		most = max(most, cells(row[column]))
	}
	return most
}

// fewer leaves out the last of those who watch, as many as do not fit, and counts
// them.
func fewer(names string, width int) string {
	all := strings.Split(names, between)
	for n := len(all); n > 1 && cells(names) > width; {
		n--
		names = fmt.Sprintf("%s +%d", strings.Join(all[:n], between), len(all)-n)
	}
	return names
}

const between = ", "

// watchers names those who watch, each with what it watches by.
func watchers(viewers []wire.Viewer) string {
	var names []string
	for _, v := range viewers {
		name := v.Username
		if v.Source != "" {
			name += " (" + v.Source + ")"
		}
		if v.ReadOnly {
			name += " read-only"
		}
		names = append(names, name)
	}
	return strings.Join(names, between)
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
