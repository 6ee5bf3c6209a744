package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) machinesCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"machines"},
		Short:   "List the machines",
		Args:    takes(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runMachines(cmd.Context()) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "rm MACHINE",
		Short:             "End a machine's credential and cut its agent off",
		Args:              takes(1, 1),
		ValidArgsFunction: a.completeMachines,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runRemove(cmd.Context(), args[0]) },
	})
	cmd.AddCommand(a.setMachineCmd())
	cmd.AddCommand(&cobra.Command{
		Use:   "approve MACHINE",
		Short: "Let a new machine in, on a server that holds them until then",
		Long: `Approve lets a machine in that was enrolled with your API key and is pending.
Look at its name and address first (vsay ls -o json): whoever has the key can
enroll one. What you do not know goes with vsay ls rm, and then rotate the key.`,
		Args:              takes(1, 1),
		ValidArgsFunction: a.completeMachines,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runApprove(cmd.Context(), args[0]) },
	})
	return cmd
}

func (a *app) runApprove(ctx context.Context, name string) error {
	api, m, err := a.machine(ctx, name)
	if err != nil {
		return err
	}
	now, err := api.ApproveMachine(ctx, m.AgentID)
	if err != nil {
		return err
	}
	a.say("%s is let in: it comes online within a minute", now.Machine.Name)
	return a.printJSON(now)
}

// sayPending tells of machines that wait, which nobody would notice else.
func (a *app) sayPending(list []wire.Machine) {
	for _, m := range list {
		if m.Status == wire.StatusPending {
			a.say("%s waits to be let in, from %s: vsay ls approve %s, or vsay ls rm %s", m.Name, m.IPAddress, m.Name, m.Name)
		}
	}
}

func (a *app) runMachines(ctx context.Context) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	list, err := api.Machines(ctx)
	if err != nil {
		return err
	}
	if len(list.Machines) == 0 {
		a.say("no machines yet; on one of them run  vsay agent --host %s --token KEY  with the key that vsay api-key shows", api.Endpoint.URL.String())
		if !a.json() {
			return nil
		}
	}
	a.sayPending(list.Machines)
	return a.print(list, func(w io.Writer) {
		rows := [][]string{{"NAME", "STATUS", "OS", "CPU", "MEM", "DISK", "UPTIME", "LAST SEEN"}}
		for _, m := range list.Machines {
			rows = append(rows, machineRow(m, time.Now()))
		}
		table(w, rows)
	})
}

// machineRow is one line of `vsay ls`. What a machine that is offline last said
// of its load is old, and left out.
func machineRow(m wire.Machine, now time.Time) []string {
	row := []string{m.Name, m.Status, m.OS + "/" + m.Arch, "-", "-", "-", "-", "never"}
	if m.Status == wire.StatusOnline {
		row[3], row[4], row[5] = percent(m.CPUPercent), percent(m.MemoryPercent), percent(m.DiskPercent)
		row[6] = span(time.Duration(m.Uptime) * time.Second)
	}
	if m.LastActive != nil {
		row[7] = ago(*m.LastActive, now)
	}
	return row
}

// percent is a load, which a server may put at anything.
func percent(p float64) string { return fmt.Sprintf("%.0f%%", min(max(p, 0), 100)) }

// ago is how long ago a time was.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	if d < time.Minute {
		return "now"
	}
	return span(d) + " ago"
}

// span is a duration to its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

func (a *app) runRemove(ctx context.Context, name string) error {
	api, m, err := a.machine(ctx, name)
	if err != nil {
		return err
	}
	if err := api.DeleteMachine(ctx, m.AgentID); err != nil {
		return err
	}
	a.say("removed %s: its agent is cut off and its credential is void", m.Name)
	return a.printJSON(wire.OneMachine{Machine: m})
}
