package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/workspace-operator/workspace-operator/test/process"
)

// The places of the processes: etcd comes first.
const (
	apiServerAt   = 1
	controllersAt = 2
)

// RestartAPIServer kills the API server, as a crash would, leaves the cluster without one for a while, and starts it again at the same address. It returns once
// it is ready. It must not be called at the same time as itself or Stop.
//
// The controllers are frozen meanwhile, as if they were behind a load balancer that knows which API server is ready. One that is not may serve discovery without the
// custom resources, and the namespace controller that sees it lets a namespace go with all of them in it, for ever.
func (c *Cluster) RestartAPIServer(ctx context.Context, away time.Duration) error {
	controllers := c.services[controllersAt].PID()
	if err := syscall.Kill(controllers, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("freeze the controllers: %w", err)
	}
	defer func() { _ = syscall.Kill(controllers, syscall.SIGCONT) }() // fails only if they have ended, which Stop tells
	c.services[apiServerAt].Kill()
	timer := time.NewTimer(away)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.restarts++
	s := c.layout.apiServer()
	log := filepath.Join(c.dir, fmt.Sprintf("%s-%d.log", s.name, c.restarts+1)) // each process has its own
	p, err := process.Start(process.Command{Path: s.path, Args: s.args, LogPath: log})
	if err != nil {
		return err
	}
	c.services[apiServerAt] = p
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return c.poll(ctx, "the API server to be ready again", func(ctx context.Context) (bool, error) {
		return Ready(ctx, c.config) == nil, nil
	})
}
