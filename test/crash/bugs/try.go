package bugs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// everything are the tests that are run where the one of the bug has noticed nothing: all that are exhaustive, and those with several operators, which are the quick ones.
const everything = "^Test(Frozen|FrozenInTurn|FrozenAndRefused|Interleavings|SecretsInDoubt|SeveralOperators|StaleReads|SingleFaults)$"

// collection has less garbage collected in the tests, as make test does: a third of the time is saved.
const collection = "GOGC=400"

// Death is how a bug was noticed.
type Death struct {
	// Test is the test that failed, and Says its first complaint.
	Test, Says string
	// Elsewhere: the test that should have noticed it has not.
	Elsewhere bool
	Took      time.Duration
}

// Try runs the crash tests with the mistake in the operator, until one fails: first the one that should, then, unless it is to be quick, everything. Nil is a bug that nothing
// has noticed. An error is a patch that does not apply, or does not compile.
func (m Mistake) Try(ctx context.Context, root string, quick bool) (*Death, error) {
	began := time.Now()
	folder, err := os.MkdirTemp("", "bug-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	overlay, err := m.overlay(ctx, root, folder)
	if err != nil {
		return nil, err
	}
	selected := []string{m.Run, everything}
	if quick {
		selected = selected[:1]
	}
	for _, tests := range selected {
		death, err := m.test(ctx, root, overlay, tests)
		if err != nil {
			return nil, err
		}
		if death != nil {
			death.Elsewhere, death.Took = tests != m.Run, time.Since(began)
			return death, nil
		}
	}
	return nil, nil //nolint:nilnil // that nothing has noticed it is an answer
}

// overlay writes down which files the compiler is to take for others.
func (m Mistake) overlay(ctx context.Context, root, folder string) (string, error) {
	copies, err := m.Apply(ctx, root, folder)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": copies})
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

// test runs tests until one fails.
func (m Mistake) test(ctx context.Context, root, overlay, tests string) (*Death, error) {
	command := exec.CommandContext(ctx, "go", "test", "-json", "-vet=off", "-count=1", "-failfast", "-timeout=30m", "-overlay="+overlay, "-run="+tests, "./test/crash")
	command.Dir, command.Stderr = root, os.Stderr
	command.Env = append([]string{collection}, command.Environ()...) // the last of a name counts: whoever has set another keeps it
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stop := func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) } // the test, too, and not only who runs it
	command.Cancel = stop
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	heard, err := listen(output)
	_ = stop() // one failure is enough
	ended := command.Wait()
	switch {
	case err != nil:
		return nil, err
	case heard.broken:
		return nil, fmt.Errorf("%s does not compile:\n%s", m.Name, heard.compiler.String())
	case heard.death == nil && heard.ran == 0:
		return nil, fmt.Errorf("%s: there is no test %q", m.Name, tests)
	case heard.death == nil && !heard.passed:
		return nil, fmt.Errorf("%s: the tests came to no end: %w", m.Name, ended)
	}
	return heard.death, nil
}

// event is what a test says, as "go test -json" writes it.
type event struct{ Action, Test, Output, FailedBuild string }

// heard is what the tests have said.
type heard struct {
	death *Death
	// compiler is what it said, and broken whether it failed.
	compiler strings.Builder
	broken   bool
	// ran is how many tests there were.
	ran    int
	passed bool
	// complaints are the first of each test.
	complaints map[string]string
}

// listen follows the tests until one fails.
func listen(output io.Reader) (*heard, error) {
	all := &heard{complaints: map[string]string{}}
	for events := json.NewDecoder(output); ; {
		var next event
		err := events.Decode(&next)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil || all.take(next) {
			return all, err
		}
	}
}

// take adds an event, and reports whether no more is to be heard.
func (h *heard) take(next event) (enough bool) {
	switch next.Action {
	case "build-output":
		h.compiler.WriteString(next.Output)
	case "run":
		h.ran++
	case "pass":
		h.passed = next.Test == ""
	case "output":
		says := complaint(next.Output)
		if h.complaints[next.Test] == "" {
			h.complaints[next.Test] = says
		}
		if h.death != nil {
			h.death.Says = says // a panic is told of after the test has failed
		}
	case "fail":
		if h.broken = next.FailedBuild != ""; h.broken {
			return true
		}
		if h.death == nil {
			h.death = &Death{Test: next.Test, Says: h.complaints[next.Test]}
		}
	}
	return h.death != nil && h.death.Says != ""
}

// complaint is what a line of a test's output complains of; empty if it does not.
func complaint(line string) string {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
		return line
	}
	_, says, found := strings.Cut(line, ": ")
	if !found || !regexp.MustCompile(`^\w+\.go:\d+: `).MatchString(line) {
		return ""
	}
	return says
}
