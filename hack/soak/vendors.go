package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/process"
)

// errRefused marks what the emulator has answered that it does not do.
var errRefused = errors.New("refused")

const emulatorGrace = 20 * time.Second

// vendors is the emulator as a process, whose state and journal are on disk.
type vendors struct {
	program, dir string
	address      *harness.Vendors
	script       []fault.Fault

	mu      sync.Mutex
	running *process.Process
	starts  int
	failing bool
}

func startVendors(ctx context.Context, program, dir string, script []fault.Fault) (*vendors, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	v := &vendors{program: program, dir: dir, address: &harness.Vendors{URL: "http://" + listener.Addr().String()}, script: script}
	if err := listener.Close(); err != nil {
		return nil, err
	}
	return v, v.start(ctx)
}

// start returns once the emulator answers. mu is held, or nobody else knows of it yet.
func (v *vendors) start(ctx context.Context) (err error) {
	v.starts++
	v.running, err = process.Start(process.Command{
		Path: v.program,
		Args: []string{
			"--listen", v.address.URL[len("http://"):], "--state", filepath.Join(v.dir, "emulator.state"), "--journal", filepath.Join(v.dir, "emulator.journal"),
		},
		LogPath: filepath.Join(v.dir, fmt.Sprintf("emulator-%d.log", v.starts)),
	})
	if err != nil {
		return err
	}
	return until(ctx, startPatience, "the emulator to answer", func(ctx context.Context) (bool, error) {
		err := v.call(ctx, http.MethodGet, "", nil, nil)
		return err == nil, err
	})
}

func (v *vendors) stop() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.running.Stop(emulatorGrace)
}

// crash kills the emulator, and starts it again with what is on disk. Its faults are not on disk.
func (v *vendors) crash(ctx context.Context, away time.Duration) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.running.Kill()
	pause(ctx, away)
	ctx = context.WithoutCancel(ctx) // whatever ends meanwhile, the vendors come back
	if err := v.start(ctx); err != nil || !v.failing {
		return err
	}
	return v.arm(ctx)
}

func (v *vendors) beginFailing(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failing = true
	return v.arm(ctx)
}

func (v *vendors) stopFailing(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failing = false
	return v.call(ctx, http.MethodDelete, "/faults", nil, nil)
}

// arm puts the script in force, always in the same order, so that a fault has the same number in every process.
func (v *vendors) arm(ctx context.Context) error {
	for _, one := range v.script {
		if err := v.call(ctx, http.MethodPost, "/faults", one, nil); err != nil {
			return err
		}
	}
	return nil
}

// played is the fault of this number; none for 0.
func (v *vendors) played(number int) (fault.Fault, bool) {
	if number < 1 || number > len(v.script) {
		return fault.Fault{}, false
	}
	return v.script[number-1], true
}

// call makes one call of the control API.
func (v *vendors) call(ctx context.Context, method, path string, body, into any) error {
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, v.address.URL+"/_control"+path, &text)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %w: %s: %s", method, path, errRefused, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// state is what each vendor really has, and had.
func (v *vendors) state(ctx context.Context) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	return all, v.call(ctx, http.MethodGet, "/state", nil, &all)
}

// requests are those with greater numbers.
func (v *vendors) requests(ctx context.Context, since int64) ([]journal.Entry, error) {
	var log struct {
		Requests []journal.Entry
		Dropped  int64
	}
	err := v.call(ctx, http.MethodGet, "/requests?since="+strconv.FormatInt(since, 10), nil, &log)
	if err == nil && log.Dropped > since {
		err = fmt.Errorf("the emulator has forgotten %d requests", log.Dropped-since)
	}
	return log.Requests, err
}

// credentials are those that a vendor takes from its owner.
func (v *vendors) credentials(ctx context.Context) (map[string][]string, error) {
	var all map[string][]string
	return all, v.call(ctx, http.MethodGet, "/credentials", nil, &all)
}

func (v *vendors) credential(ctx context.Context, vendor string) (string, error) {
	all, err := v.credentials(ctx)
	if err != nil {
		return "", err
	}
	if len(all[vendor]) == 0 {
		return "", fmt.Errorf("%s takes no credential", vendor)
	}
	return all[vendor][0], nil
}

// make and remove are what somebody does in a vendor's console.
func (v *vendors) make(ctx context.Context, vendor, kind string, fields, into any) error {
	return v.call(ctx, http.MethodPost, "/"+vendor+"/"+kind, fields, into)
}

func (v *vendors) remove(ctx context.Context, vendor, kind, id string) error {
	return v.call(ctx, http.MethodDelete, "/"+vendor+"/"+kind+"/"+id, nil, nil)
}
