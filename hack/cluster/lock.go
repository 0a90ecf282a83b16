package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// paths is the folder of the background control plane.
type paths string

func (p paths) kubeconfig() string { return filepath.Join(string(p), "kubeconfig") }
func (p paths) state() string      { return filepath.Join(string(p), "state") }
func (p paths) pid() string        { return filepath.Join(string(p), "pid") }
func (p paths) log() string        { return filepath.Join(string(p), "cluster.log") }

// errHeld is returned by lock when another process holds the folder.
var errHeld = errors.New("the cluster is running")

// lock takes the folder for this process and writes its pid. The kernel gives the lock back when the process ends in whatever way, so a lock that
// is held means a live process, and the pid in the file is its own: a number left behind by a crash is never trusted.
func (p paths) lock() (*os.File, error) {
	file, err := os.OpenFile(p.pid(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errHeld
		}
		return nil, fmt.Errorf("lock %s: %w", p.pid(), err)
	}
	if err := file.Truncate(0); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(file, os.Getpid())
	return file, err
}

// holder is the process that holds the lock.
func (p paths) holder() (*os.Process, error) {
	file, err := os.Open(p.pid())
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.pid(), err)
	}
	return os.FindProcess(pid)
}

// clean removes what a control plane leaves behind, except its logs' folder.
func (p paths) clean() error {
	return errors.Join(os.RemoveAll(p.state()), os.RemoveAll(p.kubeconfig()))
}
