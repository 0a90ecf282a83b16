// Command demo shows the whole path on one machine: a real control plane, the vendors' emulator, the operator under its own ServiceAccount, and the samples of
// config/demo from `kubectl apply` to keys in Secrets. It ends with status 0 only if every sample got where it should.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// keptLine is the last line of a demo that was told to stay.
const keptLine = "everything keeps running"

func main() {
	keep := flag.Bool("keep", false, "leave everything running in the background and say how to reach and stop it")
	inBackground := flag.Bool("in-background", false, "stay until interrupted; set by -keep for the process that it starts")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *keep {
		err = runInBackground()
	} else {
		err = run(ctx, *inBackground)
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "\ndemo: FAILED:", err)
		os.Exit(1)
	}
}

// runInBackground runs the demo in a session of its own and relays what it prints, until it has ended or says that it stays.
func runInBackground() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	demo := exec.Command(self, "-in-background")
	demo.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	output, err := demo.StdoutPipe()
	if err != nil {
		return err
	}
	demo.Stderr = demo.Stdout // not ours: whoever reads our output would wait for its end
	if err := demo.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		fmt.Println(lines.Text())
		if lines.Text() == keptLine {
			return demo.Process.Release()
		}
	}
	if demo.Wait() != nil {
		return errors.New("see above")
	}
	return nil
}
