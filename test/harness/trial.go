package harness

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Trial is a [testing.TB] of its own: its failures are kept until whoever runs it asks for them. With it many scenarios run at a time within one test, and one
// that fails ends alone.
type Trial struct {
	testing.TB // only for the method nobody else can have; all that is used is below

	title  string
	ctx    context.Context //nolint:containedctx // testing.TB has one
	cancel context.CancelFunc

	mu       sync.Mutex
	failures []string
	cleanups []func()
}

// NewTrial is one that has not run yet; the title is its Name.
func NewTrial(title string) *Trial {
	ctx, cancel := context.WithCancel(context.Background())
	return &Trial{title: title, ctx: ctx, cancel: cancel}
}

// Run runs f and then the cleanups, latest first, and returns what failed; empty if nothing did.
func (t *Trial) Run(f func()) string {
	t.protect(f)
	t.cancel()
	for _, cleanup := range slices.Backward(t.cleanups) {
		t.protect(cleanup)
	}
	return strings.Join(t.failures, "\n")
}

// protect runs f where Fatal ends it and nothing else.
func (t *Trial) protect(f func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			if cause := recover(); cause != nil {
				t.record(fmt.Sprintf("panic: %v\n%s", cause, debug.Stack()))
			}
		}()
		f()
	}()
	<-ended
}

func (t *Trial) record(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, text)
}

// Helper does nothing: failures name every line of the test that led to them.
func (t *Trial) Helper() {}

// Name is the title.
func (t *Trial) Name() string { return t.title }

// Context ends when the trial has, before the cleanups.
func (t *Trial) Context() context.Context { return t.ctx }

// Cleanup is as in [testing.TB].
func (t *Trial) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Failed reports whether anything has failed so far.
func (t *Trial) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.failures) > 0
}

// Errorf is as in [testing.TB].
func (t *Trial) Errorf(format string, args ...any) {
	t.record(where() + fmt.Sprintf(format, args...))
}

// Error is as in [testing.TB].
func (t *Trial) Error(args ...any) { t.Errorf("%s", fmt.Sprintln(args...)) }

// Fatalf is as in [testing.TB].
func (t *Trial) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// Fatal is as in [testing.TB].
func (t *Trial) Fatal(args ...any) {
	t.Error(args...)
	runtime.Goexit()
}

// FailNow ends the trial.
func (t *Trial) FailNow() { runtime.Goexit() }

// where names the lines of the test that led to a failure.
func where() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	var lines []string
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.File, "/test/") && !strings.Contains(frame.File, "/test/harness/") {
			lines = append(lines, fmt.Sprintf("%s:%d", frame.File, frame.Line))
		}
		if !more {
			break
		}
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n") + "\n"
}
