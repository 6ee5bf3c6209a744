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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := cli.Run(ctx, os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
