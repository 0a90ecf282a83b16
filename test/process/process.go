// Package process runs a program in the background and stops it by its pid.
//
// It exists for the local control plane, the demo and the end-to-end suites, which start real programs and must never leave one behind: a process is stopped with
// SIGTERM and, when that is not enough, killed; on Linux it is also killed by the kernel if the program that started it dies first.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Command says what to run.
type Command struct {
	// Path is the program.
	Path string
	// Args are its arguments, without the program's name.
	Args []string
	// Env is added to the environment of the caller, as KEY=value.
	Env []string
	// LogPath is the file that receives standard error, and standard output unless Stdout is set. It is truncated first.
	LogPath string
	// Stdout receives standard output, if set.
	Stdout io.Writer
}

// Process is a program that was started. Its methods may be called from several goroutines.
type Process struct {
	cmd     *exec.Cmd
	logPath string
	done    chan struct{}
}

// Start runs the command and returns once it has been forked. It does not wait for the program to be ready.
func Start(c Command) (*Process, error) {
	log, err := os.Create(c.LogPath)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	if c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	cmd.SysProcAttr = attributes()

	p := &Process{cmd: cmd, logPath: c.LogPath, done: make(chan struct{})}
	started := make(chan error)
	go p.run(log, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	return p, nil
}

// run forks and waits on one OS thread that is never given back: the kernel ends the child when the thread that forked it ends, not when the whole program does.
func (p *Process) run(log io.Closer, started chan<- error) {
	runtime.LockOSThread()
	defer func() { _ = log.Close() }()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	_ = p.cmd.Wait() // the outcome is in ProcessState
	close(p.done)
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed once the process has ended, for whatever reason.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop asks the process to end with SIGTERM and kills it after the grace period. It returns once the process is gone. The error says that it
// had to be killed, or that it had ended by itself with a failure.
func (p *Process) Stop(grace time.Duration) error {
	asked := p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.Kill()
		return fmt.Errorf("%s (pid %d) was killed: it did not stop within %s", p.cmd.Path, p.PID(), grace)
	}
	if errors.Is(asked, os.ErrProcessDone) && !p.cmd.ProcessState.Success() {
		return fmt.Errorf("%s had already ended: %s", p.cmd.Path, p.cmd.ProcessState)
	}
	return nil
}

// Kill ends the process with SIGKILL and returns once it is gone, as a crash would: the program has no chance to finish anything.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only when it has ended already
	<-p.done
}

// Tail returns the last lines of the log file, for error messages.
func (p *Process) Tail(lines int) string { return Tail(p.logPath, lines) }

// Tail returns the last lines of a file, or why it cannot be read.
func Tail(path string, lines int) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimRight(content, "\n"), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
