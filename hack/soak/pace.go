package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// startPatience is for what comes about while nothing goes wrong.
	startPatience = time.Minute
	// callPatience bounds one call to a server that may be dying.
	callPatience = 5 * time.Second
	// pollInterval is how often somebody looks again.
	pollInterval = 250 * time.Millisecond
)

// pause waits, and reports false if the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// each does something again and again until the context ends.
func each(ctx context.Context, interval time.Duration, do func(context.Context)) {
	for pause(ctx, interval) {
		do(ctx)
	}
}

// until looks until it is so. A look that fails is one in vain; what it says is told if the patience ends.
func until(ctx context.Context, patience time.Duration, what string, look func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		call, end := context.WithTimeout(ctx, callPatience)
		so, err := look(call)
		end()
		if so {
			return nil
		}
		if !pause(ctx, pollInterval) {
			return errors.Join(fmt.Errorf("waited %s for %s", patience, what), err)
		}
	}
}

// insist repeats what the API server may be away for. It ends with what the API server says for good: done, not found, there already, invalid.
func insist(ctx context.Context, do func(context.Context) error) error {
	for {
		call, end := context.WithTimeout(ctx, callPatience)
		err := do(call)
		end()
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err) || apierrors.IsInvalid(err) {
			return err
		}
		if !pause(ctx, pollInterval) {
			return err
		}
	}
}
