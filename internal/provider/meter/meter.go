package meter

import (
	"errors"
	"iter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	labelProvider  = "provider"
	labelOperation = "operation"
	labelClass     = "class"
)

// Meter holds the metrics of all drivers it wraps.
type Meter struct {
	duration *prometheus.HistogramVec
	calls    *prometheus.CounterVec
}

// New registers the metrics. Its error is the registerer's: a registerer can
// serve one Meter only.
func New(registerer prometheus.Registerer) (*Meter, error) {
	m := &Meter{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "workspace_operator_provider_call_duration_seconds",
			Help: "How long a call of a driver took, in seconds. A list is one call, however many pages it has; the time its reader takes between them is not counted.",
			// A single request is given up after 30 s.
			Buckets: []float64{0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
		}, []string{labelProvider, labelOperation}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "workspace_operator_provider_calls_total",
			Help: "Calls of a driver by the class of their error, which is empty for a success. A call that the account's own rate limit holds back is of class Throttled too.",
		}, []string{labelProvider, labelOperation, labelClass}),
	}
	if err := errors.Join(registerer.Register(m.duration), registerer.Register(m.calls)); err != nil {
		return nil, err
	}
	return m, nil
}

// Wrap gives a driver that does what the given one does, and is measured.
func (m *Meter) Wrap(wrapped provider.Driver) provider.Driver {
	return driver{Driver: wrapped, meter: m}
}

// gauge measures the calls to one vendor.
type gauge struct {
	meter    *Meter
	provider string
}

// call is one that has begun.
type call struct {
	gauge     gauge
	operation string
	running   time.Time
	took      time.Duration
}

func (g gauge) begin(operation string) *call {
	return &call{gauge: g, operation: operation, running: time.Now()}
}

// pause stops the clock, and resume starts it again.
func (c *call) pause()  { c.took += time.Since(c.running) }
func (c *call) resume() { c.running = time.Now() }

// end counts the call. It returns the error it was given.
func (c *call) end(err error) error {
	c.pause()
	var class provider.Class
	if err != nil {
		class = provider.ClassOf(err)
	}
	c.gauge.meter.duration.WithLabelValues(c.gauge.provider, c.operation).Observe(c.took.Seconds())
	c.gauge.meter.calls.WithLabelValues(c.gauge.provider, c.operation, string(class)).Inc()
	return err
}

// measured is the list, counted once for every time it is read: to its end, or
// to where its reader stopped.
func measured[T any](g gauge, operation string, list iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var failure error
		c := g.begin(operation)
		defer func() { _ = c.end(failure) }()
		for item, err := range list {
			failure = err
			c.pause()
			goOn := yield(item, err)
			c.resume()
			if !goOn {
				return
			}
		}
	}
}
