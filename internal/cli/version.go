package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set by the linker, as -X vsay/internal/cli.version=1.2.3. A build without
// them asks what Go itself wrote into the binary.
var (
	version = ""
	commit  = ""
	date    = ""
)

// build is what `vsay version` prints.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// thisBuild is the version of this binary; "dev" when nobody has said.
func thisBuild() build {
	b := build{version, commit, date, runtime.Version(), runtime.GOOS, runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		b.Version = or(b.Version, "dev")
		return b
	}
	if info.Main.Version != "(devel)" {
		b.Version = or(b.Version, info.Main.Version)
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = or(b.Commit, s.Value)
		case "vcs.time":
			b.Date = or(b.Date, s.Value)
		}
	}
	b.Version = or(b.Version, "dev")
	return b
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show which vsay this is",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			return a.print(b, func(w io.Writer) {
				fmt.Fprintf(w, "vsay %s (%s, %s/%s)\n", b.Version, b.Go, b.OS, b.Arch)
			})
		},
	}
}
