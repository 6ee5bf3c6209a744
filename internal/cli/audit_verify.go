package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vsay/internal/server"
	"vsay/internal/wire"
)

func (a *app) auditVerifyCmd() *cobra.Command {
	var o dataOptions
	var file string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nobody has tampered with the audit log",
		Long: `Walk the whole audit log and say whether a record was changed, taken out, put in or moved: exit 0
if it is whole, 1 if not, with the first record that is wrong.

It asks the server, which takes an administrator. With --data-dir or --file it reads the database itself, of a server
that runs or does not, and writes nothing. Without a data folder or --master-key-file there is no key: then records that
are missing at the end of the log do not show.`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runAuditVerify(cmd.Context(), o, file) },
	}
	// Not from the environment: who sets VSAY_DATA_DIR for the server may still mean to ask it.
	cmd.Flags().StringVar(&o.DataDir, "data-dir", "", "read the database of the server in this `folder`, with its key")
	cmd.Flags().StringVar(&file, "file", "", "read this database `file`, a backup perhaps; with the key in --data-dir, if that is given")
	cmd.Flags().StringVar(&o.MasterKeyFile, "master-key-file", "", "the `file` with the master key, where it is not in the data folder (also VSAY_MASTER_KEY)")
	return cmd
}

func (a *app) runAuditVerify(ctx context.Context, o dataOptions, file string) error {
	check, err := a.auditCheck(ctx, o, file)
	if err != nil {
		return err
	}
	if err := a.print(check, func(w io.Writer) { fmt.Fprintln(w, clean(auditVerdict(check))) }); err != nil {
		return err
	}
	if !check.OK {
		return failed("the audit log was tampered with or is damaged: %s", check.Problem)
	}
	return nil
}

func (a *app) auditCheck(ctx context.Context, o dataOptions, file string) (check wire.AuditCheck, err error) {
	if o.DataDir != "" || file != "" {
		c := server.Config{DataDir: o.DataDir}
		if c.MasterKey, err = o.masterKey(); err != nil {
			return check, err
		}
		if check, err = server.VerifyAudit(ctx, c, file); err != nil {
			return check, failed("%s", firstLine(err.Error()))
		}
		return check, nil
	}
	api, err := a.client(ctx)
	if err != nil {
		return check, err
	}
	return api.VerifyAudit(ctx)
}

func auditVerdict(c wire.AuditCheck) string {
	if !c.OK {
		return fmt.Sprintf("NOT WHOLE: %s (%d records before it are sound)", c.Problem, c.Records)
	}
	said := []string{fmt.Sprintf("whole: %d records, %d to %d", c.Records, c.First, c.Last)}
	if c.Head != "" {
		said = append(said, "the last one's hash is "+c.Head)
	}
	if !c.Sealed {
		said = append(said, "without the key it cannot be seen whether records are missing at the end")
	}
	return strings.Join(said, "; ")
}
