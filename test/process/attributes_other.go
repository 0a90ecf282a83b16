//go:build !linux

package process

import "syscall"

// attributes puts the child in a process group of its own, so that a Ctrl-C reaches only the caller, which then stops the child in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
