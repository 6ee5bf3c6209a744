//go:build man

package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// packagers are the commands for those who make packages of vsay, built with
// -tags man: their library would cost every process of vsay memory at its start.
//
// The date of the pages is SOURCE_DATE_EPOCH where that is set, so that a
// package can be built twice.
func (a *app) packagers() []*cobra.Command {
	return []*cobra.Command{{
		Use:    "man DIR",
		Short:  "Write a man page for each command into a folder",
		Hidden: true,
		Args:   takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true // no date at the foot of each page
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "vsay", Manual: "vsay"}, args[0])
		},
	}}
}
