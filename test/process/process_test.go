package process

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startShell runs a shell script and returns once the script has printed its first line.
func startShell(t *testing.T, script string) *Process {
	t.Helper()
	reader, writer := io.Pipe()
	p, err := Start(Command{Path: "/bin/sh", Args: []string{"-c", script}, LogPath: filepath.Join(t.TempDir(), "log"), Stdout: writer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	if _, err := bufio.NewReader(reader).ReadString('\n'); err != nil {
		t.Fatalf("the script printed no line: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	return p
}

func TestStop(t *testing.T) {
	tests := []struct {
		name, script string
		grace        time.Duration
		wantErr      string
	}{
		{name: "obeys", script: "trap 'exit 0' TERM; echo up; while :; do :; done", grace: time.Minute},
		{name: "is deaf", script: "trap '' TERM; echo up; while :; do :; done", grace: 10 * time.Millisecond, wantErr: "was killed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := startShell(t, test.script)
			err := p.Stop(test.grace)
			select {
			case <-p.Done():
			default:
				t.Error("Stop returned while the process was still running")
			}
			if test.wantErr == "" && err != nil {
				t.Errorf("Stop: %v", err)
			}
			if test.wantErr != "" && (err == nil || !strings.Contains(err.Error(), test.wantErr)) {
				t.Errorf("Stop: got %v, want an error with %q", err, test.wantErr)
			}
		})
	}
}

func TestStopReportsAnEarlierFailure(t *testing.T) {
	p := startShell(t, "echo up; echo the reason >&2; exit 3")
	<-p.Done()
	if err := p.Stop(time.Minute); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("Stop: got %v, want the exit status of the process that had failed before", err)
	}
	if got := p.Tail(5); got != "the reason" {
		t.Errorf("Tail: got %q, want what the process wrote to standard error", got)
	}
}

func TestStartMissingProgram(t *testing.T) {
	_, err := Start(Command{Path: "/does/not/exist", LogPath: filepath.Join(t.TempDir(), "log")})
	if err == nil {
		t.Fatal("Start succeeded with a program that does not exist")
	}
}

func TestTailKeepsTheLastLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("one\ntwo\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Tail(path, 2); got != "two\nthree" {
		t.Errorf("got %q, want the last two lines", got)
	}
}
