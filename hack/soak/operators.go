package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	// replicas is how many operators there are.
	replicas = 2
	// startPause is how soon one that has ended is started again.
	startPause = time.Second
)

// operators are the processes of the operator, each started again whenever it ends.
type operators struct {
	h       *harness.Harness
	program string
	report  *report
	cancel  context.CancelFunc
	done    sync.WaitGroup

	mu      sync.Mutex
	running [replicas]*harness.Operator
	frozen  [replicas]bool
	stopped []error
}

func startOperators(ctx context.Context, h *harness.Harness, r *report) (*operators, error) {
	program, err := h.BuildOperator(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	o := &operators{h: h, program: program, report: r, cancel: cancel}
	for i := range replicas {
		o.done.Go(func() { o.keep(ctx, i) })
	}
	return o, nil
}

// keep has one replica run, as a Deployment would.
func (o *operators) keep(ctx context.Context, i int) {
	for ctx.Err() == nil {
		// What groundfloor may still be making is waited for so long, and then asked for again.
		one, err := o.h.StartOperator(ctx, o.program, "--leader-elect", "--provisioning-deadline=1m", "--zap-log-level=debug")
		if err != nil { // the API server may be away
			pause(ctx, startPause)
			continue
		}
		o.report.count(operatorStarts)
		o.set(i, one)
		select {
		case <-one.Process.Done():
			o.set(i, nil)
			pause(ctx, startPause)
		case <-ctx.Done():
			o.set(i, nil)
			err := one.Stop()
			o.mu.Lock()
			o.stopped = append(o.stopped, err)
			o.mu.Unlock()
		}
	}
}

func (o *operators) set(i int, one *harness.Operator) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running[i], o.frozen[i] = one, false
}

// stop ends all of them in order.
func (o *operators) stop() error {
	o.cancel()
	o.done.Wait()
	return errors.Join(o.stopped...)
}

// leader is the replica that works; false if none does.
func (o *operators) leader(ctx context.Context) (int, bool) {
	for i := range replicas {
		o.mu.Lock()
		one, frozen := o.running[i], o.frozen[i]
		o.mu.Unlock()
		if one != nil && !frozen && leads(ctx, one.MetricsURL) {
			return i, true
		}
	}
	return 0, false
}

// leads asks the operator itself.
func leads(ctx context.Context, metrics string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, metrics, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, isStatus := strings.CutPrefix(lines.Text(), "leader_election_master_status{"); isStatus {
			return strings.HasSuffix(value, " 1")
		}
	}
	return false
}

// kill ends a replica as a crash would.
func (o *operators) kill(i int) {
	o.mu.Lock()
	one := o.running[i]
	o.mu.Unlock()
	if one != nil {
		one.Process.Kill()
		o.report.count(operatorKills)
	}
}

// freeze stops a replica in the middle of whatever it does, and returns what has it go on there; false if there is none.
func (o *operators) freeze(i int) (thaw func(), ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	one := o.running[i]
	if one == nil || syscall.Kill(one.Process.PID(), syscall.SIGSTOP) != nil {
		return nil, false
	}
	o.frozen[i] = true
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.running[i] == one {
			_ = syscall.Kill(one.Process.PID(), syscall.SIGCONT) // fails only if it has ended
			o.frozen[i] = false
		}
	}, true
}
