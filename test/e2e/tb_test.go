package e2e

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

// tb is the testing.TB of one scenario. It keeps failures until its spec asks for them, because scenarios run while other specs are current.
type tb struct {
	testing.TB // only for the method nobody else can have; all that is used is below

	title  string
	ctx    context.Context //nolint:containedctx // testing.TB has one
	cancel context.CancelFunc

	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func newTB(title string) *tb {
	ctx, cancel := context.WithCancel(context.Background())
	return &tb{title: title, ctx: ctx, cancel: cancel}
}

// run runs f and then the cleanups, and returns what failed.
func (t *tb) run(f func()) string {
	t.protect(f)
	t.cancel()
	for _, cleanup := range slices.Backward(t.cleanups) {
		t.protect(cleanup)
	}
	return strings.Join(t.failures, "\n")
}

// protect runs f where Fatal ends it and nothing else.
func (t *tb) protect(f func()) {
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

func (t *tb) record(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, text)
}

func (t *tb) Helper()                  {}
func (t *tb) Name() string             { return t.title }
func (t *tb) Context() context.Context { return t.ctx }

func (t *tb) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

func (t *tb) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.failures) > 0
}

func (t *tb) Errorf(format string, args ...any) {
	t.record(where() + fmt.Sprintf(format, args...))
}

func (t *tb) Error(args ...any) { t.Errorf("%s", fmt.Sprintln(args...)) }

func (t *tb) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *tb) Fatal(args ...any) {
	t.Error(args...)
	runtime.Goexit()
}

func (t *tb) FailNow() { runtime.Goexit() }

// where names the lines of this package that led to a failure.
func where() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	var lines []string
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.File, "/test/e2e/") && !strings.HasSuffix(frame.File, "tb_test.go") {
			lines = append(lines, fmt.Sprintf("%s:%d", frame.File, frame.Line))
		}
		if !more {
			break
		}
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n") + "\n"
}
