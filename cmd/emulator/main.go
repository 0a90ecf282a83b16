// Command emulator serves the vendors' HTTP APIs on the loopback interface,
// for tests and demonstrations. See package internal/emulator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
)

const usage = `Usage: emulator [flags]

Serves the HTTP APIs of the vendors the way their documentation describes them:
guance under /guance, portkey under /portkey/v1 (or /portkey), slaunchx under
/slaunchx/prometheus (or /slaunchx), groundfloor under /groundfloor, oceanbase
under /oceanbase, and a control API under /_control (GET it for a list of what
it can do). Prints one line, "listening on URL", when it is ready; stops on
SIGTERM or SIGINT.

If the --state file exists, the objects, credentials and settings in it win
over the flags.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 2 for wrong flags, 1 for a failure, else 0.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var options emulator.Options
	var listener emulator.Listener
	flags := newFlags(&options, &listener, stderr)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "emulator: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if err := emulator.Run(ctx, options, listener, stdout); err != nil {
		fmt.Fprintln(stderr, "emulator:", err)
		return 1
	}
	return 0
}
