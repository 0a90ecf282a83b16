package process

import "syscall"

// attributes puts the child in a process group of its own, so that a Ctrl-C reaches only the caller, which then stops the child in order; and has
// the kernel kill the child when the caller dies without having done so.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
