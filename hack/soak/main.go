// Command soak lets everything run as processes for some minutes, and lets everything go wrong: etcd, an API server, a controller manager, two operators with leader
// election, and the vendors' emulator with its state on disk. Tenants create, edit, rotate and delete at all vendors; vendors fail; a villain kills and freezes operators,
// and takes the API server and the emulator away. Somebody who trusts none of them compares all the time what the vendors really have, and were asked, with what is in
// etcd. In the end nothing goes wrong any more, and everything has to come to rest.
//
//	make soak MINUTES=10
//
// The seed decides what tenants, the villain and the vendors choose. It does not make a run happen again: processes run as they do.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	minutes := flag.Float64("minutes", 10, "how long things go wrong; starting, coming to rest and the last look take about four more")
	seed := flag.Uint64("seed", rand.Uint64N(1_000_000), "what chance is made of") //nolint:gosec // nothing secret comes of it
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	os.Exit(run(ctx, time.Duration(*minutes*float64(time.Minute)), *seed))
}

// run returns the exit status: 0 if every promise was kept.
func run(ctx context.Context, long time.Duration, seed uint64) int {
	dir, err := os.MkdirTemp("", "workspace-operator-soak-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 1
	}
	fmt.Printf("soak: %s, -seed=%d; logs in %s\n", long, seed, dir)
	s := &soak{dir: dir, seed: seed, report: newReport(os.Stdout)}
	if err := s.run(ctx, long); err != nil {
		s.report.failed(err)
	}
	s.report.summary()
	if !s.report.clean() {
		fmt.Printf("soak: NOT clean: the logs of all processes, the emulator's journal and etcd's data are in %s; -seed=%d\n", dir, seed)
		return 1
	}
	fmt.Printf("soak: clean; -seed=%d\n", seed)
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 1
	}
	return 0
}
