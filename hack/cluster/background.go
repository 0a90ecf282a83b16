package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/workspace-operator/workspace-operator/test/cluster"
	"github.com/workspace-operator/workspace-operator/test/process"
)

const (
	// readyLine is what serve prints to standard output, once, when the control plane can be used.
	readyLine = "ready"
	// downTimeout is longer than the three processes together may take to stop.
	downTimeout = 90 * time.Second
	pollEvery   = 100 * time.Millisecond
)

// up starts serve in a session of its own and waits for its ready line.
func up(ctx context.Context, p paths) error {
	lock, err := p.lock()
	if errors.Is(err, errHeld) {
		return alreadyUp(ctx, p)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(p.clean(), lock.Close()); err != nil {
		return err
	}
	fmt.Println("starting etcd, kube-apiserver and kube-controller-manager ...")
	if err := spawn(p); err != nil {
		return err
	}
	fmt.Printf("the cluster is up; use it with\n  export KUBECONFIG=%s\nand stop it with `make cluster-down`\n", p.kubeconfig())
	return nil
}

func spawn(p paths) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(p.log())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	// Not bound to the context: it outlives this command.
	daemon := exec.Command(self, "-dir", string(p), "serve")
	daemon.Stderr = log
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	output, err := daemon.StdoutPipe()
	if err != nil {
		return err
	}
	if err := daemon.Start(); err != nil {
		return err
	}
	if line, _ := bufio.NewReader(output).ReadString('\n'); line != readyLine+"\n" {
		_ = daemon.Wait()
		return fmt.Errorf("the control plane did not start:\n%s", process.Tail(p.log(), 20))
	}
	return daemon.Process.Release()
}

// alreadyUp checks that the control plane that is there also answers.
func alreadyUp(ctx context.Context, p paths) error {
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig())
	if err != nil {
		return fmt.Errorf("it is about to start or to stop (%w); try again, or run `make cluster-down`", err)
	}
	if err := cluster.Ready(ctx, config); err != nil {
		return fmt.Errorf("it is up but does not answer (%w); run `make cluster-down`", err)
	}
	fmt.Printf("the cluster is already up at %s; use it with\n  export KUBECONFIG=%s\n", config.Host, p.kubeconfig())
	return nil
}

// down ends the process that holds the lock, if there is one, and removes the state in any case.
func down(ctx context.Context, p paths) error {
	lock, err := p.lock()
	if err == nil {
		fmt.Println("the cluster is not up")
		return errors.Join(p.clean(), os.Remove(p.pid()), lock.Close())
	}
	if !errors.Is(err, errHeld) {
		return err
	}
	daemon, err := p.holder()
	if err != nil {
		return err
	}
	if err := daemon.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, pollEvery, downTimeout, true, func(context.Context) (bool, error) {
		lock, err = p.lock()
		if errors.Is(err, errHeld) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("process %d does not stop: %w", daemon.Pid, err)
	}
	fmt.Println("the cluster is down")
	return errors.Join(p.clean(), os.Remove(p.pid()), lock.Close())
}

// serve runs the control plane until the context ends or is cancelled by a signal.
func serve(ctx context.Context, p paths) (err error) {
	lock, err := p.lock()
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	crds, err := cluster.CRDDir()
	if err != nil {
		return err
	}
	c, err := cluster.Start(ctx, cluster.Options{Dir: p.state(), CRDDirs: []string{crds}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if err := cluster.WriteKubeconfig(p.kubeconfig(), c.Config()); err != nil {
		return err
	}
	fmt.Println(readyLine)
	<-ctx.Done()
	return nil
}
