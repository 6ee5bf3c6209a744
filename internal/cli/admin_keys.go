package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func (a *app) adminRotateCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-keys",
		Short: "Sign tokens with a fresh key from now on; nobody is signed out",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.adminRotate(cmd.Context()) },
	}
}

func (a *app) adminRotate(ctx context.Context) error {
	api, err := a.client(ctx)
	if err != nil {
		return err
	}
	done, err := api.RotateKeys(ctx)
	if err != nil {
		return err
	}
	return a.print(done, func(w io.Writer) {
		fmt.Fprintf(w, "tokens are signed with the key %s now; those of before are good until their end\n", done.KeyID)
	})
}
