package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/test/process"
)

const (
	// listening is how the line of the emulator begins that says where it can be reached.
	listening       = "listening on "
	emulatorTimeout = 10 * time.Second
)

func (d *demo) startEmulator(ctx context.Context) error {
	reader, writer := io.Pipe()
	p, err := process.Start(process.Command{
		Path:    filepath.Join(d.root, "bin", "emulator"),
		Args:    []string{"--listen", "127.0.0.1:0"},
		LogPath: filepath.Join(d.dir, "emulator.log"),
		Stdout:  writer,
	})
	if err != nil {
		return err
	}
	d.cleanups = append(d.cleanups, func() error { return p.Stop(stopGrace) })

	address := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(reader); lines.Scan(); { // to the end, or the emulator would block on a full pipe
			if found, ok := strings.CutPrefix(lines.Text(), listening); ok && len(address) == 0 {
				address <- found
			}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, emulatorTimeout)
	defer cancel()
	select {
	case d.emulator = <-address:
		fmt.Println("listening on", d.emulator)
		return d.takeTime(ctx)
	case <-p.Done():
		return fmt.Errorf("the emulator ended:\n%s", p.Tail(logTail))
	case <-ctx.Done():
		return fmt.Errorf("the emulator does not say where it listens: %w", ctx.Err())
	}
}

// takeTime lets groundfloor build its workspaces for as long as a person can follow.
func (d *demo) takeTime(ctx context.Context) error {
	settings := strings.NewReader(`{"groundfloor": {"provisioningMillis": 1500, "rowDelayMillis": 500}}`)
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, d.emulator+"/_control/settings", settings)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the emulator refuses its settings with status %d", response.StatusCode)
	}
	return errors.Join(err, response.Body.Close())
}

// kubectl runs kubectl as the administrator and shows what it prints.
func (d *demo) kubectl(ctx context.Context, input io.Reader, arguments ...string) error {
	return d.kubectlTo(ctx, os.Stdout, input, arguments...)
}

func (d *demo) kubectlTo(ctx context.Context, output io.Writer, input io.Reader, arguments ...string) error {
	command := exec.CommandContext(ctx, filepath.Join(d.root, "bin", "controlplane", "kubectl"), arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+d.kubeconfig)
	command.Stdin, command.Stdout, command.Stderr = input, output, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("kubectl %s: %w", strings.Join(arguments, " "), err)
	}
	return nil
}

// diagnose prints what a person would ask for first.
func (d *demo) diagnose(ctx context.Context) {
	if d.operator == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	fmt.Println("\n== What went wrong: the objects, the events, the operator's log")
	for _, arguments := range [][]string{
		{"get", "workspaceclasses,workspaces,apikeys", "-A", "-o", `go-template={{range .items}}{{.kind}} {{with .metadata.namespace}}{{.}}/{{end}}{{.metadata.name}}{{"\n"}}` +
			`{{range .status.conditions}}  {{.type}}={{.status}} {{.reason}}: {{.message}}{{"\n"}}{{end}}{{end}}`},
		{"get", "events", "-A", "--sort-by=.lastTimestamp"},
	} {
		if err := d.kubectl(ctx, nil, arguments...); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(d.operator.Tail(logTail))
}
