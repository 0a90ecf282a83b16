// Command cluster keeps the local control plane of test/cluster in the background: `make cluster-up` and `make cluster-down`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

const usage = `usage: cluster [-dir FOLDER] up|down|serve

up     starts the control plane in the background and returns once it is ready
down   stops it and removes its state
serve  runs it in the foreground until it is interrupted
`

func main() {
	dir := flag.String("dir", "bin/cluster", "folder for the kubeconfig, the state and the logs")
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir, flag.Arg(0)); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, command string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	p := paths(dir)
	switch command {
	case "up":
		return up(ctx, p)
	case "down":
		return down(ctx, p)
	case "serve":
		return serve(ctx, p)
	}
	flag.Usage()
	return fmt.Errorf("unknown command %q", command)
}
