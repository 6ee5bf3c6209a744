// Command vsay is a terminal to a machine that cannot be reached, through a
// server that can be.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"vsay/internal/cli"
)

func main() {
	ctx, leave := context.WithCancel(context.Background())
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-told
		signal.Stop(told) // first: as soon as anybody sees it leave, a second signal ends it at once
		leave()
	}()
	os.Exit(cli.Run(ctx, os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
