// Command bugs tries every bug in test/crash/bugs, or those whose names match its argument, and prints what noticed each. It fails if nothing notices one, or if one does
// not apply or compile. It is run from the root of the repository, and leaves that as it is.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/test/crash/bugs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	quick := flag.Bool("quick", false, "run no other test where the one that should notice a bug does not")
	flag.Parse()
	err := run(ctx, strings.Join(flag.Args(), "|"), *quick)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, quick bool) error {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	all, err := bugs.All(".")
	if err != nil {
		return err
	}
	tried, killed, began := 0, 0, time.Now()
	for _, bug := range all {
		if !chosen.MatchString(bug.Name) {
			continue
		}
		tried++
		fmt.Printf("%s\n  %s\n  should be noticed by: %s\n", bug.Name, bug.Says, bug.Noticed)
		death, err := bug.Try(ctx, ".", quick)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			fmt.Printf("  FAILED: %s\n", err)
			continue
		case death == nil:
			fmt.Printf("  SURVIVED %s\n", bug.Run)
			continue
		}
		killed++
		where := ""
		if death.Elsewhere {
			where = ", and not by " + bug.Run
		}
		fmt.Printf("  killed in %s by %s%s\n  %s\n", death.Took.Round(time.Second), death.Test, where, clip(death.Says))
	}
	fmt.Printf("%d of %d bugs killed, in %s\n", killed, tried, time.Since(began).Round(time.Second))
	if killed < tried || tried == 0 {
		return fmt.Errorf("%d bugs were not killed", tried-killed)
	}
	return nil
}

// longest is how much of a complaint is shown, in characters.
const longest = 600

func clip(text string) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return text
}
