package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"vsay/internal/wire"
)

func (a *app) setMachineCmd() *cobra.Command {
	var name, description string
	var labels []string
	cmd := &cobra.Command{
		Use:   "set MACHINE",
		Short: "Give a machine another name, description or labels",
		Long: `Give a machine another name, description or labels than it has of its agent. The name holds
until the agent asks for another one than now. Labels replace all that there are. An empty
value (--name "", --label "") goes back to what the machine says of itself.`,
		Args:              takes(1, 1),
		ValidArgsFunction: a.completeMachines,
		RunE: func(cmd *cobra.Command, args []string) error {
			var change wire.ChangeMachine
			if cmd.Flags().Changed("name") {
				change.Name = &name
			}
			if cmd.Flags().Changed("description") {
				change.Description = &description
			}
			if cmd.Flags().Changed("label") {
				all, err := parseLabels(labels)
				if err != nil {
					return err
				}
				change.Labels = &all
			}
			return a.runSetMachine(cmd.Context(), args[0], change)
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "what to call it")
	f.StringVar(&description, "description", "", "one line about it")
	f.StringSliceVar(&labels, "label", nil, "a label, `key=value`; may be given more than once")
	return cmd
}

// parseLabels reads what --label was given.
func parseLabels(given []string) (map[string]string, error) {
	all := map[string]string{}
	for _, l := range given {
		key, value, ok := strings.Cut(l, "=")
		if !ok || key == "" {
			return nil, usage("--label takes key=value, not %q", l)
		}
		all[key] = value
	}
	return all, nil
}

func (a *app) runSetMachine(ctx context.Context, which string, change wire.ChangeMachine) error {
	if change == (wire.ChangeMachine{}) {
		return usage("say what to set: --name, --description or --label")
	}
	api, m, err := a.machine(ctx, which)
	if err != nil {
		return err
	}
	now, err := api.ChangeMachine(ctx, m.AgentID, change)
	if err != nil {
		return err
	}
	if now.Machine.Name != m.Name {
		a.say("%s is %s now", m.Name, now.Machine.Name)
	}
	return a.printJSON(now)
}
