package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/workspace-operator/workspace-operator/test/process"
)

// apiServerAt is its place among the processes: etcd comes before it.
const apiServerAt = 1

// RestartAPIServer kills the API server, as a crash would, leaves the cluster without one for a while, and starts it again at the same address. It returns once
// it is ready. etcd and the controllers go on. It must not be called at the same time as itself or Stop.
func (c *Cluster) RestartAPIServer(ctx context.Context, away time.Duration) error {
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
