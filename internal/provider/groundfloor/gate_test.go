package groundfloor

import (
	"context"
	"time"
)

// gate is open until it is closed with an error, and notes its pauses.
type gate struct {
	closed error
	paused []time.Duration
}

// Take says what the gate was closed with.
func (g *gate) Take(context.Context) error { return g.closed }

// Pause notes for how long.
func (g *gate) Pause(d time.Duration) { g.paused = append(g.paused, d) }
