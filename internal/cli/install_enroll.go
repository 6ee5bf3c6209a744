//go:build unix

package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"vsay/internal/agent"
	"vsay/internal/wire"
)

func (a *app) enrollCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enroll --host HOST --token-file FILE",
		Short: "Give this machine its credential, and end",
		Long: `Enroll does what the first start of an agent does: it trades the API key for a
credential of the machine's own, sees that the server takes it, and ends. An
agent with the same --state-dir needs no key then, so none has to stay here.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.agentOptions(cmd)
			if err != nil {
				return err
			}
			return a.enroll(cmd.Context(), o)
		},
	}
	agentFlags(cmd)
	stateDirFlag(cmd)
	return cmd
}

func (a *app) enroll(ctx context.Context, o agentOptions) error {
	if err := hideSecrets(o); err != nil {
		return err
	}
	o.LogFormat = "text"
	c, err := a.agentConfig(ctx, o)
	if err != nil {
		return err
	}
	ctx, done := context.WithTimeout(ctx, 30*time.Second)
	defer done()
	if err := c.Endpoint.Knock(ctx); err != nil {
		return err // an agent would go on trying
	}
	var name string
	c.Log = slog.New(slog.DiscardHandler)
	c.Online = func(_, n string) {
		name = n
		done()
	}
	ag, err := agent.New(c)
	if err != nil {
		return err
	}
	defer ag.Close()
	if err := ag.Run(ctx); err != nil {
		return err
	}
	if name == "" {
		return wire.ErrUnreachable.With("%s did not let this machine in within 30 seconds: try again, or see with vsay ls whether it waits to be approved", c.Endpoint.URL.Host)
	}
	a.say("enrolled at %s as %s", c.Endpoint.URL.Host, name)
	return nil
}

// onlineStatus begins what `systemctl status` shows of an agent that came online.
const onlineStatus = "came online as "

// tellSystemd says when the agent came online, where its service manager asked for
// such news.
func tellSystemd(_, name string) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	conn, err := (&net.Dialer{}).Dial("unixgram", socket)
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "STATUS=%s%s at %s", onlineStatus, name, time.Now().UTC().Format(time.RFC3339))
}
