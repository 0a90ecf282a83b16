package main

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/workspace-operator/workspace-operator/test/cluster"
)

// TestMain lets the test binary stand in for the command when `up` starts it again in the background.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "serve") {
		main()
		return
	}
	os.Exit(m.Run())
}

func access(t *testing.T, p paths) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestUpAndDown(t *testing.T) {
	p := paths(t.TempDir())
	command := func(name string) {
		t.Helper()
		if err := run(t.Context(), string(p), name); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	t.Cleanup(func() { command("down") })

	command("down") // nothing to stop is no error

	command("up")
	first := access(t, p)
	if err := cluster.Ready(t.Context(), first); err != nil {
		t.Fatalf("after up: %v", err)
	}
	command("up")
	if second := access(t, p); second.Host != first.Host {
		t.Fatalf("a second up replaced the cluster at %s by one at %s", first.Host, second.Host)
	}

	crash(t, p)
	command("up")
	second := access(t, p)
	if err := cluster.Ready(t.Context(), second); err != nil {
		t.Fatalf("up after a crash: %v", err)
	}

	command("down")
	if err := cluster.Ready(t.Context(), second); err == nil {
		t.Error("the API server still answers after down")
	}
	for _, left := range []string{p.state(), p.kubeconfig(), p.pid()} {
		if _, err := os.Stat(left); !os.IsNotExist(err) {
			t.Errorf("down left %s behind: %v", filepath.Base(left), err)
		}
	}
}

// crash kills the process in the background and waits until it is gone: its lock is free again then.
func crash(t *testing.T, p paths) {
	t.Helper()
	daemon, err := p.holder()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Kill(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(p.pid())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
}

func TestUnknownCommand(t *testing.T) {
	if err := run(t.Context(), t.TempDir(), "sideways"); err == nil {
		t.Error("a command that does not exist succeeded")
	}
}
